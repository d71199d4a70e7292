import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audioTrack, videoTrack } from './track.test-support.ts';
import { isSameTrack } from './track.ts';

const VIDEO = videoTrack({ frameRate: 30 });
const AUDIO = audioTrack();

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
