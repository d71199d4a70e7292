import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/index.ts';
import { memberOf } from './presence.test-support.ts';
import { RedisPresence } from './redis-presence.ts';

const [ada, laptop] = [memberOf('ada'), memberOf('laptop')];

/** A presence over a Redis that answers as `answer` does. */
function start(answer: (key: string, members: number) => unknown) {
  const clock = new ManualClock();
  const link = {
    ...{ prefix: '', isUp: true },
    script: () => ({
      run: async ([key = '']: readonly string[], { length }: { readonly length: number }) =>
        answer(key, length),
    }),
    watch: () => () => {},
  };
  const presence = new RedisPresence({
    ...{ link, clock },
    onAir: () => undefined,
  });
  return { clock, presence };
}

test('count() is that of this server alone while Redis says no', async () => {
  const redis = { saysNo: false };
  const { presence, clock } = start(() => {
    if (redis.saysNo) throw new Error('OOM command not allowed');
    return [5, 1, 5, ''];
  });
  presence.page('s', ada, laptop);
  await presence.refresh();
  assert.equal(presence.count('s').count, 5);
  redis.saysNo = true;
  presence.page('s', ada, laptop);
  await assert.rejects(presence.refresh(), /OOM/);
  assert.equal(presence.count('s').count, 1);
  redis.saysNo = false;
  presence.page('s', ada, laptop);
  clock.advance(1_000);
  await presence.refresh();
  assert.equal(presence.count('s').count, 5);
});

test('refresh() takes every sighting, also those that come while it asks', async () => {
  const streams = Array.from({ length: 40 }, (_, index) => `s${index}`);
  const head = 9;
  let taken = 0;
  const { presence } = start((key, length) => {
    const index = Number(/s(\d+)/.exec(key)?.[1]);
    if (length > head) taken += 1;
    presence.page(`s${index}`, ada, laptop);
    return [1, 1, 1, ''];
  });
  for (const streamId of streams) presence.page(streamId, ada, laptop);
  const rounds = 600;
  for (let round = 0; round < rounds; round += 1) await presence.refresh();
  assert.equal(taken, rounds * streams.length);
});
