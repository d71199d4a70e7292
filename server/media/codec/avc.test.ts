import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Violation } from '../../base/index.ts';
import { avcNalTypes, isAvcKeyframe, parseAvcC, videoTrackFromAvcC } from './avc.ts';
import { parseAvcSps } from './avc-sps.ts';
import { withFourByteLengths } from './nal.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** avcC bodies as x264 164 wrote them, with what ffprobe says of the files. */
const RECORDS = [
  {
    caption: 'High, 720p30',
    hex: '0164001fffe1001a 6764001facd9405005bb0110000003001000000303c0f183196001000468ef8fcbfdf8f800',
    codecString: 'avc1.64001f',
    size: [1280, 720],
    frameRate: 30,
  },
  {
    caption: 'Main, 1080p29.97, cropped from 1088 lines',
    hex: '014d4028ffe10018 674d4028eca03c0113f2e022000007d20001d4c01e30632c01000468ef8fc8',
    codecString: 'avc1.4d4028',
    size: [1920, 1080],
    frameRate: 30_000 / 1001,
  },
  {
    caption: 'Constrained Baseline, 240p25',
    hex: '0142c00dffe10018 6742c00dd90141fb011000000300100000030320f142a48001000568cb83cb20',
    codecString: 'avc1.42c00d',
    size: [320, 240],
    frameRate: 25,
  },
  {
    caption: 'High, 1080i25: frame_mbs_only_flag 0 doubles the map units',
    hex: '01640028ffe1001a 67640028acd94078044fde0220000003002000000643e2c5b2c001000468fe8fcbfdf8f800',
    codecString: 'avc1.640028',
    size: [1920, 1080],
    frameRate: 25,
  },
  {
    caption: 'High 4:2:2 10 bit, 636x358 at 50, cropped by chroma units',
    hex: '017a001fffe1001b 677a001fb6cd940a02fee2f011000003000100000300640f18319601000568ef8fcc03fefafa00',
    codecString: 'avc1.7a001f',
    size: [636, 358],
    frameRate: 50,
  },
  {
    caption: 'High, 360p30 with sample aspect ratio 4:3 in the VUI',
    hex: '0164001effe1001a 6764001eacd940a02ff970e10000030001000003003c0f162d9601000468ef8fcbfdf8f800',
    codecString: 'avc1.64001e',
    size: [640, 360],
    frameRate: 30,
  },
] as const;

for (const { caption, hex, codecString, size, frameRate } of RECORDS) {
  test(`videoTrackFromAvcC() reads ${caption}`, () => {
    const record = bytes(hex);
    const track = videoTrackFromAvcC(record);
    assert.equal(track.codec, 'avc1');
    assert.equal(track.codecString, codecString);
    assert.deepEqual([track.width, track.height], size);
    assert.equal(track.frameRate, frameRate);
    assert.equal(track.timescale, 90_000);
    assert.deepEqual(Buffer.from(track.config), Buffer.from(record));
  });
}

test('parseAvcSps() tells interlaced coding', () => {
  const [interlaced] = parseAvcC(bytes(RECORDS[3].hex)).sps;
  const [progressive] = parseAvcC(bytes(RECORDS[0].hex)).sps;
  assert.equal(parseAvcSps(interlaced ?? new Uint8Array()).interlaced, true);
  assert.equal(parseAvcSps(progressive ?? new Uint8Array()).interlaced, false);
});

/** Writes an SPS bit by bit, so that rare syntax can be tested without an encoder that has it. */
function sps(profile: number, bits: string): Uint8Array {
  const padded = `${bits}1`.padEnd(Math.ceil((bits.length + 1) / 8) * 8, '0');
  const body = padded.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
  return Uint8Array.from([0x67, profile, 0, 31, ...body]);
}

test('parseAvcSps() passes over scaling lists', () => {
  const bits = [
    '1 010', // seq_parameter_set_id 0, chroma_format_idc 1
    '1 1 0', // bit depths 8, no transform bypass
    '1', // seq_scaling_matrix_present_flag
    `1 ${'1'.repeat(16)}`, // list 0: 16 deltas of 0
    '1 000010001', // list 1: delta -8 makes next 0: the default list, nothing more
    '0 0 0 0 0 0', // the others fall back
    '1 1', // log2_max_frame_num 4, pic_order_cnt_type 0
    '1 010 0', // log2_max_poc_lsb 4, one reference, no gaps
    '00100 010 1 1', // 4 x 2 macroblocks, frames only, direct 8x8
    '0 0', // no cropping, no VUI
  ].join('');
  const parsed = parseAvcSps(sps(100, bits.replaceAll(' ', '')));
  assert.deepEqual([parsed.width, parsed.height], [64, 32]);
  assert.equal(parsed.frameRate, undefined);
});

test('parseAvcSps() refuses cropping that leaves no picture', () => {
  const bits = '1 1 1 1 010 0 1 1 1 1 1 00000100001 1 1 1 0'.replaceAll(' ', '');
  assert.throws(() => parseAvcSps(sps(77, bits)), { code: 'avc_sps_malformed' });
});

const BROKEN: readonly (readonly [string, string, string])[] = [
  ['nothing', '', 'avc_config_truncated'],
  ['another version', '0264001fffe1', 'avc_config_malformed'],
  ['3-byte NAL lengths', '0164001ffee0 00', 'avc_config_malformed'],
  ['no SPS', '0164001fffe0 01 0001 68', 'avc_config_malformed'],
  ['an empty SPS', '0164001fffe1 0000 01 0001 68', 'avc_config_malformed'],
  ['an SPS longer than the record', '0164001fffe1 00ff 67', 'avc_config_truncated'],
  ['a PPS where the SPS should be', '0164001fffe1 0002 6800 01 0001 68', 'avc_sps_malformed'],
  ['an SPS cut off', '0164001fffe1 0005 6764001fac 01 0001 68', 'avc_sps_truncated'],
];
for (const [caption, hex, code] of BROKEN) {
  test(`videoTrackFromAvcC() refuses ${caption}`, () => {
    assert.throws(
      () => videoTrackFromAvcC(bytes(hex)),
      (error) => error instanceof Violation && error.code === code,
    );
  });
}

test('videoTrackFromAvcC() refuses a record above 64 KiB', () => {
  assert.throws(() => videoTrackFromAvcC(new Uint8Array(65_537)), { code: 'avc_config_too_large' });
});

test('isAvcKeyframe() finds the IDR slice behind SEI and parameter sets', () => {
  const idr = bytes('00000002 0605 00000002 6764 00000002 68ef 00000003 658884');
  assert.equal(isAvcKeyframe(idr), true);
  assert.deepEqual(avcNalTypes(idr), [6, 7, 8, 5]);
});

test('isAvcKeyframe() is not taken in by an I slice that is no IDR, nor by a broken length', () => {
  assert.equal(isAvcKeyframe(bytes('00000002 0605 00000003 418884')), false);
  assert.equal(isAvcKeyframe(bytes('00000002 0605 00000009 658884')), false);
  assert.equal(isAvcKeyframe(new Uint8Array()), false);
});

test('withFourByteLengths() widens NAL lengths, and videoTrackFromAvcC() says so', () => {
  const short = bytes('0002 0605 0003 658884');
  assert.deepEqual(
    Buffer.from(withFourByteLengths(short, 2)),
    bytes('00000002 0605 00000003 658884'),
  );
  const record = bytes(RECORDS[0].hex);
  record[4] = 0xfd;
  assert.equal(parseAvcC(record).nalLengthSize, 2);
  assert.equal(parseAvcC(videoTrackFromAvcC(record).config).nalLengthSize, 4);
});

test('withFourByteLengths() refuses a length past the end', () => {
  assert.throws(() => withFourByteLengths(bytes('0009 65'), 2), { code: 'nal_length_overrun' });
});
