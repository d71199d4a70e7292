import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { ChatAuthor } from '../../../contract/index.ts';
import { LocalBus } from './bus.ts';
import { DEFAULT_SETTINGS } from './chat-store.ts';
import type { MayPost } from './may-post.ts';
import { TestReader, testParts } from './room.test-support.ts';
import { Room } from './room.ts';
import { OPEN_WARD, type Ward } from './ward.ts';

const ANNA: ChatAuthor = { id: 'usr_anna', name: 'Anna', roles: [] };
const MOD: ChatAuthor = { id: 'usr_mod', name: 'Mod', roles: ['moderator'] };

async function open(
  mayPost: MayPost = () => undefined,
  ward: Ward = OPEN_WARD,
  bus = new LocalBus(() => 'e'),
) {
  const parts = testParts({ mayPost, bus, openWard: async () => ward });
  const { clock, store } = parts;
  const room = await Room.open('s', parts);
  const say = (text: string, changes = {}) => {
    const post = { author: ANNA, isGuest: false, text, nonce: null, replyTo: undefined };
    return room.post({ ...post, ...changes });
  };
  return { clock, store, room, say };
}

function idOf(posted: Awaited<ReturnType<Room['post']>>): string {
  assert.ok('message' in posted, JSON.stringify(posted));
  return posted.message.id;
}

test('post() lets an author write once in three seconds, and moderators always', async () => {
  const { clock, say } = await open();
  idOf(await say('one'));
  clock.advance(1_000);
  const refused = await say('two');
  assert.ok('refused' in refused);
  assert.deepEqual([refused.refused, refused.retryAfterMs], ['slow_mode', 2_000]);
  idOf(await say('three', { author: MOD }));
  idOf(await say('four', { author: MOD }));
  clock.advance(2_000);
  idOf(await say('five'));
});

test('post() lets only one of two at once through slow mode', async () => {
  const { say } = await open(async () => undefined);
  const [one, two] = await Promise.all([say('one'), say('two')]);
  assert.deepEqual(
    [one, two].map((each) => 'refused' in each),
    [false, true],
  );
});

test('post() asks the policy, and holds nothing against who was refused', async () => {
  let isShut = true;
  const { say, room } = await open(({ fragments }) =>
    isShut ? { refused: 'forbidden', detail: `no ${fragments.length}` } : undefined,
  );
  assert.deepEqual(await say('one'), { refused: 'forbidden', detail: 'no 1' });
  assert.deepEqual(room.recent(10), []);
  isShut = false;
  idOf(await say('two'));
});

test('post() answers a nonce that it knows as the first time', async () => {
  const { say, room } = await open();
  const ids = await Promise.all([say('one', { nonce: 'n' }), say('one', { nonce: 'n' })]);
  const other = await say('two', { nonce: 'n', author: MOD });
  assert.equal(idOf(ids[0]), idOf(ids[1]));
  assert.notEqual(idOf(other), idOf(ids[0]));
  assert.equal(room.recent(10).length, 2);
});

test('post() carries media time, and lets guests write only where they may', async () => {
  const { say, room } = await open();
  await room.change({ slowModeS: 0, guestsMayPost: false });
  const refused = await say('one', { isGuest: true });
  assert.ok('refused' in refused && refused.refused === 'forbidden');
  idOf(await say('from a guest who moderates', { isGuest: true, author: MOD }));
  idOf(await say('two'));
  const [message] = room.recent(1);
  assert.deepEqual([message?.streamTime, message?.broadcastId], [1.234, 'b']);
});

test('conceal() takes messages out of history and tells who reads', async () => {
  const { say, room, store, clock } = await open();
  const reader = new TestReader();
  room.join(reader, { author: ANNA, isGuest: false, guest: undefined, resume: undefined });
  const id = idOf(await say('rude'));
  const removed = room.conceal({ type: 'removal', ids: [id] });
  await turn();
  clock.advance(1_000);
  await removed;
  assert.deepEqual(room.recent(10), []);
  const last = reader.frames.at(-1);
  assert.ok(last?.type === 'entries');
  assert.deepEqual(last.entries, [{ type: 'removal', seq: 2, ids: [id] }]);
  assert.equal(store.kept.length, 2);
});

test('conceal() is kept at once, whoever has the way', async () => {
  const { clock, ...parts } = testParts({ yieldTo: () => {} });
  const room = await Room.open('s', { clock, ...parts });
  void room.conceal({ type: 'clear' });
  await turn();
  clock.advance(100);
  await turn();
  assert.deepEqual(
    parts.store.kept.map(({ entry }) => entry.type),
    ['clear'],
  );
});

test('conceal() hides also what another server has yet to keep', async () => {
  const bus = new LocalBus(() => 'e');
  const [one, two] = [await open(undefined, OPEN_WARD, bus), await open(undefined, OPEN_WARD, bus)];
  one.store.isAway = true;
  idOf(await one.say('rude'));
  one.clock.advance(100);
  await turn();
  const hidden = two.room.conceal({ type: 'clear' });
  two.clock.advance(100);
  await hidden;
  one.store.isAway = false;
  one.clock.advance(1_000);
  await turn();
  const kept = (store: typeof one.store) => store.kept.map(({ entry }) => entry.type);
  assert.deepEqual([kept(one.store), kept(two.store)], [['message', 'clear'], ['clear']]);
});

test('findShown() knows no message that was taken back', async () => {
  const { clock, room, say } = await open();
  const id = idOf(await say('one'));
  assert.equal(room.findShown(id)?.id, id);
  const concealed = room.conceal({ type: 'removal', ids: [id] });
  clock.advance(100);
  await concealed;
  assert.deepEqual([room.findShown(id), room.find(id)?.id], [undefined, id]);
});

test('change() tells everybody', async () => {
  const { room } = await open();
  const reader = new TestReader();
  room.join(reader, { author: ANNA, isGuest: true, guest: 'token', resume: undefined });
  const settings = await room.change({ slowModeS: 30 });
  assert.deepEqual(settings, { ...DEFAULT_SETTINGS, slowModeS: 30 });
  assert.deepEqual(reader.frames.at(-1), { type: 'settings', settings });
});

test('tell() sends a frame to those it is for', async () => {
  const { room } = await open();
  const [anna, mod] = [new TestReader(ANNA.id), new TestReader(MOD.id)];
  mod.roles = MOD.roles;
  const joining = { isGuest: false, guest: undefined, resume: undefined };
  room.join(anna, { author: ANNA, ...joining });
  room.join(mod, { author: MOD, ...joining });
  const seenBy = ({ frames }: TestReader) =>
    frames.flatMap((frame) => (frame.type === 'viewers' ? [frame.count] : []));
  await room.tell({ type: 'viewers', count: 1 }, 'everybody');
  await room.tell({ type: 'viewers', count: 2 }, 'moderators');
  await room.tell({ type: 'viewers', count: 3 }, { authorId: ANNA.id });
  assert.deepEqual(
    [seenBy(anna), seenBy(mod)],
    [
      [1, 3],
      [1, 2],
    ],
  );
});

test('a Room goes on for readers and writers while the database is away', async () => {
  const { room, say, store, clock } = await open();
  store.isAway = true;
  const reader = new TestReader();
  room.join(reader, { author: MOD, isGuest: false, guest: undefined, resume: undefined });
  const posted = await say('one');
  assert.ok('kept' in posted);
  assert.deepEqual(reader.seqs, [1]);
  clock.advance(100);
  assert.equal(await posted.kept, false, 'and says that it is not kept');
});

test('post() carries out what begins with a slash, and says what begins with two', async () => {
  const { say, room } = await open();
  assert.deepEqual(await say('/slow 5'), { commanded: 'slow 5' });
  assert.deepEqual(room.recent(9), []);
  idOf(await say('//slow'));
  assert.deepEqual(room.recent(1)[0]?.fragments, [{ type: 'text', text: '/slow' }]);
});

test('post() lets the guests of one address write no more than five together', async () => {
  const { say, clock } = await open();
  const post = (index: number, address: string) => {
    const author = { id: `guest_${index}`, name: `g-${index}`, roles: [] };
    return say('hi', { author, isGuest: true, address });
  };
  for (let index = 0; index < 5; index += 1) idOf(await post(index, '93.184.216.34'));
  const sixth = await post(6, '93.184.216.34');
  assert.ok('refused' in sixth && sixth.refused === 'slow_mode' && sixth.retryAfterMs === 600);
  for (let index = 7; index < 20; index += 1) idOf(await post(index, '192.168.1.5'));
  clock.advance(600);
  idOf(await post(20, '93.184.216.34'));
});
