import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlvBody, FlvVideoCodec } from './body.ts';
import { parseVideoBody } from './video-body.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

type Body = FlvBody<FlvVideoCodec>;

/** The parsed body with byte arrays as hex, to compare with literals. */
function shown(hex: string): object {
  const body = parseVideoBody(bytes(hex));
  if (body.type !== 'tracks') return shownBody(body);
  return Object.fromEntries(body.tracks.map((track) => [track.trackId, shownBody(track.body)]));
}

function shownBody(body: Body): object {
  if (body.type === 'frame') return { ...body, data: Buffer.from(body.data).toString('hex') };
  if (body.type === 'config') return { ...body, config: Buffer.from(body.config).toString('hex') };
  return body;
}

const FRAME = { type: 'frame', codec: 'avc1', keyframe: true, compositionOffsetMs: 0, nanos: 0 };

/** FourCCs in hexadecimal. */
const AVC1 = '61766331';
const HVC1 = '68766331';
const AV01 = '61763031';
const VP09 = '76703039';

const CASES: readonly (readonly [string, string, object])[] = [
  [
    'an AVC sequence header',
    '17 00 000000 0164',
    { type: 'config', codec: 'avc1', config: '0164' },
  ],
  [
    'an AVC keyframe shown 67 ms after it is decoded',
    '17 01 000043 aabb',
    { ...FRAME, compositionOffsetMs: 67, data: 'aabb' },
  ],
  [
    'an AVC frame with a negative composition time',
    '27 01 ffffdf aa',
    { ...FRAME, keyframe: false, compositionOffsetMs: -33, data: 'aa' },
  ],
  ['the end of an AVC sequence', '17 02 000000', { type: 'end' }],
  ['the end of an AVC sequence without composition time', '17 02', { type: 'end' }],
  [
    'legacy HEVC',
    '1c 01 000021 aa',
    { ...FRAME, codec: 'hvc1', compositionOffsetMs: 33, data: 'aa' },
  ],
  ['a legacy HEVC header', '1c 00 000000 01', { type: 'config', codec: 'hvc1', config: '01' }],
  ['a legacy command frame', '57 00', { type: 'ignored', reason: 'command' }],
  ['no byte', '', { type: 'ignored', reason: 'empty' }],
  ['a frame without data', '27 01 000000', { type: 'ignored', reason: 'empty' }],
  [
    'an unknown AVC packet type',
    '17 05 000000 aa',
    { type: 'ignored', reason: 'unknown_packet_type' },
  ],
  ['VP6', '14 00', { type: 'unsupported', codecName: 'VP6' }],
  ['Sorenson H.263', '22 00', { type: 'unsupported', codecName: 'Sorenson H.263' }],
  ['an unknown legacy codec', '1e 00', { type: 'unsupported', codecName: 'FLV video codec 14' }],
  ['an enhanced HEVC start', `90 ${HVC1} 0102`, { type: 'config', codec: 'hvc1', config: '0102' }],
  [
    'enhanced HEVC CodedFrames with composition time',
    `91 ${HVC1} 000042 aa`,
    { ...FRAME, codec: 'hvc1', compositionOffsetMs: 66, data: 'aa' },
  ],
  [
    'enhanced AVC CodedFramesX, decoded when shown',
    `a3 ${AVC1} aa`,
    { ...FRAME, keyframe: false, data: 'aa' },
  ],
  [
    'AV1 CodedFrames, which have no composition time',
    `91 ${AV01} 000042`,
    { ...FRAME, codec: 'av01', data: '000042' },
  ],
  ['an enhanced end', `92 ${AV01}`, { type: 'end' }],
  ['HDR metadata', `94 ${AV01} 02`, { type: 'ignored', reason: 'metadata' }],
  ['an MPEG-2 TS descriptor', `95 ${AV01} 80`, { type: 'ignored', reason: 'mpeg2ts_config' }],
  ['an enhanced command', 'd1 00', { type: 'ignored', reason: 'command' }],
  ['VP9', `90 ${VP09} 01`, { type: 'unsupported', codecName: 'VP9' }],
  ['an unknown FourCC', '90 61620a7f', { type: 'unsupported', codecName: 'video FourCC "ab??"' }],
  [
    'ModEx with a nanosecond offset',
    `97 02 07a120 01 ${AV01} aa`,
    { ...FRAME, codec: 'av01', nanos: 500_000, data: 'aa' },
  ],
  [
    'two ModEx, the first unknown and long',
    `97 ff 00ff ${'00'.repeat(256)} 17 02 000001 03 ${AVC1} aa`,
    { ...FRAME, nanos: 1, data: 'aa' },
  ],
  [
    'OneTrack with track 0',
    `96 01 ${AVC1} 00 000010 aa`,
    { 0: { ...FRAME, compositionOffsetMs: 16, data: 'aa' } },
  ],
  [
    'OneTrack with the configuration of track 1',
    `96 00 ${AVC1} 01 0164`,
    { 1: { type: 'config', codec: 'avc1', config: '0164' } },
  ],
  [
    'OneTrack with a frame of track 255 that is no keyframe',
    `a6 03 ${HVC1} ff aa`,
    { 255: { ...FRAME, codec: 'hvc1', keyframe: false, data: 'aa' } },
  ],
  [
    'ManyTracks of one codec',
    `96 11 ${AVC1} 01 000004 00000011 00 000004 000000aa`,
    {
      0: { ...FRAME, data: 'aa' },
      1: { ...FRAME, data: '11' },
    },
  ],
  [
    'ManyTracksManyCodecs, one of them not carried',
    `96 23 ${VP09} 01 000001 11 ${HVC1} 00 000001 aa`,
    {
      0: { ...FRAME, codec: 'hvc1', data: 'aa' },
      1: { type: 'unsupported', codecName: 'VP9' },
    },
  ],
  [
    'ManyTracks with a track of nothing',
    `96 13 ${AVC1} 02 000000 00 000001 aa`,
    {
      0: { ...FRAME, data: 'aa' },
      2: { type: 'ignored', reason: 'empty' },
    },
  ],
  [
    'a nanosecond offset for all tracks of a message',
    `97 02 07a120 06 13 ${AVC1} 00 000001 aa 01 000001 11`,
    {
      0: { ...FRAME, nanos: 500_000, data: 'aa' },
      1: { ...FRAME, nanos: 500_000, data: '11' },
    },
  ],
  [
    'a ModEx inside a multitrack, which is not defined there',
    `96 07 ${AVC1} 00 aa`,
    { 0: { type: 'ignored', reason: 'unknown_packet_type' } },
  ],
];
for (const [caption, hex, expected] of CASES) {
  test(`parseVideoBody() reads ${caption}`, () => {
    assert.deepEqual(shown(hex), expected);
  });
}

test('parseVideoBody() gives views of the payload and no copies', () => {
  const payload = bytes('17 01 000000 aabb');
  const body = parseVideoBody(payload);
  assert.equal(body.type === 'frame' && body.data.buffer, payload.buffer);
});

test('parseVideoBody() keeps no message of many tracks in memory for the sake of one', () => {
  const payload = bytes(`96 13 ${AVC1} 01 000001 11 00 000001 aa`);
  const body = parseVideoBody(payload);
  const [first] = body.type === 'tracks' ? body.tracks : [];
  assert.equal(first?.body.type === 'frame' && first.body.data.buffer.byteLength, 1);
});

const BROKEN: readonly (readonly [string, string, string])[] = [
  ['a composition time cut off', '17 01 0000', 'flv_truncated'],
  ['half a FourCC', '90 6176', 'flv_truncated'],
  ['a ModEx past the end', '97 10 00', 'flv_truncated'],
  ['ModEx without end', `97 ${'00 00 07'.repeat(20)}`, 'flv_mod_ex_malformed'],
  ['a track past the end', `96 11 ${AVC1} 00 0000ff aa`, 'flv_truncated'],
  ['a multitrack in a multitrack', '96 06', 'flv_multitrack_malformed'],
  ['an undefined multitrack type', '96 31', 'flv_multitrack_malformed'],
  ['a multitrack without a track', `96 11 ${AVC1}`, 'flv_truncated'],
  ['a size of a track cut off', `96 11 ${AVC1} 00 0000`, 'flv_truncated'],
  [
    'a track without room for its composition time',
    `96 11 ${AVC1} 00 000002 0000`,
    'flv_truncated',
  ],
  [
    'a track that is in a message twice',
    `96 13 ${AVC1} 01 000001 aa 01 000001 aa`,
    'flv_multitrack_malformed',
  ],
];
for (const [caption, hex, code] of BROKEN) {
  test(`parseVideoBody() refuses ${caption}`, () => {
    assert.throws(() => parseVideoBody(bytes(hex)), { name: 'Violation', code });
  });
}
