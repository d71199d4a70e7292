import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlowMode } from './slow-mode.ts';

test('wrote() forgets who need not wait in any slow mode', () => {
  const slowMode = new SlowMode();
  const hourMs = 3_600_000;
  for (let author = 0; author < 1_000; author += 1) {
    slowMode.wrote(`a${author}`, (author * hourMs) / 100);
  }
  assert.ok(slowMode.size <= 101, `${slowMode.size} are remembered`);
  const nowMs = (999 * hourMs) / 100;
  assert.equal(slowMode.waitMs('a999', hourMs, nowMs), hourMs);
  assert.equal(slowMode.waitMs('a0', hourMs, nowMs), 0);
});
