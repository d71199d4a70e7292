import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawSample } from './normaliser-input.ts';
import { AUDIO_OVERLAP_FRAMES, AudioLane, MAX_CLAMPED_RUN, VideoLane } from './normaliser-lane.ts';
import { Repairs } from './normaliser-repair.ts';

const RAW: RawSample = {
  kind: 'video',
  stampMs: 0,
  nanos: 0,
  compositionOffsetMs: 0,
  durationTicks: 0,
  keyframe: false,
  data: new Uint8Array(),
};

test('VideoLane.write() does not believe a composition offset of hours', () => {
  const repairs = new Repairs();
  const lane = new VideoLane(repairs);
  lane.write({ ...RAW, compositionOffsetMs: 40 }, 0);
  const sample = lane.write({ ...RAW, compositionOffsetMs: 8_388_607 }, 40);
  assert.equal(sample.pts, 80 * 90);
  assert.deepEqual([...repairs.counts], [['wild_offset', 1]]);
});

test('VideoLane.write() lets one negative offset pass without moving decode times', () => {
  const lane = new VideoLane(new Repairs());
  lane.write(RAW, 0);
  const early = lane.write({ ...RAW, compositionOffsetMs: -7 }, 40);
  assert.deepEqual([early.dts, early.pts], [40 * 90, 40 * 90]);
  assert.equal(lane.write(RAW, 80).dts, 80 * 90);
});

test('VideoLane.lateMs() gives in after a run of late samples', () => {
  const lane = new VideoLane(new Repairs());
  lane.write(RAW, 1_000);
  for (let frame = 0; frame < MAX_CLAMPED_RUN; frame++) assert.equal(lane.lateMs(500), 0);
  assert.equal(lane.lateMs(500), lane.expectedMs - 500);
  assert.equal(lane.lateMs(500), 0);
});

test('AudioLane.lateMs() gives in after a run of overlapping frames', () => {
  const lane = new AudioLane(new Repairs());
  const frame: RawSample = { ...RAW, kind: 'audio', durationTicks: 1024 };
  for (let index = 0; index < 75; index++) lane.write(frame, (index * 64) / 3);
  for (let index = 1; index < AUDIO_OVERLAP_FRAMES; index++) assert.equal(lane.lateMs(1_500), 0);
  assert.equal(lane.lateMs(1_500), 100);
});
