import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock, silentLog } from '../../base/index.ts';
import { MessageKeeper } from './message-keeper.ts';
import { message, TestStore } from './room.test-support.ts';

function stage() {
  const clock = new ManualClock();
  const store = new TestStore();
  const keeper = new MessageKeeper({ store, clock, log: silentLog });
  const keep = (seq: number) =>
    keeper.keep({ streamId: 's', entry: message(seq), epoch: 'e', nonce: null });
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      await turn();
    }
  };
  return { store, keeper, keep, pass };
}

test('keep() writes what comes close together in one batch, and answers when it is kept', async () => {
  const { store, keeper, keep, pass } = stage();
  const first = keep(1);
  await pass(50);
  const rest = [2, 3, 4].map(keep);
  assert.equal(keeper.holds('s'), true);
  await pass(200);
  assert.deepEqual(await Promise.all([first, ...rest]), [true, true, true, true]);
  assert.deepEqual(store.batches, [1, 3]);
  assert.equal(keeper.holds('s'), false);
});

test('keep() says what is not kept while the database is away, and keeps it all in the end', async () => {
  const { store, keep, pass, keeper } = stage();
  store.isAway = true;
  const answers = Array.from({ length: 1_200 }, (_, index) => keep(index + 1));
  await pass(3_000);
  answers.push(keep(1_201));
  assert.deepEqual(new Set(await Promise.all(answers)), new Set([false]));
  assert.equal(keeper.tally.pending, 1_201);
  store.isAway = false;
  await pass(3_000);
  assert.deepEqual(
    store.kept.map(({ entry }) => entry.seq),
    Array.from({ length: 1_201 }, (_, index) => index + 1),
  );
  assert.deepEqual(keeper.tally, { pending: 0, lost: 0 });
});

test('keep() turns away what is too much, and counts it', async () => {
  const { store, keep, keeper } = stage();
  store.isAway = true;
  const answers = Array.from({ length: 30_001 }, (_, index) => keep(index + 1));
  assert.equal(await answers.at(-1), false);
  assert.deepEqual(keeper.tally, { pending: 30_000, lost: 1 });
});

test('close() keeps what waits', async () => {
  const { store, keep, keeper } = stage();
  const answers = [1, 2, 3].map(keep);
  await keeper.close();
  assert.deepEqual(await Promise.all(answers), [true, true, true]);
  assert.equal(store.kept.length, 3);
  assert.equal(await keep(4), false);
});

test('keep() lets one entry that cannot be kept take no others along', async () => {
  const { store, keep, keeper, pass } = stage();
  store.unfit = 'msg_2';
  const answers = [1, 2, 3].map(keep);
  await pass(500);
  assert.deepEqual(await Promise.all(answers), [true, false, true]);
  assert.deepEqual(keeper.tally, { pending: 0, lost: 1 });
});
