import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { AutomodSettings, ChatAuthor, ChatFrame } from '../../contract/index.ts';
import { ManualClock, silentLog } from '../base/index.ts';
import { Chat, LocalBus, MessageKeeper, OPEN_WARD, SqlChatStore } from '../community/chat/index.ts';
import { testDatabase } from '../store/sql/database.test-support.ts';
import { ChatFilters } from './chat-filters.ts';

const database = await testDatabase();
const ANNA: ChatAuthor = { id: 'usr_anna', name: 'Anna', roles: [] };
const MOD: ChatAuthor = { id: 'usr_mod', name: 'Mod', roles: ['moderator'] };
const ACTOR = { kind: 'operator', id: null, remoteAddress: null } as const;
const HOLD: Partial<AutomodSettings> = { terms: [{ text: 'maybe', action: 'hold' }] };

/** One stream on two servers. */
async function start() {
  const clock = new ManualClock();
  const bus = new LocalBus(() => 'e');
  const streamId = `s${randomBytes(6).toString('hex')}`;
  await database.query(
    `insert into streams (id, broadcaster_id, title, status, created_at, updated_at)
     values ($1, 'usr_ada', 'Title', 'idle', now(), now())`,
    [streamId],
  );
  const told: ChatFrame[] = [];
  const node = () => {
    const store = new SqlChatStore(database);
    const filters: ChatFilters = new ChatFilters({
      ...{ database, clock, log: silentLog },
      roomOf: (id) => chat.room(id),
    });
    const chat: Chat = new Chat({
      ...{ clock, store, bus, randomBytes, log: silentLog, random: () => 0 },
      yieldTo: (task) => task(),
      keeper: new MessageKeeper({ store, clock, log: silentLog }),
      mayPost: (attempt) => filters.mayPost(attempt),
      stage: {
        load: async (id) => {
          await filters.load(id);
          return [];
        },
        heard: (id, frame) => {
          told.push(frame);
          filters.heard(id, frame);
        },
        saw: (id, entry) => filters.saw(id, entry),
      },
      openWard: async () => OPEN_WARD,
      runCommand: async ({ line }) => ({ commanded: line }),
      emoteOf: () => undefined,
      onAir: () => undefined,
      guestKey: randomBytes(32),
    });
    const room = async () => {
      const opened = await chat.room(streamId);
      assert.ok(opened !== undefined);
      return opened;
    };
    const say = async (text: string, author = ANNA, isGuest = false) => {
      const post = { author, isGuest, text, nonce: null, replyTo: undefined };
      const posted = await (await room()).post(post);
      return 'refused' in posted ? posted.refused : 'posted';
    };
    const set = async (changes: Partial<AutomodSettings>) => {
      await filters.automod.change(streamId, changes, ACTOR);
      await (await room()).tell({ type: 'automod' }, 'moderators');
    };
    return { filters, room, say, set };
  };
  const nodes = [node(), node()] as const;
  for (const { room } of nodes) {
    await (await room()).change({ slowModeS: 0 });
  }
  const texts = async () =>
    (await nodes[1].room())
      .recent(10)
      .map(({ fragments }) => fragments.map((each) => each.text).join(''));
  return { clock, streamId, nodes, told, texts };
}

/** Waits for what a server does by itself. */
async function eventually(check: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!(await check())) {
    assert.ok(performance.now() < endMs, 'it did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('mayPost() refuses terms and links on every server, but not of moderators', async () => {
  const { nodes } = await start();
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

test('mayPost() holds a message until a moderator of any server lets it in, once', async () => {
  const { nodes, streamId, told, texts } = await start();
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

test('hold() takes few messages of one author, and forgets them in time', async () => {
  const { clock, nodes, streamId } = await start();
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
  const { nodes, streamId, told } = await start();
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
  const { nodes, streamId } = await start();
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
