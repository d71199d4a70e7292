import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LADDER, rungsFor } from './ladder.ts';
import { decodedPixels, isTooLarge } from './source-size.ts';

const picture = (width: number, height: number) => ({ width, height, frameRate: 30 });

test('isTooLarge() begins above 8K, turned or not', () => {
  assert.equal(isTooLarge(picture(8_192, 4_320)), false);
  assert.equal(isTooLarge(picture(4_320, 8_192)), false);
  assert.equal(isTooLarge(picture(8_192, 4_322)), true);
  assert.equal(isTooLarge(picture(16_384, 16_384)), true);
});

test('decodedPixels() leaves room for padding and growth, and has a cap', () => {
  assert.equal(decodedPixels(picture(320, 180)), 1_920 * 1_088);
  assert.equal(decodedPixels(picture(1_920, 1_080)), 2 * 1_920 * 1_088);
  assert.equal(decodedPixels(picture(2_000, 1_000)), 2 * 2_048 * 1_024);
  assert.equal(decodedPixels(picture(1_000, 2_000)), 2 * 2_048 * 1_024);
  assert.equal(decodedPixels(picture(8_192, 4_320)), 8_192 * 4_320);
  assert.equal(decodedPixels(picture(16_384, 16_384)), 8_192 * 4_320);
});

test('rungsFor() makes nothing of a source that is too large to decode', () => {
  assert.deepEqual(rungsFor(DEFAULT_LADDER, picture(16_384, 16_384), { reencode: true }), []);
  assert.ok(rungsFor(DEFAULT_LADDER, picture(8_192, 4_320)).length > 0);
});
