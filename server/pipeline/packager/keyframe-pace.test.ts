import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KeyframePace } from './keyframe-pace.ts';

function paceOf(...timesS: readonly number[]): KeyframePace {
  const pace = new KeyframePace();
  for (const timeS of timesS) pace.see(timeS);
  return pace;
}

describe('KeyframePace', () => {
  test('isNearest() compares this keyframe with the next one', () => {
    const cases = [
      { intervalS: 0.5, elapsedS: 1.5, expected: false },
      { intervalS: 0.5, elapsedS: 2, expected: true },
      { intervalS: 1.5, elapsedS: 1.5, expected: true }, // the next one would be 1 s too late
      { intervalS: 1.2, elapsedS: 1.2, expected: false }, // 2.4 s is nearer
      { intervalS: 1.3, elapsedS: 1.3, expected: true }, // 2.6 s is over the limit
      { intervalS: 10, elapsedS: 0.1, expected: true }, // no other is in reach
    ];
    for (const { intervalS, elapsedS, expected } of cases) {
      const nearest = paceOf(0, intervalS).isNearest(elapsedS, 2, 2.449);
      assert.equal(nearest, expected, `every ${intervalS} s, after ${elapsedS} s`);
    }
  });

  test('isInReach() tells whether waiting for a keyframe is worth it', () => {
    assert.equal(paceOf(0).isInReach(0, 2.4), true, 'the interval is not known yet');
    assert.equal(paceOf(0, 2).isInReach(2, 2.4), true);
    assert.equal(paceOf(0, 8).isInReach(8, 2.4), false);
    assert.equal(paceOf(0, 8).isInReach(14, 2.4), true);
    assert.equal(paceOf(0, 2).isInReach(6, 2.4), false, 'the one expected at 4 s never came');
  });

  test('sinceLast() is infinite before the first keyframe', () => {
    assert.equal(paceOf().sinceLast(5), Number.POSITIVE_INFINITY);
    assert.equal(paceOf(2).sinceLast(5), 3);
  });
});
