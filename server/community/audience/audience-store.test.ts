import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '../../store/sql/database.test-support.ts';
import { SqlAudienceStore } from './audience-store.ts';

const store = new SqlAudienceStore(await testDatabase());
const audience = (broadcastId: string, peak: number, unique: number) => {
  const rest = { streamId: 's', peakAtMs: 1_000 * peak, isUniqueExact: true };
  return { broadcastId, peak, unique, ...rest };
};

test('SqlAudienceStore.save() keeps the higher figures, and when the peak was', async () => {
  await store.save([audience('b1', 5, 9)], new Date(1_000));
  await store.save([audience('b1', 3, 12)], new Date(2_000));
  const expected = { ...audience('b1', 5, 12), peakAtMs: 5_000 };
  assert.deepEqual(await store.ofBroadcast('b1'), expected);
  assert.equal(await store.ofBroadcast('b0'), undefined);
});

test('SqlAudienceStore.latest() is the last broadcast of the stream that was watched', async () => {
  await store.save([audience('b2', 1, 1), audience('b3', 0, 0)], new Date(3_000));
  await store.save([{ ...audience('b4', 2, 2), peakAtMs: null }], new Date(4_000));
  assert.equal((await store.latest('s'))?.broadcastId, 'b4');
  assert.equal((await store.latest('s'))?.peakAtMs, null);
  assert.equal(await store.latest('t'), undefined);
});
