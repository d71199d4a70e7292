import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statedFrameRate } from './picture.ts';

test('statedFrameRate() believes what a camera may have', () => {
  assert.equal(statedFrameRate(30_000, 1_001), 30_000 / 1_001);
  assert.equal(statedFrameRate(1, 1), 1);
  assert.equal(statedFrameRate(480, 1), 480);
  for (const [timeScale, unitsInFrame] of [
    [0, 1],
    [1, 0],
    [999, 1_000],
    [1, 0xffff_ffff],
    [481, 1],
    [0xffff_ffff, 2],
  ] as const) {
    assert.equal(statedFrameRate(timeScale, unitsInFrame), undefined);
  }
});
