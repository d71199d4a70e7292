import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, ManualClock } from './clock.ts';
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
  assert.equal(turns.length, 0);
  clock.advance(1);
  for (const task of turns.splice(0)) task();
  assert.deepEqual([first, second], [[10], [10]]);
  go();
  assert.equal(turns.length, 1, 'the way is clear again');
});

test('yieldTo() lets who asked first go first, also with timers of whole milliseconds', () => {
  const manual = new ManualClock();
  let fractionMs = 0;
  const clock: Clock = {
    epochMs: () => 0,
    monotonicMs: () => manual.monotonicMs() + fractionMs,
    after: (delayMs, task) => manual.after(Math.max(1, Math.trunc(delayMs)), task),
  };
  const turns: (() => void)[] = [];
  const way = new RightOfWay(clock, (task) => turns.push(task));
  const gone: number[] = [];
  way.take();
  for (const [index, askedMs] of [0.2, 0.999, 1.001, 5, 9.6, 9.99].entries()) {
    manual.advance(Math.trunc(askedMs) - manual.monotonicMs());
    fractionMs = askedMs % 1;
    way.yieldTo(() => gone.push(index));
  }
  fractionMs = 0.05;
  manual.advance(1);
  way.yieldTo(() => gone.push(6));
  manual.advance(100);
  for (const task of turns) task();
  assert.deepEqual(gone, [0, 1, 2, 3, 4, 5, 6]);
});

test('yieldTo() is never early', () => {
  const manual = new ManualClock();
  const delays: number[] = [];
  let nowMs = 0;
  const clock: Clock = {
    epochMs: () => 0,
    monotonicMs: () => nowMs,
    after(delayMs, task) {
      delays.push(delayMs);
      return manual.after(delayMs, task);
    },
  };
  const way = new RightOfWay(clock, (task) => task());
  way.take();
  nowMs = 0.3;
  way.yieldTo(() => {});
  assert.deepEqual(delays, [10], 'whole milliseconds, and not fewer than the 9.7 that are left');
});

test('take() keeps bulk waiting for a third of the time at most, however often it is said', () => {
  const { clock, turns, way } = crossing();
  let waited = 0;
  for (let ms = 0; ms < 3_000; ms += 1) {
    way.take();
    way.yieldTo(() => {});
    if (turns.splice(0).length === 0) waited += 1;
    clock.advance(1);
  }
  assert.ok(waited >= 900 && waited <= 1_000, `${waited} of 3,000 ms`);
});
