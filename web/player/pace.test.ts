import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  FASTEST_RATE,
  isAway,
  isFarBehind,
  nextPace,
  type Pace,
  type PaceView,
  paceAfterStall,
  settlingSkipS,
  startPace,
} from './pace.ts';

/** Parts of a third of a second, well buffered, at the target. */
const VIEW: PaceView = { nowS: 1, latencyS: 1.06, bufferS: 0.9, holdBackS: 1.06, pieceS: 0.354 };

test('nextPace() plays at 1.0 at the target, 1.05 a little behind it and 1.1 well behind it', () => {
  const rates = [0.9, 1.06, 1.1, 1.16, 1.3, 1.4, 3].map(
    (latencyS) => nextPace(startPace(0), { ...VIEW, latencyS }).rate,
  );
  assert.deepEqual(rates, [1, 1, 1, 1.05, 1.05, 1.1, 1.1]);
});

test('nextPace() keeps catching up below the distance at which it begins', () => {
  const fast: Pace = { rate: 1.05, penaltyS: 0, changedAtS: 0 };
  assert.equal(nextPace(fast, { ...VIEW, latencyS: 1.1 }).rate, 1.05);
  assert.equal(nextPace(fast, { ...VIEW, latencyS: 1.07 }).rate, 1);
});

test('nextPace() does not speed into an empty buffer', () => {
  assert.equal(nextPace(startPace(0), { ...VIEW, latencyS: 3, bufferS: 0.4 }).rate, 1);
});

test('nextPace() catches up with parts of 0.2 s, where less than a second is ever buffered', () => {
  const view = { nowS: 1, latencyS: 0.9, bufferS: 0.7, holdBackS: 0.664, pieceS: 0.221 };
  assert.equal(nextPace(startPace(0), view).rate, 1.05);
});

test('paceAfterStall() moves the target away from live, at most 1.5 s', () => {
  let pace = startPace(0);
  for (let stall = 0; stall < 20; stall += 1) pace = paceAfterStall(pace, stall);
  assert.equal(pace.penaltyS, 1.5);
  assert.equal(pace.rate, 1);
  assert.equal(nextPace(pace, { ...VIEW, nowS: 20, latencyS: 2.5 }).rate, 1);
});

test('nextPace() forgives a stall after two calm half minutes', () => {
  const stalled = paceAfterStall(startPace(0), 10);
  const soon = nextPace(stalled, { ...VIEW, nowS: 39 });
  const half = nextPace(soon, { ...VIEW, nowS: 40 });
  const whole = nextPace(half, { ...VIEW, nowS: 70 });
  assert.deepEqual(
    [soon, half, whole].map(({ penaltyS }) => penaltyS),
    [0.25, 0.125, 0],
  );
});

test('isFarBehind() starts at three targets, and at least two seconds past the target', () => {
  const cases: readonly (readonly [holdBackS: number, latencyS: number, far: boolean])[] = [
    [1.06, 3.1, false],
    [1.06, 3.2, true],
    [0.66, 2.6, false],
    [0.66, 2.7, true],
    [6, 17, false],
    [6, 19, true],
  ];
  for (const [holdBackS, latencyS, far] of cases) {
    assert.equal(isFarBehind(startPace(0), { holdBackS, latencyS }), far, `${latencyS} s`);
  }
});

test('settlingSkipS() skips to the target, never past what is safely buffered, and not for little', () => {
  const skip = (latencyS: number, bufferS: number): number =>
    settlingSkipS(startPace(0), { ...VIEW, latencyS, bufferS });
  assert.equal(skip(1.2, 0.9), 0);
  assert.equal(skip(2.06, 1.9).toFixed(3), '1.000');
  assert.equal(skip(2.06, 0.9).toFixed(4), '0.4575');
  assert.equal(skip(2.06, 0.5), 0);
});

test('nextPace() stays between 1.0 and 1.1 whatever it is shown', () => {
  const any = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const view = fc.record({ nowS: any, latencyS: any, bufferS: any, holdBackS: any, pieceS: any });
  fc.assert(
    fc.property(fc.array(view), (views) => {
      let pace = startPace(0);
      for (const seen of views) {
        pace = nextPace(pace, seen);
        assert.ok(pace.rate >= 1 && pace.rate <= FASTEST_RATE);
        assert.ok(pace.penaltyS >= 0);
      }
    }),
  );
});

test('isAway() holds for who left live, and no longer once they are as good as back', () => {
  const pace = { ...startPace(0), penaltyS: 0.5 };
  assert.equal(isAway(pace, { ...VIEW, latencyS: VIEW.holdBackS + 0.5 + 2.1 }), true);
  assert.equal(isAway(pace, { ...VIEW, latencyS: VIEW.holdBackS + 0.5 + 1.9 }), false);
  const classic = { latencyS: 28, holdBackS: 18 };
  assert.equal(isAway(startPace(0), classic), true, 'also where nobody would be moved to live');
  assert.equal(isFarBehind(startPace(0), classic), false);
});
