import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ImageClock } from './image-clock.ts';

test('imageTime() counts images on a grid that an encoder restart does not move', () => {
  const clock = new ImageClock(5);
  assert.equal(clock.encoderStarted(0), 0);
  assert.deepEqual([clock.imageTime(), clock.imageTime(), clock.imageTime()], [0, 5, 10]);
  assert.equal(clock.encoderStarted(17.2), 20);
  assert.deepEqual([clock.imageTime(), clock.imageTime()], [20, 25]);
  assert.equal(clock.encoderStarted(25), 25);
  assert.equal(clock.imageTime(), 25);
});

test('encoderStarted() names the first time of the grid that is not before its media', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(1_000_000), (intervalS, fromMs) => {
      const clock = new ImageClock(intervalS);
      const firstS = clock.encoderStarted(fromMs / 1_000);
      assert.equal(firstS % intervalS, 0);
      assert.ok(firstS >= fromMs / 1_000 && firstS - fromMs / 1_000 < intervalS);
      assert.equal(clock.imageTime(), firstS);
    }),
  );
});

test('encoderStarted() begins at 0 for media from before it', () => {
  assert.equal(new ImageClock(5).encoderStarted(-12), 0);
});
