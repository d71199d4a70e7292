import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClockOffset } from './clock-offset.ts';

test('ClockOffset believes the sample with the shortest round trip', () => {
  const clock = new ClockOffset();
  clock.add({ sentMs: 1_000, receivedMs: 1_400, serverMs: 6_390 });
  clock.add({ sentMs: 2_000, receivedMs: 2_010, serverMs: 7_005 });
  clock.add({ sentMs: 3_000, receivedMs: 3_200, serverMs: 8_190 });
  assert.equal(clock.offsetMs, 5_000);
  assert.equal(clock.errorMs, 5);
});

test('ClockOffset is zero before the first sample, and says that it does not know its error', () => {
  const clock = new ClockOffset();
  assert.equal(clock.offsetMs, 0);
  assert.equal(clock.errorMs, null);
});

test('ClockOffset ignores an answer that came before its question', () => {
  const clock = new ClockOffset();
  clock.add({ sentMs: 1_000, receivedMs: 900, serverMs: 99_000 });
  clock.add({ sentMs: 1_000, receivedMs: 1_010, serverMs: Number.NaN });
  assert.equal(clock.errorMs, null);
});

test('ClockOffset forgets a fast answer in time, so that a drifting clock is followed', () => {
  const clock = new ClockOffset();
  clock.add({ sentMs: 0, receivedMs: 2, serverMs: 1 });
  for (let i = 1; i <= 8; i += 1) {
    clock.add({ sentMs: i * 1_000, receivedMs: i * 1_000 + 20, serverMs: i * 1_000 + 110 });
  }
  assert.equal(clock.offsetMs, 100);
});

test('ClockOffset is never wrong by more than its error, however the way there and back differ', () => {
  const trip = fc.record({ thereMs: fc.nat(500), backMs: fc.nat(500) });
  fc.assert(
    fc.property(fc.integer(), fc.array(trip, { minLength: 1, maxLength: 20 }), (ahead, trips) => {
      const clock = new ClockOffset();
      let nowMs = 0;
      for (const { thereMs, backMs } of trips) {
        const serverMs = nowMs + thereMs + ahead;
        clock.add({ sentMs: nowMs, receivedMs: nowMs + thereMs + backMs, serverMs });
        nowMs += 1_000;
      }
      assert.ok(Math.abs(clock.offsetMs - ahead) <= (clock.errorMs ?? Number.NaN));
    }),
  );
});
