import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingDelayMs, pollDelayMs, retryDelayMs } from './retry-delay.ts';

test('retryDelayMs() doubles from half a second to four, and stays there', () => {
  const delays = [1, 2, 3, 4, 5, 1_000].map((failures) => retryDelayMs(failures, 0.5));
  assert.deepEqual(delays, [500, 1_000, 2_000, 4_000, 4_000, 4_000]);
});

test('retryDelayMs() is moved by chance up to a quarter either way', () => {
  assert.equal(retryDelayMs(1, 0), 375);
  assert.equal(retryDelayMs(1, 0.999_999), 625);
});

test('missingDelayMs() doubles from five seconds to a minute, and stays there', () => {
  const delays = [1, 2, 3, 4, 5, 1_000].map((times) => missingDelayMs(times, 0.5));
  assert.deepEqual(delays, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test('pollDelayMs() is 0.8 s, give or take a quarter of it', () => {
  assert.deepEqual([0, 0.5, 0.999_999].map(pollDelayMs), [600, 800, 1_000]);
});
