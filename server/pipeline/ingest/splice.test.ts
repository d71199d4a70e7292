import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MediaEvent } from '../../media/index.ts';
import { audioTrack, videoTrack } from '../../media/track.test-support.ts';
import { Splice } from './splice.ts';

const video = videoTrack({ frameRate: 30 });
const audio = audioTrack();

function sample(kind: 'video' | 'audio', dts: number, offset = 0): MediaEvent {
  const data = new Uint8Array();
  return { type: 'sample', sample: { kind, dts, pts: dts + offset, keyframe: true, data } };
}

function stamps(events: readonly MediaEvent[]): (string | number)[] {
  return events.map((event) => (event.type === 'sample' ? event.sample.dts : event.type));
}

test('push() leaves the first source as it is', () => {
  const splice = new Splice();
  splice.push({ type: 'track', track: video });
  const event = sample('video', 3000, 6000);
  assert.deepEqual(splice.push(event), [event]);
});

test('push() puts the next source right after the end of the last, both tracks alike', () => {
  const splice = new Splice();
  splice.push({ type: 'track', track: video });
  splice.push({ type: 'track', track: audio });
  for (let n = 0; n < 31; n += 1) splice.push(sample('video', n * 3000));
  for (let n = 0; n < 40; n += 1) splice.push(sample('audio', n * 1024));
  splice.nextSource();
  assert.deepEqual(stamps(splice.push({ type: 'track', track: video })), ['track']);
  // The video ended last, at 31 frames of 1/30 s.
  assert.deepEqual(stamps(splice.push(sample('video', 0, 3000))), ['discontinuity', 31 * 3000]);
  assert.deepEqual(stamps(splice.push(sample('audio', 480))), [480 + (31 * 48_000) / 30]);
});

test('nextSource() before any media changes nothing', () => {
  const splice = new Splice();
  splice.nextSource();
  splice.push({ type: 'track', track: video });
  assert.deepEqual(stamps(splice.push(sample('video', 0))), [0]);
});

test('pushRung() moves a rung with the leading tracks, which wait for its last picture', () => {
  const splice = new Splice();
  splice.push({ type: 'track', track: video });
  splice.pushRung('360p', { type: 'track', track: video });
  for (let n = 0; n < 4; n += 1) splice.push(sample('video', n * 3003));
  // A rung that shows its frames later than it decodes them.
  for (let n = 0; n < 4; n += 1) splice.pushRung('360p', sample('video', n * 3003, 6006));
  splice.nextSource();
  splice.pushRung('360p', { type: 'track', track: video });
  const endTicks = 3 * 3003 + 6006 + 1;
  assert.deepEqual(stamps(splice.push(sample('video', 0))), ['discontinuity', endTicks]);
  assert.deepEqual(stamps([splice.pushRung('360p', sample('video', 0))]), [endTicks]);
});

test('push() puts the next source behind the only frame of the last', () => {
  const splice = new Splice();
  splice.push({ type: 'track', track: video });
  splice.push(sample('video', 0));
  splice.nextSource();
  splice.push({ type: 'track', track: video });
  assert.deepEqual(stamps(splice.push(sample('video', 0))), ['discontinuity', 3000]);
});
