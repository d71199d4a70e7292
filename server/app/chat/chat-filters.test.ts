import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AutomodSettings } from '../../../contract/index.ts';
import { ACTOR, ANNA, database, eventually, MOD, twoServers } from './two-chats.test-support.ts';

const HOLD: Partial<AutomodSettings> = { terms: [{ text: 'maybe', action: 'hold' }] };

test('mayPost() refuses terms and links on every server, but not of moderators', async () => {
  const { nodes } = await twoServers();
  const [one, two] = nodes;
  assert.equal(await two.say('badword'), 'posted');
  await one.set({
    terms: [{ text: 'badword', action: 'block' }],
    links: 'block',
    domains: ['good.example'],
  });
  await eventually(async () => (await two.say('b4dword')) === 'message_rejected');
  assert.equal(await one.say('a.badword!'), 'message_rejected');
  assert.equal(await one.say('badwords'), 'posted');
  assert.equal(await two.say('see https://evil.example/'), 'message_rejected');
  assert.equal(await two.say('see https://www.good.example/'), 'posted');
  assert.equal(await two.say('badword https://evil.example/', MOD), 'posted');
  await one.set({ level: 'strict' });
  assert.equal(await one.say('badwords'), 'message_rejected');
  await one.set({ level: 'off', links: 'allow' });
  assert.equal(await one.say('badword evil.com'), 'posted');
});

test('/held tells moderators what waits, the oldest first, on one line', async () => {
  const { clock, nodes, streamId } = await twoServers();
  const [one, two] = nodes;
  assert.equal(await two.say('/held', MOD), 'Nothing waits for a moderator.');
  assert.equal(await two.say('/held'), 'forbidden');
  await one.set(HOLD);
  const long = `maybe ${'so '.repeat(60)}`;
  for (const text of ['maybe @Bob', long]) {
    assert.equal(await one.say(text), 'message_held');
    clock.advance(1);
  }
  const [first, second] = await two.filters.holds.list(streamId);
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(
    await two.say('/held', MOD),
    `2 waiting: ${first.id} Anna: maybe @Bob (term maybe) | ` +
      `${second.id} Anna: ${long.slice(0, 100).trimEnd()}… (term maybe)`,
  );
  assert.equal(await two.say(`/deny ${first.id}`, MOD), 'The message is not let in.');
  for (let count = 0; count < 6; count += 1) {
    const author = { ...ANNA, id: `usr_${count}` };
    assert.equal(await one.say(`maybe ${count}`, author), 'message_held');
    clock.advance(1);
  }
  const told = await two.say('/held', MOD);
  assert.match(told, /^7 waiting: .*maybe 3 \(term maybe\) \| and 2 more$/);
  assert.ok(!told.includes(first.id) && !told.includes('\n'));
});

test('mayPost() holds a message until a moderator of any server lets it in, once', async () => {
  const { nodes, streamId, told, texts } = await twoServers();
  const [one, two] = nodes;
  await one.set(HOLD);
  assert.equal(await one.say('maybe @Bob'), 'message_held');
  // Its author did not see the answer.
  assert.equal(await one.say('maybe @Bob'), 'message_held');
  assert.deepEqual(await texts(), []);
  const [held, ...others] = await two.filters.holds.list(streamId);
  assert.ok(held !== undefined && others.length === 0);
  assert.deepEqual([held.author, held.reason, held.state], [ANNA, 'term maybe', 'waiting']);
  const approve = (node: (typeof nodes)[number]) =>
    node.filters.holds.decide(streamId, { id: held.id, state: 'approved' }, ACTOR);
  const outcomes = await Promise.all([approve(one), approve(two)]);
  assert.deepEqual(outcomes.map((each) => ('refused' in each ? each.refused : each.state)).sort(), [
    'approved',
    'held_not_found',
  ]);
  assert.deepEqual(await texts(), ['maybe @Bob']);
  const states = told.flatMap((frame) => (frame.type === 'held' ? [frame.held.state] : []));
  // Each of two servers was told.
  assert.deepEqual(states, ['waiting', 'waiting', 'approved', 'approved']);
  const audit = await database.query<{ action: string }>(
    `select action from audit_log where object_id = $1 order by position`,
    [streamId],
  );
  assert.deepEqual(
    audit.map(({ action }) => action),
    ['chat.automod', 'chat.approve'],
  );
});

test('decide() lets a message in as it was written: an answer, or an action', async () => {
  const { clock, nodes, streamId } = await twoServers();
  const [one, two] = nodes;
  await one.set(HOLD);
  await one.say('first', MOD);
  const [first] = (await one.room()).recent(1);
  assert.ok(first !== undefined);
  assert.equal(await one.say('maybe so', ANNA, false, first.id), 'message_held');
  clock.advance(1_000);
  const draft = { author: ANNA, replyTo: undefined, kind: 'action' } as const;
  const fragments = [{ type: 'text', text: 'maybe waves' }] as const;
  assert.ok(await one.filters.holds.hold(streamId, { ...draft, fragments }, 'term maybe'));
  const held = await two.filters.holds.list(streamId);
  assert.deepEqual(
    held.map(({ replyTo, kind }) => ({ replyTo, kind })),
    [
      { replyTo: first.id, kind: undefined },
      { replyTo: undefined, kind: 'action' },
    ],
  );
  for (const { id } of held) {
    await two.filters.holds.decide(streamId, { id, state: 'approved' }, ACTOR);
  }
  const [answer, action] = (await one.room()).recent(2);
  assert.deepEqual([answer?.replyTo, answer?.kind], [first.id, undefined]);
  assert.deepEqual([action?.replyTo, action?.kind], [undefined, 'action']);
});

test('hold() takes few messages of one author, and forgets them in time', async () => {
  const { clock, nodes, streamId } = await twoServers();
  const [one] = nodes;
  await one.set(HOLD);
  for (const expected of ['message_held', 'message_held', 'message_held', 'message_rejected']) {
    clock.advance(1_000);
    assert.equal(await one.say(`maybe ${clock.epochMs()}`), expected);
  }
  const waiting = await one.filters.holds.list(streamId);
  assert.equal(waiting.length, 3);
  clock.advance(10 * 60_000);
  assert.deepEqual(await one.filters.holds.list(streamId), []);
  const id = waiting[0]?.id ?? '';
  const late = await one.filters.holds.decide(streamId, { id, state: 'approved' }, ACTOR);
  assert.ok('refused' in late);
  assert.equal(await one.say('maybe again'), 'message_held');
});

test('a ban denies what its author has waiting', async () => {
  const { nodes, streamId, told } = await twoServers();
  const [one, two] = nodes;
  await one.set(HOLD);
  assert.equal(await one.say('maybe'), 'message_held');
  assert.equal(await one.say('maybe', { ...ANNA, id: 'usr_eve' }), 'message_held');
  const purge = { type: 'purge', authorId: ANNA.id, authorName: ANNA.name } as const;
  // Whether it is kept is not waited for: no clock moves here.
  void (await two.room()).conceal({ ...purge, durationS: null });
  await eventually(async () => (await one.filters.holds.list(streamId)).length === 1);
  await eventually(async () =>
    told.some((frame) => frame.type === 'held' && frame.held.state === 'denied'),
  );
});

test('raise() closes a room to strangers and lift() opens it as it was', async () => {
  const { nodes, streamId } = await twoServers();
  const [one, two] = nodes;
  await one.set(HOLD);
  await (await one.room()).change({ slowModeS: 5 });
  const { settings: before } = await one.room();
  const { shield } = one.filters;
  const raised = await shield.raise(streamId, await one.room(), ACTOR);
  assert.deepEqual(raised, {
    ...before,
    ...{ shield: true, guestsMayPost: false, slowModeS: 30, followersOnlyMinutes: 10 },
  });
  // The other server keeps to it; the second call changes nothing.
  assert.deepEqual(await two.filters.shield.raise(streamId, await two.room(), ACTOR), raised);
  assert.equal(await two.say('hi', ANNA, true), 'forbidden');
  assert.equal(await two.say('maybe', { ...ANNA, id: 'a' }), 'message_rejected');
  assert.equal(await two.say('evil.com', { ...ANNA, id: 'b' }), 'message_rejected');
  await (await two.room()).change({ emoteOnly: true, slowModeS: 60 });
  const lifted = await two.filters.shield.lift(streamId, await two.room(), ACTOR);
  // What was set in the meantime stays.
  assert.deepEqual(lifted, { ...before, emoteOnly: true, slowModeS: 60 });
  assert.deepEqual(await shield.lift(streamId, await one.room(), ACTOR), lifted);
});
