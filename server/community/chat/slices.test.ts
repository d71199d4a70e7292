import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/index.ts';
import { inSlices, type SlicedWork } from './slices.ts';

const ALL = Array.from({ length: 1_000 }, (_, index) => index);

function stage(work: Partial<SlicedWork<number>>) {
  const clock = new ManualClock();
  const yielded: (() => void)[] = [];
  const did: number[] = [];
  const state = { isWanted: true, done: 0 };
  const settings = { clock, yieldTo: (task: () => void) => yielded.push(task) };
  inSlices<number>(
    {
      ...{ all: ALL, sizeBytes: 100, spreadMs: 0, task: (each) => did.push(each) },
      isWanted: () => state.isWanted,
      done: () => {
        state.done += 1;
      },
      ...work,
    },
    settings,
  );
  const turn = (): boolean => {
    const task = yielded.shift();
    task?.();
    return task !== undefined;
  };
  return { clock, did, state, turn };
}

test('inSlices() does the first slice at once and each other one behind a turn of others', () => {
  const { did, state, turn } = stage({});
  let slices = 1;
  for (let before = did.length; turn(); before = did.length) {
    assert.ok(did.length - before <= 48 && did.length > before);
    slices += 1;
  }
  assert.deepEqual(did, ALL);
  assert.deepEqual([slices, state.done], [21, 1]);
});

test('inSlices() makes slices smaller where each is written much', () => {
  assert.equal(stage({ sizeBytes: 64 * 1024 }).did.length, 4);
  assert.equal(stage({ sizeBytes: 10 * 1024 * 1024 }).did.length, 1);
});

test('inSlices() is done at once with nobody', () => {
  assert.equal(stage({ all: [] }).state.done, 1);
});

test('inSlices() leaves out the rest when it is of no use any more', () => {
  const { did, state, turn } = stage({});
  state.isWanted = false;
  turn();
  assert.equal(turn(), false);
  assert.deepEqual([did.length, state.done], [48, 1]);
});

test('inSlices() spreads many bytes evenly over the time given', () => {
  const { clock, did, state, turn } = stage({ sizeBytes: 10_000, spreadMs: 90 });
  for (let ms = 1; ms <= 90; ms += 1) {
    clock.advance(1);
    while (turn());
    const meant = (1_000 * ms) / 90;
    assert.ok(Math.abs(did.length - meant) < 60, `${did.length} after ${ms} ms, not ${meant}`);
  }
  assert.deepEqual(did, ALL);
  assert.equal(state.done, 1);
});

test('inSlices() asks whether the way is clear also behind a wait', () => {
  const { clock, did, turn } = stage({ sizeBytes: 10_000, spreadMs: 90 });
  clock.advance(20);
  assert.equal(did.length, 26, 'the first slice alone');
  turn();
  assert.equal(did.length, 52);
});

test('inSlices() catches up when it was kept waiting', () => {
  const { clock, did, turn } = stage({ sizeBytes: 10_000, spreadMs: 90 });
  clock.advance(60);
  while (turn());
  assert.ok(did.length > 600, `${did.length} after 60 ms`);
});

test('inSlices() does not spread what is little', () => {
  const { did, turn } = stage({ sizeBytes: 4_000, spreadMs: 90 });
  while (turn());
  assert.deepEqual(did, ALL);
});
