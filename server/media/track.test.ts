import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AudioTrack, isSameTrack, type VideoTrack } from './track.ts';

const VIDEO: VideoTrack = {
  kind: 'video',
  codec: 'avc1',
  codecString: 'avc1.64001f',
  timescale: 90_000,
  width: 1280,
  height: 720,
  frameRate: 30,
  config: Uint8Array.of(1, 0x64, 0, 0x1f),
};
const AUDIO: AudioTrack = {
  kind: 'audio',
  codec: 'mp4a',
  codecString: 'mp4a.40.2',
  timescale: 48_000,
  channels: 2,
  frameTicks: 1024,
  config: Uint8Array.of(0x11, 0x90),
};

test('isSameTrack() passes over what is only said of the samples', () => {
  assert.ok(isSameTrack(VIDEO, { ...VIDEO, config: VIDEO.config.slice() }));
  assert.ok(isSameTrack(VIDEO, { ...VIDEO, frameRate: 25, statedBitrate: 1 }));
  assert.ok(isSameTrack(AUDIO, { ...AUDIO }));
});

test('isSameTrack() looks at all that a decoder needs', () => {
  for (const change of [
    { height: 360 },
    { width: 640 },
    { codec: 'hvc1' },
    { timescale: 1_000 },
    { config: VIDEO.config.slice(1) },
    { config: Uint8Array.of(1, 0x64, 0, 0x20) },
  ] as const) {
    assert.ok(!isSameTrack(VIDEO, { ...VIDEO, ...change }), JSON.stringify(change));
  }
  assert.ok(!isSameTrack(AUDIO, { ...AUDIO, channels: 1 }));
  assert.ok(!isSameTrack(VIDEO, AUDIO));
});
