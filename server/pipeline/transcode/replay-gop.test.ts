import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sample } from '../../media/index.ts';
import { ReplayGop } from './replay-gop.ts';

function sample(pts: number, keyframe = false, sizeBytes = 1): Sample {
  return { kind: 'video', dts: pts, pts, keyframe, data: new Uint8Array(sizeBytes) };
}

function gopOf(...stamps: readonly number[]): ReplayGop {
  const gop = new ReplayGop();
  for (const pts of stamps) gop.push(sample(pts, pts % 10 === 0));
  return gop;
}

const stampsOf = (samples: readonly Sample[] | undefined): number[] | undefined =>
  samples?.map(({ pts }) => pts);

test('ReplayGop.samples begin with the last keyframe', () => {
  assert.deepEqual(stampsOf(gopOf(8, 9).samples), []);
  assert.deepEqual(stampsOf(gopOf(8, 9, 10, 11, 20, 21).samples), [20, 21]);
});

test('ReplayGop.after() gives what has to be decoded for all that is shown later', () => {
  const gop = gopOf(0, 1, 10, 11, 12, 20, 21);
  assert.deepEqual(stampsOf(gop.after(20)), [20, 21]);
  assert.deepEqual(stampsOf(gop.after(12)), [20, 21]);
  assert.deepEqual(stampsOf(gop.after(11)), [10, 11, 12, 20, 21]);
  assert.deepEqual(stampsOf(gop.after(10)), [10, 11, 12, 20, 21]);
  assert.deepEqual(stampsOf(gop.after(12, true)), [10, 11, 12, 20, 21]);
  assert.deepEqual(stampsOf(gop.after(20, true)), [20, 21]);
  assert.equal(gop.after(9), undefined);
  assert.equal(gop.after(Number.NEGATIVE_INFINITY), undefined);
  gop.clear();
  assert.equal(gop.after(20), undefined);
});

test('ReplayGop forgets what is too much, the GOP before first', () => {
  const gop = gopOf(0, 10);
  gop.push(sample(11, false, 17 * 1024 * 1024));
  assert.equal(gop.after(10), undefined);
  assert.deepEqual(gop.samples, []);
  const many = gopOf(0);
  for (let i = 0; i < 1_199; i += 1) many.push(sample(1));
  assert.equal(many.after(0)?.length, 1_200);
  many.push(sample(10, true));
  assert.equal(many.after(0), undefined);
  assert.deepEqual(stampsOf(many.after(10)), [10]);
});
