import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, silentLog } from '../../base/index.ts';
import { Audience } from './audience.ts';
import type { AudienceStore } from './audience-store.ts';
import type { BroadcastAudience } from './broadcast-tally.ts';
import { memberOf } from './presence.test-support.ts';
import { LocalPresence } from './presence.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** An audience of stream `s`, whose store can be away. */
function start(onAir: string | undefined = 'b1') {
  const clock = new ManualClock();
  const kept = new Map<string, BroadcastAudience>();
  const state: { onAir: string | undefined; isAway: boolean } = { onAir, isAway: false };
  const asked = async <T>(answer: () => T): Promise<T> => {
    if (state.isAway) throw new Error('away');
    return answer();
  };
  const store: AudienceStore = {
    save: (audiences) =>
      asked(() => {
        for (const audience of audiences) kept.set(audience.broadcastId, audience);
      }),
    ofBroadcast: (id) => asked(() => kept.get(id)),
    latest: (id) => asked(() => [...kept.values()].findLast(({ streamId }) => streamId === id)),
  };
  const told: number[] = [];
  const audience = new Audience({
    presence: new LocalPresence(clock),
    ...{ store, clock, log: silentLog },
    onAir: () => state.onAir,
    tell: (_streamId, count) => told.push(count),
  });
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second += 1) {
      clock.advance(1_000);
      await nextTurn();
    }
  };
  const page = (name: string) => audience.page('s', memberOf(name), memberOf(`${name}'s`));
  const left = (name: string) => audience.left('s', memberOf(name), memberOf(`${name}'s`));
  return { audience, page, left, seconds, state, kept, told };
}

test('Audience keeps the peak and the different viewers of each broadcast', async () => {
  const { audience, page, left, seconds, state, kept } = start();
  page('ada');
  page('bob');
  left('bob');
  page('eve');
  page('bob');
  left('ada');
  state.onAir = undefined;
  await seconds(1);
  const { peak, unique, isUniqueExact, peakAtMs } = kept.get('b1') ?? assert.fail('not kept');
  assert.deepEqual([peak, unique, isUniqueExact, peakAtMs], [3, 3, true, Date.UTC(2026, 0, 1)]);
  state.onAir = 'b2';
  page('ada');
  const { broadcast, count } = await audience.of('s');
  assert.deepEqual([broadcast?.broadcastId, broadcast?.unique, count], ['b2', 3, 3]);
});

test('Audience tells of a broadcast that is over from what was kept, and the count without a store', async () => {
  const { audience, page, seconds, state } = start();
  page('ada');
  state.onAir = undefined;
  await seconds(1);
  assert.equal((await audience.of('s')).broadcast?.peak, 1);
  state.isAway = true;
  assert.deepEqual(await audience.of('s'), {
    ...{ count: 1, isExact: true, errorPercent: 0, broadcast: null },
  });
});

test('Audience goes on from what an earlier run kept of the same broadcast', async () => {
  const { audience, page, kept } = start();
  const earlier = { peak: 7, peakAtMs: 5, unique: 40, isUniqueExact: true };
  kept.set('b1', { broadcastId: 'b1', streamId: 's', ...earlier });
  page('ada');
  await nextTurn();
  const { broadcast } = await audience.of('s');
  assert.deepEqual([broadcast?.peak, broadcast?.unique, broadcast?.isUniqueExact], [7, 40, false]);
});

test('Audience keeps what it could not keep once the store is back', async () => {
  const { page, seconds, state, kept } = start();
  state.isAway = true;
  page('ada');
  state.onAir = undefined;
  await seconds(20);
  assert.equal(kept.size, 0);
  state.isAway = false;
  await seconds(16);
  assert.equal(kept.get('b1')?.peak, 1);
});

test('Audience keeps what is not kept yet when it is closed', async () => {
  const { audience, page, kept } = start();
  page('ada');
  await audience.close();
  assert.equal(kept.get('b1')?.unique, 1);
});

test('Audience.playlist() counts who waits for media at once, and who polls from its second time on', async () => {
  const { audience, seconds } = start();
  const [tv, script] = [memberOf('tv'), memberOf('script')];
  audience.playlist('s', tv, true);
  audience.playlist('s', script, false);
  audience.playlist('s', script, false);
  assert.equal(audience.count('s').count, 1);
  await seconds(2);
  audience.playlist('s', script, false);
  assert.equal(audience.count('s').count, 2);
  assert.equal(audience.total, 2);
});

test('Audience tells a count that changes every three seconds at most, and 0 at the end', async () => {
  const { page, seconds, told } = start();
  for (let second = 0; second < 10; second += 1) {
    page(`viewer ${second}`);
    await seconds(1);
  }
  assert.deepEqual(told, [1, 4, 7, 10]);
  await seconds(60);
  assert.equal(told.at(-1), 0);
  const length = told.length;
  await seconds(30);
  assert.equal(told.length, length);
});
