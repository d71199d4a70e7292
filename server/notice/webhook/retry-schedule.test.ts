import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RETRY_DELAYS_MS, RETRY_JITTER, retryDelayMs } from './retry-schedule.ts';

const HOUR_MS = 3_600_000;

/** The ages at which a delivery is tried that never succeeds. */
function triesOf(random: () => number): number[] {
  const ages = [0];
  for (let ageMs = 0; ages.length < 100; ages.push(ageMs)) {
    const delayMs = retryDelayMs({ tries: ages.length, ageMs }, random);
    if (delayMs === undefined) break;
    ageMs += delayMs;
  }
  return ages;
}

test('retryDelayMs() gives ten tries over 75 hours', () => {
  const ages = triesOf(() => 0);
  assert.equal(ages.length, 10);
  assert.deepEqual(ages.slice(0, 4), [0, 5000, 305_000, 2_105_000]);
  assert.ok((ages.at(-1) ?? 0) > 75.5 * HOUR_MS && (ages.at(-1) ?? 0) < 75.6 * HOUR_MS);
});

test('retryDelayMs() gives ten tries whatever chance adds, never sooner than the schedule', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (chances) => {
      const ages = triesOf(() => chances.next().value);
      assert.equal(ages.length, RETRY_DELAYS_MS.length);
      ages.slice(1).forEach((ageMs, index) => {
        const delayMs = ageMs - (ages[index] ?? 0);
        const leastMs = RETRY_DELAYS_MS[index + 1] ?? Number.NaN;
        assert.ok(delayMs >= leastMs && delayMs <= leastMs * (1 + RETRY_JITTER) + 1);
      });
    }),
  );
});

test('retryDelayMs() counts the time that was waited in line', () => {
  assert.equal(
    retryDelayMs({ tries: 1, ageMs: 20 * HOUR_MS }, () => 0),
    14 * HOUR_MS,
  );
  assert.equal(
    retryDelayMs({ tries: 1, ageMs: 76 * HOUR_MS }, () => 0),
    undefined,
  );
});
