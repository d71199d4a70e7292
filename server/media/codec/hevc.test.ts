import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hevcCodecString, isHevcKeyframe, parseHvcC, videoTrackFromHvcC } from './hevc.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replace(/\s+/g, ''), 'hex');

/** hvcC bodies as x265 3.5 wrote them through FFmpeg, without the SEI that names its options. */
const MAIN_1080P60 = `
  01 01 60000000 900000000000 7b f000 fc fd f8 f8 0000 0f 03
  a0 0001 0018 40010c01ffff01600000030090000003000003007b959409
  a1 0001 002b 42010101600000030090000003000003007ba003c0801107cb965654a4c2f0168080000003008000001e04
  a2 0001 0006 4401c073c189`;
const MAIN10_358P = `
  01 02 20000000 900000000000 3f f000 fc fd fa fa 0000 0f 03
  a0 0001 0018 40010c01ffff02200000030090000003000003003f959409
  a1 0001 002a 42010102200000030090000003000003003fa005020171f336595952930bc05a02000007d20000bb8010
  a2 0001 0006 4401c073c189`;

test('videoTrackFromHvcC() reads Main, 1080p60', () => {
  const track = videoTrackFromHvcC(bytes(MAIN_1080P60));
  assert.equal(track.codecString, 'hvc1.1.6.L123.90');
  assert.deepEqual([track.width, track.height], [1920, 1080]);
  assert.equal(track.frameRate, 60);
});

test('videoTrackFromHvcC() reads Main 10 with a conformance window and 23.976 fps', () => {
  const track = videoTrackFromHvcC(bytes(MAIN10_358P));
  assert.equal(track.codecString, 'hvc1.2.4.L63.90');
  assert.deepEqual([track.width, track.height], [640, 358]);
  assert.equal(track.frameRate, 24_000 / 1001);
});

test('hevcCodecString() writes profile space, high tier and constraint bytes up to the last set', () => {
  const config = parseHvcC(bytes(MAIN_1080P60));
  const constraints = bytes('b00000000000');
  assert.equal(hevcCodecString({ ...config, constraints, levelIdc: 93 }), 'hvc1.1.6.L93.B0');
  const wide = { ...config, profileSpace: 1, highTier: true, constraints: bytes('b00001000000') };
  assert.equal(hevcCodecString(wide), 'hvc1.A1.6.H123.B0.00.01');
  const bare = { ...config, constraints: new Uint8Array(6) };
  assert.equal(hevcCodecString(bare), 'hvc1.1.6.L123');
});

test('videoTrackFromHvcC() takes the version 0 of old encoders and writes 1', () => {
  const record = bytes(MAIN_1080P60);
  record[0] = 0;
  assert.equal(videoTrackFromHvcC(record).config[0], 1);
});

test('parseHvcC() refuses records without each parameter set, cut off or of another version', () => {
  const record = bytes(MAIN_1080P60);
  assert.throws(() => parseHvcC(record.subarray(0, 22)), { code: 'hevc_config_truncated' });
  assert.throws(() => parseHvcC(record.subarray(0, 60)), { code: 'hevc_config_truncated' });
  const noSets = Uint8Array.from([...record.subarray(0, 22), 0]);
  assert.throws(() => parseHvcC(noSets), { code: 'hevc_config_malformed' });
  record[0] = 2;
  assert.throws(() => parseHvcC(record), { code: 'hevc_config_malformed' });
});

test('isHevcKeyframe() takes IDR, CRA and BLA, and no trailing picture', () => {
  const unit = (type: number): Uint8Array =>
    Uint8Array.from([0, 0, 0, 3, 39 << 1, 1, 5, 0, 0, 0, 3, type << 1, 1, 0x80]);
  for (const type of [16, 18, 19, 20, 21]) assert.equal(isHevcKeyframe(unit(type)), true);
  for (const type of [0, 1, 9, 15, 24, 32]) assert.equal(isHevcKeyframe(unit(type)), false);
});
