import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EncodeJob } from './encode-arguments.ts';
import { fakeTrack } from './fake-encoder.test-support.ts';
import { parseLadder } from './ladder.ts';
import { namesByCost } from './ladder-cost.ts';

const JOB: EncodeJob = {
  source: fakeTrack(),
  rungs: parseLadder(
    '720p=1280x720@2M,360p=640x360@600k:av1,480p=854x480@1M,240p=426x240@300k:15fps',
  ),
  keyframes: 'source',
  family: 'software',
  thumbnails: undefined,
};

test('namesByCost() begins with what costs most to encode', () => {
  assert.deepEqual(namesByCost(JOB), ['720p', '360p', '480p', '240p']);
});

test('namesByCost() ends with the rung that stands for the video', () => {
  assert.deepEqual(namesByCost({ ...JOB, leading: '720p' }), ['360p', '480p', '240p', '720p']);
});
