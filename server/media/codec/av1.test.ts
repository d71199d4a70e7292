import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isAv1Keyframe,
  parseAv1SequenceHeader,
  videoTrackFromAv1C,
  withoutTemporalDelimiter,
} from './av1.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

test('videoTrackFromAv1C() reads SVT-AV1, Main 720p', () => {
  const track = videoTrackFromAv1C(bytes('81050c00 0a0b0000002d4cffb3c02f8004'));
  assert.equal(track.codecString, 'av01.0.05M.08');
  assert.deepEqual([track.width, track.height], [1280, 720]);
  assert.equal(track.frameRate, undefined);
});

test('videoTrackFromAv1C() reads libaom, Main 360p in 10 bits', () => {
  const track = videoTrackFromAv1C(bytes('81014c00 0a0b0000000cc4ff6736be5010'));
  assert.equal(track.codecString, 'av01.0.01M.10');
  assert.deepEqual([track.width, track.height], [640, 360]);
});

test('parseAv1SequenceHeader() reads timing, decoder model and the tier of a high level', () => {
  const bits = [
    '000 0 0', // profile 0, moving, full header
    `1 ${(1).toString(2).padStart(32, '0')} ${(60).toString(2).padStart(32, '0')}`,
    '1 1', // equal_picture_interval, one tick a picture
    `1 00111 ${'0'.repeat(42)}`, // decoder model with delays of 8 bits
    '0 00000', // no display delay, one operating point
    `${'0'.repeat(12)} 01101 1`, // level 13 (5.1), high tier
    `1 ${'0'.repeat(17)}`, // its decoder model
    '1011 1011', // sizes in 12 bits
    `${(3839).toString(2)} ${(2159).toString(2)}`,
  ].join('');
  const text = bits.replaceAll(' ', '');
  const body = text.padEnd(Math.ceil(text.length / 8) * 8, '0').match(/.{8}/g) ?? [];
  const header = parseAv1SequenceHeader(Uint8Array.from(body, (byte) => Number.parseInt(byte, 2)));
  assert.deepEqual(header, {
    profile: 0,
    levelIdx: 13,
    highTier: true,
    width: 3840,
    height: 2160,
    frameRate: 60,
  });
});

test('videoTrackFromAv1C() refuses another version, no sequence header and one cut off', () => {
  assert.throws(() => videoTrackFromAv1C(bytes('80050c00')), { code: 'av1_config_malformed' });
  assert.throws(() => videoTrackFromAv1C(bytes('81050c00')), { code: 'av1_config_malformed' });
  assert.throws(() => videoTrackFromAv1C(bytes('8105')), { code: 'av1_config_truncated' });
  assert.throws(() => videoTrackFromAv1C(bytes('81050c00 0a020000')), {
    code: 'av1_sequence_truncated',
  });
});

test('isAv1Keyframe() judges the first frame of the temporal unit', () => {
  const key = bytes('1200 0a0b0000002d4cffb3c02f8004 3203 10aabb');
  assert.equal(isAv1Keyframe(key), true);
  assert.equal(isAv1Keyframe(bytes('1200 3203 30aabb')), false); // an inter frame
  assert.equal(isAv1Keyframe(bytes('1200 3203 00aabb 3203 10aabb')), false); // a hidden key frame
  assert.equal(isAv1Keyframe(bytes('1200 1a01 90')), false); // show_existing_frame
  assert.equal(isAv1Keyframe(bytes('1200 32ff 10')), false); // a size without its end
});

test('withoutTemporalDelimiter() takes the delimiter off and nothing else', () => {
  assert.deepEqual(Buffer.from(withoutTemporalDelimiter(bytes('1200 320110'))), bytes('320110'));
  assert.deepEqual(Buffer.from(withoutTemporalDelimiter(bytes('320110'))), bytes('320110'));
});
