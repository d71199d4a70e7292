import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ImageClock } from './image-clock.ts';

function times(clock: ImageClock, count: number): number[] {
  return Array.from({ length: count }, () => clock.imageTime());
}

test('imageTime() counts images on a grid that an encoder restart does not move', () => {
  assert.deepEqual(times(new ImageClock(5, 0), 3), [0, 5, 10]);
  assert.deepEqual(times(new ImageClock(5, 17.2), 3), [17.2, 20, 25]);
  assert.deepEqual(times(new ImageClock(5, 25), 2), [25, 30]);
});

test('imageTime() takes a sum of seconds that falls short of the grid by rounding as on it', () => {
  assert.deepEqual(times(new ImageClock(0.3, 0.1 + 0.1 + 0.1), 2).map(rounded), [0.3, 0.6]);
  assert.deepEqual(times(new ImageClock(5, 5 - 1e-9), 2).map(rounded), [5, 10]);
});

test('imageTime() gives the first frame, and then the start of every slot after it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(1_000_000), (intervalS, firstMs) => {
      const firstS = firstMs / 1_000;
      const [first, second = 0, third] = times(new ImageClock(intervalS, firstS), 3);
      assert.equal(first, firstS);
      assert.ok(second > firstS && second - firstS <= intervalS);
      assert.equal(second % intervalS, 0);
      assert.equal(third, second + intervalS);
    }),
  );
});

function rounded(timeS: number): number {
  return Math.round(timeS * 1_000) / 1_000;
}
