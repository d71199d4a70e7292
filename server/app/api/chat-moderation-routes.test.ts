import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as until } from 'node:timers/promises';
import type { ChatAuthor, ChatFrame, ChatRole } from '../../../contract/index.ts';
import { database, startChat } from './chat-stage.test-support.ts';

type MemberView = { readonly authorId: string; readonly role: string };
type Stage = Awaited<ReturnType<typeof startChat>>;

/** The stage without slow mode, and somebody who reads under each name. */
async function start(context: TestContext) {
  const stage = await startChat(context);
  assert.equal((await stage.ask('ada', 'PATCH', '/settings', { slowModeS: 0 })).status, 200);
  const room = await stage.roomOf(stage.streamId);
  const say = (who: string, content: string) => stage.ask(who, 'POST', '', { content });
  const read = (id: string, roles: readonly ChatRole[] = []) => {
    const frames: ChatFrame[] = [];
    const author: ChatAuthor = { id, name: id, roles };
    const reader = {
      ...{ authorId: id, name: id, roles, unsentBytes: 0 },
      write: (frame: Buffer) => {
        frames.push(JSON.parse(frame.subarray(frame.indexOf('{')).toString()));
        return true;
      },
      whenDrained: () => {},
      close: () => {},
    };
    room.join(reader, { author, isGuest: false, guest: undefined, resume: undefined });
    return frames;
  };
  const shown = async () =>
    (await stage.ask('nobody', 'GET')).json.messages.map(
      ({ fragments }: { fragments: { text: string }[] }) => fragments[0]?.text,
    );
  return { ...stage, room, say, read, shown };
}

const codeOf = ({ status, json }: Awaited<ReturnType<Stage['ask']>>) => [status, json?.code];

test('a timeout hides what was written, tells who reads, and ends', async (context) => {
  const { say, ask, read, shown } = await start(context);
  await say('eve', 'rude');
  await say('bob', 'kind');
  const frames = read('usr_eve');
  const body = { durationS: 1, reason: 'rude' };
  assert.equal((await ask('eve', 'PUT', '/bans/usr_bob', body)).status, 403);
  const { status, json } = await ask('ada', 'PUT', '/bans/usr_eve', body);
  assert.deepEqual([status, json.authorName, json.reason], [200, 'Name of usr_eve', 'rude']);
  assert.deepEqual(await shown(), ['kind']);
  const moderated = frames.find(({ type }) => type === 'moderated');
  assert.ok(moderated?.type === 'moderated' && !moderated.isBanned);
  assert.equal(moderated.untilMs, Date.parse(json.expiresAt));
  const entries = frames.flatMap((frame) => (frame.type === 'entries' ? frame.entries : []));
  const { seq: _, ...purge } = entries.at(-1) ?? assert.fail();
  assert.deepEqual(purge, {
    ...{ type: 'purge', authorId: 'usr_eve', authorName: 'Name of usr_eve', durationS: 1 },
  });
  const refused = await say('eve', 'more');
  assert.deepEqual(codeOf(refused), [403, 'chat_timed_out']);
  assert.equal(refused.headers['retry-after'], '1');
  await until(Date.parse(json.expiresAt) - Date.now() + 10);
  assert.equal((await say('eve', 'sorry')).status, 201);
  assert.deepEqual((await ask('ada', 'GET', '/bans')).json, { bans: [], next_cursor: null });
});

test('a ban holds in a room that is opened anew, until it is lifted', async (context) => {
  const { say, ask, desk, streamId, shown } = await start(context);
  await say('eve', 'rude');
  const banned = await say('ada', '/ban @eve so rude');
  assert.equal(banned.json.commanded, 'Name of usr_eve is banned from this chat.');
  assert.deepEqual(codeOf(await say('eve', 'again')), [403, 'chat_banned']);
  assert.deepEqual(await shown(), []);
  const ward = await desk.moderation.openWard(streamId);
  assert.equal(ward.barOf('usr_eve')?.untilMs, null);
  assert.deepEqual(codeOf(await say('bob', '/unban eve')), [403, 'forbidden']);
  assert.equal((await ask('ada', 'DELETE', '/bans/usr_eve')).status, 204);
  assert.equal((await say('eve', 'thanks')).status, 201);
  const { json } = await ask('ada', 'GET', '/moderation?limit=2');
  assert.deepEqual(
    json.data.map(({ action, changes }: { action: string; changes: { authorId: string } }) => [
      ...[action, changes.authorId],
    ]),
    [
      ['chat.unban', 'usr_eve'],
      ['chat.ban', 'usr_eve'],
    ],
  );
  assert.deepEqual(json.data[0].actor, { kind: 'user', id: 'usr_ada' });
  const rest = await ask('ada', 'GET', `/moderation?limit=9&cursor=${json.next_cursor}`);
  assert.deepEqual(
    rest.json.data.map(({ action }: { action: string }) => action),
    ['chat.settings'],
  );
  assert.equal((await ask('bob', 'GET', '/moderation')).status, 403);
});

test('bans are listed page by page, each once, and found by name wherever they are', async (context) => {
  const { ask, say } = await start(context);
  const ids = ['guest.a', 'guest-é', 'guest c', 'guest_d', 'guest_e'];
  for (const id of ids) {
    const body = { username: `Name ${id}` };
    const path = `/bans/${encodeURIComponent(id)}`;
    assert.equal((await ask('ada', 'PUT', path, body)).status, 200);
  }
  const listed: string[] = [];
  let cursor = '';
  do {
    const { status, json } = await ask('ada', 'GET', `/bans?limit=2${cursor}`);
    assert.equal(status, 200);
    assert.ok(json.bans.length <= 2);
    listed.push(...json.bans.map(({ authorId }: { authorId: string }) => authorId));
    cursor = json.next_cursor === null ? '' : `&cursor=${json.next_cursor}`;
  } while (cursor !== '');
  assert.deepEqual(listed.toSorted(), ids.toSorted());
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'cursor=x', 'cursor=YjEuAA']) {
    assert.equal((await ask('ada', 'GET', `/bans?${query}`)).status, 400, query);
  }
  const lifted = await say('ada', '/unban "name GUEST.A"');
  assert.equal(lifted.status, 200, JSON.stringify(lifted.json));
  assert.equal((await ask('ada', 'GET', '/bans')).json.bans.length, 4);
});

test('members are listed page by page, each role once, and of one role alone', async (context) => {
  const { ask, say } = await start(context);
  const ids = ['guest.a', 'guest-é', 'guest c'];
  for (const id of ids) {
    const path = `/members/${encodeURIComponent(id)}/roles`;
    for (const role of ['vip', 'subscriber']) {
      assert.equal((await ask('ada', 'PUT', `${path}/${role}`, { username: id })).status, 204);
    }
  }
  // All in one moment: what tells them apart is who they are, and what.
  await database.query("update chat_members set added_at = '2026-01-01T00:00:00Z'");
  const listed: string[] = [];
  let cursor = '';
  do {
    const { status, json } = await ask('ada', 'GET', `/members?limit=1${cursor}`);
    assert.equal(status, 200);
    assert.ok(json.members.length <= 1);
    listed.push(...json.members.map((each: MemberView) => `${each.authorId} ${each.role}`));
    cursor = json.next_cursor === null ? '' : `&cursor=${json.next_cursor}`;
  } while (cursor !== '');
  const expected = ids.flatMap((id) => [`${id} vip`, `${id} subscriber`]);
  assert.deepEqual(listed.toSorted(), expected.toSorted());
  const vips = (await ask('ada', 'GET', '/members?role=vip')).json;
  assert.deepEqual([vips.members.length, vips.next_cursor], [3, null]);
  assert.match((await say('ada', '/vips')).json.commanded, /^guest[^,]+, guest[^,]+, guest[^,]+$/);
  const wrong = Buffer.from('g1.admin.x').toString('base64url');
  for (const query of ['limit=0', 'limit=1001', 'role=admin', 'cursor=x', `cursor=${wrong}`]) {
    assert.equal((await ask('ada', 'GET', `/members?${query}`)).status, 400, query);
  }
});

test('a moderator is made by the broadcaster, at once, and may not do it to another', async (context) => {
  const { say, ask, read } = await start(context);
  const frames = read('usr_eve');
  assert.deepEqual(codeOf(await ask('bob', 'PUT', '/members/usr_eve/roles/moderator', {})), [
    ...[403, 'forbidden'],
  ]);
  assert.equal((await ask('ada', 'PUT', '/members/usr_eve/roles/moderator', {})).status, 204);
  const last = frames.at(-1);
  assert.deepEqual(last?.type === 'moderated' && last.roles, ['moderator']);
  const posted = await say('eve', 'hello');
  assert.deepEqual(posted.json.author.roles, ['moderator']);
  assert.equal((await say('eve', '/timeout bob 60 no reason')).status, 200);
  assert.deepEqual(codeOf(await say('eve', '/ban usr_ada')), [403, 'forbidden']);
  assert.deepEqual(codeOf(await say('eve', '/ban usr_eve')), [403, 'forbidden']);
  assert.deepEqual(codeOf(await say('eve', '/mod bob')), [403, 'forbidden']);
  assert.equal((await say('ada', '/mod bob')).status, 200);
  assert.deepEqual(codeOf(await say('eve', '/unban bob')), [403, 'forbidden']);
  assert.equal((await say('eve', '/mods')).json.commanded, 'Name of usr_bob, Name of usr_eve');
  assert.equal((await ask('ada', 'DELETE', '/members/usr_eve/roles/moderator')).status, 204);
  assert.deepEqual(codeOf(await say('eve', '/clear')), [403, 'forbidden']);
  const again = frames.at(-1);
  assert.deepEqual(again?.type === 'moderated' && again.roles, []);
});

test('a moderator who is timed out moderates no more until that is over', async (context) => {
  const { say, ask } = await start(context);
  assert.equal((await ask('ada', 'PUT', '/members/usr_eve/roles/moderator', {})).status, 204);
  assert.equal((await ask('ada', 'PUT', '/bans/usr_eve', { durationS: 60 })).status, 200);
  assert.deepEqual(codeOf(await say('eve', '/ban usr_bob')), [403, 'chat_timed_out']);
  assert.deepEqual(codeOf(await ask('eve', 'PUT', '/bans/usr_bob', {})), [403, 'forbidden']);
  assert.equal((await ask('ada', 'DELETE', '/bans/usr_eve')).status, 204);
  assert.equal((await say('eve', '/ban usr_bob')).status, 200);
  const admin = await ask('ada', 'PUT', '/bans/usr_root', { durationS: 60 });
  assert.equal(admin.status, 200);
  assert.equal((await say('root', '/clear')).status, 200, 'an administrator has the last word');
});

test('the modes let in whom they name', async (context) => {
  const { say, ask } = await start(context);
  const set = async (settings: object) =>
    assert.equal((await ask('ada', 'PATCH', '/settings', settings)).status, 200);
  await set({ subscribersOnly: true });
  assert.deepEqual(codeOf(await say('eve', 'hi')), [403, 'subscribers_only']);
  assert.equal((await ask('ada', 'PUT', '/members/usr_eve/roles/subscriber')).status, 204);
  assert.equal((await say('eve', 'hi')).status, 201);
  assert.equal((await say('ada', 'hi')).status, 201);
  await set({ subscribersOnly: false, followersOnlyMinutes: 0 });
  assert.deepEqual(codeOf(await say('bob', 'hi')), [403, 'followers_only']);
  assert.equal((await ask('bob', 'POST', '/follow')).json.isFollowing, true);
  assert.equal((await say('bob', 'hi')).status, 201);
  await set({ followersOnlyMinutes: 10 });
  const soon = await say('bob', 'hi');
  assert.deepEqual(codeOf(soon), [403, 'followers_only']);
  assert.ok(Number(soon.headers['retry-after']) > 500);
  assert.equal((await ask('bob', 'DELETE', '/follow')).json.isFollowing, false);
  assert.equal((await ask('nobody', 'POST', '/follow')).status, 401);
  await set({ followersOnlyMinutes: null, emoteOnly: true });
  assert.deepEqual(codeOf(await say('bob', 'hi 👍')), [403, 'emote_only']);
  assert.equal((await say('bob', '👍🏽 ❤️ 👨‍👩‍👧')).status, 201);
  await set({ emoteOnly: false, uniqueChat: true });
  assert.equal((await say('bob', 'First!')).status, 201);
  assert.deepEqual(codeOf(await say('eve', ' first ')), [409, 'message_repeated']);
  assert.equal((await say('ada', 'first')).status, 201, 'moderators may');
});

test('deleting and clearing take messages out of sight', async (context) => {
  const { say, ask, shown } = await start(context);
  const { json } = await say('eve', 'one');
  await say('eve', 'two');
  assert.equal((await ask('eve', 'DELETE', `/messages/${json.id}`)).status, 403);
  assert.equal((await ask('ada', 'DELETE', `/messages/${json.id}`)).status, 204);
  assert.deepEqual(codeOf(await ask('ada', 'DELETE', '/messages/msg_none')), [
    ...[404, 'message_not_found'],
  ]);
  assert.deepEqual(await shown(), ['two']);
  assert.equal((await say('ada', '/clear')).status, 200);
  assert.deepEqual(await shown(), []);
  assert.equal((await say('ada', '/nonsense')).json.code, 'unknown_command');
  assert.deepEqual(codeOf(await say('ada', '/ban nobody_at_all')), [...[404, 'chatter_not_found']]);
});

test('who writes from where a banned author wrote is shown to moderators, and let in', async (context) => {
  const { ask, room, read } = await start(context);
  const frames = read('usr_ada', ['broadcaster']);
  const guest = (id: string, address: string) =>
    room.post({
      ...{ author: { id, name: id, roles: [] }, isGuest: true, text: 'hi', nonce: null },
      ...{ replyTo: undefined, address },
    });
  await guest('guest_bad', '93.184.216.34');
  const { status } = await ask('ada', 'PUT', '/bans/guest_bad', {});
  assert.equal(status, 200);
  const flags = () => frames.filter(({ type }) => type === 'flagged');
  for (let tries = 0; flags().length === 0; tries += 1) {
    assert.ok(tries < 500, 'nobody was flagged');
    assert.ok('message' in (await guest('guest_other', '93.184.216.34')));
    assert.ok('message' in (await guest('guest_third', '93.184.216.99')));
    await until(300);
  }
  const [flag] = flags();
  assert.ok(flag?.type === 'flagged');
  assert.deepEqual([flag.author.id, flag.bannedName], ['guest_other', 'guest_bad']);
  assert.equal(flags().length, 1);
});

test('who writes over the plain API is known by the address that a trusted proxy tells', async (context) => {
  const { app, ask, read, streamId } = await start(context);
  const frames = read('usr_ada', ['broadcaster']);
  const post = (who: string, from: string) =>
    app.inject({
      ...{ method: 'POST', url: `/api/streams/${streamId}/chat` },
      headers: { 'x-who': who, 'x-from': from },
      payload: { content: 'hi' },
    });
  assert.equal((await post('bob', '93.184.216.35')).statusCode, 201);
  assert.equal((await ask('ada', 'PUT', '/bans/usr_bob', {})).status, 200);
  for (let tries = 0; !frames.some(({ type }) => type === 'flagged'); tries += 1) {
    assert.ok(tries < 500, 'nobody was flagged');
    await post('eve', '93.184.216.35');
    await until(20);
  }
});

/** Waits for what is done behind an answer. */
async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await check()); tries += 1) {
    assert.ok(tries < 2_000, 'it did not come to pass');
    await until(5);
  }
}

test('a message that the database does not have yet is deleted there as well, once it has', async (context) => {
  const { ask, room, shown, store } = await start(context);
  const author: ChatAuthor = { id: 'usr_eve', name: 'Eve', roles: [] };
  const said = { author, isGuest: false, nonce: null, replyTo: undefined, text: 'rude' };
  const write = store.write.bind(store);
  const slow = Promise.withResolvers<void>();
  context.mock.method(store, 'write', async (...given: Parameters<typeof write>) => {
    await slow.promise;
    return write(...given);
  });
  const posted = await room.post(said);
  assert.ok('message' in posted);
  const { id } = posted.message;
  const deleted = ask('ada', 'DELETE', `/messages/${id}`);
  await Promise.race([deleted, eventually(() => room.findShown(id) === undefined)]);
  slow.resolve();
  assert.equal((await deleted).status, 204);
  assert.deepEqual(await shown(), []);
  const rows = await database.query<{ at: Date | null }>(
    'select removed_at as at from chat_messages where id = $1',
    [id],
  );
  assert.ok(rows.length === 1 && rows[0]?.at instanceof Date);
});

test('where two who are banned wrote from stays known when one of them may write again', async (context) => {
  const { ask, room, desk, streamId } = await start(context);
  const from = (id: string) =>
    room.post({
      ...{ author: { id, name: id, roles: [] }, isGuest: true, text: 'hi', nonce: null },
      ...{ replyTo: undefined, address: '93.184.216.36' },
    });
  const located = async (...ids: readonly string[]) => {
    const [row] = await database.query<{ count: number }>(
      `select count(*)::int as count from chat_bans
       where stream_id = $1 and author_id = any($2) and address_hash is not null`,
      [streamId, ids],
    );
    return row?.count === ids.length;
  };
  for (const id of ['guest_one', 'guest_two']) {
    await from(id);
    assert.equal((await ask('ada', 'PUT', `/bans/${id}`, {})).status, 200);
    await eventually(() => located(id));
  }
  const flagged: string[] = [];
  const ward = await desk.moderation.openWard(streamId);
  const attempt = (id: string) =>
    ward.mayPost({
      ...{ author: { id, name: id, roles: [] }, isGuest: true, fragments: [] },
      ...{ settings: room.settings, address: '93.184.216.36' },
    });
  const tell = room.tell.bind(room);
  context.mock.method(room, 'tell', (...given: Parameters<typeof tell>) => {
    const [frame] = given;
    if (frame.type === 'flagged') flagged.push(`${frame.author.id} ${frame.bannedName}`);
    return tell(...given);
  });
  const free = { roles: [], bar: null, followedAtMs: null };
  ward.hear('guest_two', free);
  attempt('guest_new');
  await eventually(() => flagged.length > 0);
  assert.deepEqual(flagged, ['guest_new guest_one']);
  ward.hear('guest_one', free);
  attempt('guest_newer');
  // Banned once more, maybe after a restart: from where is known still.
  assert.equal((await ask('ada', 'PUT', '/bans/guest_one', { reason: 'again' })).status, 200);
  assert.ok(await located('guest_one'));
  assert.equal(flagged.length, 1);
});
