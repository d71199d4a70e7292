import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage } from '../../../contract/index.ts';
import { startChat as start } from './chat-stage.test-support.ts';

test('a post is made in the own name, and in another only by who may', async (context) => {
  const { ask } = await start(context);
  const other = { userId: 'elsewhere:x', username: 'X', content: 'hi' };
  const cases = [
    ['nobody', { content: 'hi' }, 401],
    ['eve', { content: 'hi' }, 201],
    ['eve', other, 403],
    ['bob', other, 403],
    ['bot', { content: 'hi' }, 403],
    ['ada', other, 201],
    ['ada', { ...other, userId: 'usr_root' }, 403],
    ['ada', { ...other, userId: 'guest_x' }, 403],
    ['ada', { ...other, userId: 'operator' }, 403],
    ['root', { ...other, userId: 'usr_y' }, 201],
    ['operator', { ...other, userId: 'usr_z' }, 201],
    ['eve', { content: 7 }, 400],
    ['root', { content: ' \u202e ' }, 400],
  ] as const;
  for (const [who, body, status] of cases) {
    assert.equal(
      (await ask(who, 'POST', '', body)).status,
      status,
      `${who} ${JSON.stringify(body)}`,
    );
  }
  const { json } = await ask('nobody', 'GET');
  assert.deepEqual(
    json.messages.map(({ author }: { author: { name: string } }) => author.name),
    ['Name of usr_eve', 'X', 'X', 'X'],
  );
});

test('roles come from the account and the stream, never from the body', async (context) => {
  const { ask } = await start(context);
  const rolesOf = async (who: string, body = {}) =>
    (await ask(who, 'POST', '', { content: 'hi', roles: ['moderator'], isPaid: true, ...body }))
      .json;
  assert.deepEqual((await rolesOf('ada')).author.roles, ['broadcaster']);
  assert.deepEqual((await rolesOf('root')).author.roles, ['moderator']);
  const eve = await rolesOf('eve');
  assert.deepEqual([eve.author.roles, eve.isPaid, eve.isKept], [[], undefined, true]);
});

test('who gives a command in another name is on record in its own', async (context) => {
  const { ask } = await start(context);
  assert.equal(
    (await ask('ada', 'PUT', '/members/elsewhere:bob/roles/moderator', { username: 'Bob' })).status,
    204,
  );
  const clear = { userId: 'elsewhere:bob', username: 'Bob', content: '\u2066/\u200bclear' };
  assert.equal((await ask('ada', 'POST', '', clear)).json.commanded, 'The chat is cleared.');
  const { json } = await ask('ada', 'GET', '/moderation');
  assert.deepEqual(
    [json.data[0].action, json.data[0].actor],
    ['chat.clear', { kind: 'user', id: 'usr_ada' }],
  );
});

test('slow mode answers 429 with Retry-After, and only its owner changes it', async (context) => {
  const { ask } = await start(context);
  assert.equal((await ask('eve', 'POST', '', { content: '1' })).status, 201);
  const soon = await ask('eve', 'POST', '', { content: '2' });
  assert.deepEqual([soon.status, soon.json.code], [429, 'slow_mode']);
  assert.match(String(soon.headers['retry-after']), /^[123]$/);
  assert.equal((await ask('bob', 'PATCH', '/settings', { slowModeS: 0 })).status, 403);
  const changed = await ask('ada', 'PATCH', '/settings', { slowModeS: 0 });
  const modes = { subscribersOnly: false, emoteOnly: false, uniqueChat: false, shield: false };
  assert.deepEqual(changed.json, {
    ...modes,
    ...{ slowModeS: 0, guestsMayPost: true, followersOnlyMinutes: null },
  });
  assert.deepEqual((await ask('nobody', 'GET', '/settings')).json, changed.json);
  assert.equal((await ask('eve', 'POST', '', { content: '2' })).status, 201);
  assert.equal((await ask('ada', 'PATCH', '/settings', { slowModeS: -1 })).status, 400);
});

test('a ticket is for who asks, and an unknown stream has no chat', async (context) => {
  const { app, ask, chat, streamId } = await start(context);
  const { status, json } = await ask('eve', 'POST', '/ticket');
  assert.equal(status, 201);
  assert.equal((await chat.takeTicket(json.ticket, streamId))?.author.name, 'Name of usr_eve');
  assert.equal((await ask('nobody', 'POST', '/ticket')).status, 401);
  for (const path of ['', '/settings']) {
    const answer = await app.inject({ url: `/api/streams/none/chat${path}` });
    assert.equal(answer.statusCode, 404);
  }
});

test('a stream without a chat takes no posts', async (context) => {
  const { ask, shut } = await start(context);
  shut();
  const refused = await ask('ada', 'POST', '', { content: 'hi' });
  assert.deepEqual([refused.status, refused.json.code], [403, 'chat_disabled']);
});

test('history is the latest 50 messages, or up to 200', async (context) => {
  const { ask, roomOf, streamId } = await start(context);
  const room = await roomOf(streamId);
  const author = { id: 'usr_bob', name: 'Bob', roles: [] };
  for (let count = 1; count <= 210; count += 1) await room.speak({ author, words: `${count}` });
  const said = async (query: string): Promise<readonly string[]> =>
    (await ask('nobody', 'GET', query)).json.messages.map(
      ({ fragments }: ChatMessage) => fragments[0]?.text,
    );
  const latest = (count: number) => Array.from({ length: count }, (_, at) => `${211 - count + at}`);
  assert.deepEqual(await said(''), latest(50));
  assert.deepEqual(await said('?limit=1'), latest(1));
  assert.deepEqual(await said('?limit=200'), latest(200));
  for (const limit of ['0', '201', '1.5', '-1', 'x', '']) {
    assert.equal((await ask('nobody', 'GET', `?limit=${limit}`)).status, 400, limit);
  }
});

test('history answers by media time, in pages', async (context) => {
  const { ask, streamId } = await start(context);
  for (const content of ['1', '2', '3', '4']) {
    assert.equal((await ask('ada', 'POST', '', { content })).status, 201);
  }
  const history = async (query: string) => {
    const { status, json } = await ask('nobody', 'GET', `?${query}`);
    const said = json.messages?.map(({ fragments }: ChatMessage) => fragments[0]?.text).join(' ');
    return { status, said, cursor: json.next_cursor };
  };
  const all = `broadcastId=${streamId}-b`;
  assert.deepEqual(await history(''), { status: 200, said: '1 2 3 4', cursor: null });
  assert.equal((await history(`${all}&from=2&to=4`)).said, '2 3');
  assert.equal((await history('broadcastId=another')).said, '');
  const first = await history(`${all}&from=1.5&limit=2`);
  assert.equal(first.said, '2 3');
  const rest = await history(`${all}&from=1.5&limit=2&cursor=${first.cursor}`);
  assert.deepEqual(rest, { status: 200, said: '4', cursor: null });
  const late = await history(`${all}&order=newest&limit=3`);
  assert.equal(late.said, '2 3 4');
  assert.equal((await history(`${all}&order=newest&limit=3&cursor=${late.cursor}`)).said, '1');
  for (const wrong of ['from=1', 'to=2', `${all}&cursor=x`, `${all}&from=-1`, `${all}&order=up`]) {
    assert.equal((await history(wrong)).status, 400, wrong);
  }
});
