import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_FRAME_S, frameDuration } from './frame-duration.ts';

/** Stamps as RTMP rounds them. */
const stamps = (fps: number, count = 9) =>
  Array.from({ length: count }, (_, i) => Math.round((i / fps) * 1000) / 1000);

describe('frameDuration()', () => {
  test('takes the stated rate where the stamps agree', () => {
    assert.equal(frameDuration(stamps(29.97), 30_000 / 1001), 1001 / 30_000);
    assert.equal(frameDuration(stamps(60), 60), 1 / 60);
  });

  test('measures where no rate is stated, or another one', () => {
    for (const stated of [undefined, 60, 0]) {
      const measured = frameDuration(stamps(25), stated);
      assert.ok(Math.abs(measured - 0.04) < 1e-9, `${measured} with ${stated} stated`);
    }
    assert.ok(Math.abs(frameDuration(stamps(120), undefined) - 1 / 120) < 0.0002);
  });

  test('leaves out holes and stamps that stand still', () => {
    const measured = frameDuration([0, 0.033, 0.033, 0.067, 0.5, 0.533, 0.567], undefined);
    assert.ok(Math.abs(measured - 0.0335) < 1e-9, String(measured));
  });

  test('falls back where there is nothing to measure', () => {
    assert.equal(frameDuration([1], undefined), DEFAULT_FRAME_S);
    assert.equal(frameDuration([1], 50), 0.02);
  });
});
