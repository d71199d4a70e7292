import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchPace, MOST_SHOWN_PER_SECOND } from './batch-pace.ts';

/** Delays of messages that come `perSecond` to so many sockets, sent as the pace says. */
function delays(perSecond: number, sockets: number): readonly number[] {
  const pace = new BatchPace();
  const found: number[] = [];
  for (let count = 0; count < perSecond * 3; count += 1) {
    const nowMs = 10_000 + (count * 1000) / perSecond;
    const delayMs = pace.arrived(nowMs, sockets);
    if (delayMs === 0) pace.sent(nowMs, 1);
    found.push(delayMs);
  }
  return found.slice(perSecond);
}

test('arrived() lets a quiet room have each message at once', () => {
  assert.equal(Math.max(...delays(2, 15_000)), 0);
  assert.equal(Math.max(...delays(20, 50)), 0);
});

test('arrived() holds messages of a busy room for up to 120 ms', () => {
  const longest = Math.max(...delays(200, 2_000));
  assert.ok(longest > 90 && longest <= 120, `${longest} ms`);
  const medium = Math.max(...delays(60, 100));
  assert.ok(medium > 30 && medium < 100, `${medium} ms`);
});

test('delayMs() keeps a quarter of the interval free where sending takes longer than meant', () => {
  const pace = new BatchPace();
  for (let count = 0; count < 1_000; count += 1) pace.arrived(10_000 + count, 2_000);
  pace.sent(11_000, 100);
  assert.equal(pace.spreadMs(11_000, 2_000), 90, 'of the 120 until the next batch');
  pace.done(11_090);
  assert.equal(pace.delayMs(11_090, 2_000), 30);
  pace.done(11_300);
  assert.equal(pace.delayMs(11_300, 2_000), 30);
  for (let count = 0; count < 1_000; count += 1) pace.arrived(14_000, 2_000);
  pace.done(14_000);
  assert.equal(pace.delayMs(14_000, 2_000), 30, 'also where the process stood still for long');
  pace.sent(14_030, 100);
  pace.done(14_040);
  assert.equal(pace.delayMs(14_040, 2_000), 110, 'and no longer than that');
});

test('sent() shows all up to the cap, and no more than the cap for long', () => {
  const pace = new BatchPace();
  let shown = 0;
  for (let batch = 0; batch < 50; batch += 1) shown += pace.sent(10_000 + batch * 200, 40);
  assert.equal(shown, 2_000, '200 a second');
  const flooded = new BatchPace();
  shown = 0;
  for (let batch = 0; batch < 50; batch += 1) shown += flooded.sent(10_000 + batch * 200, 400);
  assert.ok(shown <= MOST_SHOWN_PER_SECOND * 11, `${shown} in 10 s`);
});
