import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimestampUnwrapper } from './index.ts';

test('TimestampUnwrapper.unwrap() goes on beyond 2^32 and tolerates steps back over the wrap', () => {
  const unwrapper = new TimestampUnwrapper();
  const stamps = [0xffffff00, 0xfffffff0, 0x10, 0xfffffffe, 0x20];
  assert.deepEqual(
    stamps.map((stamp) => unwrapper.unwrap(stamp)),
    [0xffffff00, 0xfffffff0, 2 ** 32 + 0x10, 0xfffffffe, 2 ** 32 + 0x20],
  );
});

test('TimestampUnwrapper.unwrap() gives back any timeline whose steps are below 2^31', () => {
  const steps = fc.array(fc.integer({ min: -1000, max: 2 ** 31 - 1 }), { maxLength: 50 });
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 32 - 1 }), steps, (start, deltas) => {
      const unwrapper = new TimestampUnwrapper();
      let time = start;
      assert.equal(unwrapper.unwrap(time), time);
      for (const delta of deltas) {
        time = Math.max(start, time + delta);
        assert.equal(unwrapper.unwrap(time % 2 ** 32), time);
      }
    }),
  );
});
