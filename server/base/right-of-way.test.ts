import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from './clock.ts';
import { RightOfWay } from './right-of-way.ts';

function crossing() {
  const clock = new ManualClock();
  const turns: (() => void)[] = [];
  const way = new RightOfWay(clock, (task) => turns.push(task));
  /** Asks to go, and says when that was. */
  const go = () => {
    const gone: number[] = [];
    way.yieldTo(() => gone.push(clock.monotonicMs()));
    return gone;
  };
  return { clock, turns, way, go };
}

test('yieldTo() lets others have their turn while the way is clear', () => {
  const { turns, go } = crossing();
  const gone = go();
  assert.deepEqual([gone.length, turns.length], [0, 1]);
  turns.shift()?.();
  assert.deepEqual(gone, [0]);
});

test('yieldTo() waits until 10 ms behind who took the way, whenever it is asked', () => {
  const { clock, turns, way, go } = crossing();
  way.take();
  const first = go();
  clock.advance(4);
  const second = go();
  clock.advance(5);
  assert.deepEqual([first.length, second.length], [0, 0]);
  clock.advance(1);
  assert.deepEqual([first, second], [[10], [10]]);
  go();
  assert.equal(turns.length, 1, 'the way is clear again');
});

test('take() keeps bulk waiting for a third of the time at most, however often it is said', () => {
  const { clock, turns, way } = crossing();
  let waited = 0;
  for (let ms = 0; ms < 3_000; ms += 1) {
    way.take();
    const before = turns.length;
    way.yieldTo(() => {});
    if (turns.length === before) waited += 1;
    clock.advance(1);
  }
  assert.ok(waited >= 900 && waited <= 1_000, `${waited} of 3,000 ms`);
});
