import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAudioBody } from './audio-body.ts';
import type { FlvAudioCodec, FlvBody } from './body.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

function shown(hex: string): object {
  const body: FlvBody<FlvAudioCodec> = parseAudioBody(bytes(hex));
  if (body.type === 'frame') return { ...body, data: Buffer.from(body.data).toString('hex') };
  if (body.type === 'config') return { ...body, config: Buffer.from(body.config).toString('hex') };
  return body;
}

const FRAME = { type: 'frame', codec: 'mp4a', keyframe: true, compositionOffsetMs: 0, nanos: 0 };

const OPUS = '4f707573';
const MP4A = '6d703461';

const CASES: readonly (readonly [string, string, object])[] = [
  ['an AAC sequence header', 'af 00 1210', { type: 'config', codec: 'mp4a', config: '1210' }],
  ['an AAC frame', 'af 01 de02', { ...FRAME, data: 'de02' }],
  ['an AAC frame without data', 'af 01', { type: 'ignored', reason: 'empty' }],
  ['AAC without a packet type', 'af', { type: 'ignored', reason: 'empty' }],
  ['an unknown AAC packet type', 'af 02 00', { type: 'ignored', reason: 'unknown_packet_type' }],
  ['no byte', '', { type: 'ignored', reason: 'empty' }],
  ['MP3', '2f ff', { type: 'unsupported', codecName: 'MP3' }],
  ['Speex', 'b6 00', { type: 'unsupported', codecName: 'Speex' }],
  ['Nellymoser', '6e 00', { type: 'unsupported', codecName: 'Nellymoser' }],
  ['an enhanced Opus start', `90 ${OPUS} 4f70`, { type: 'config', codec: 'opus', config: '4f70' }],
  ['an enhanced Opus packet', `91 ${OPUS} fc00`, { ...FRAME, codec: 'opus', data: 'fc00' }],
  ['an enhanced AAC packet', `91 ${MP4A} de`, { ...FRAME, data: 'de' }],
  ['an enhanced end', `92 ${MP4A}`, { type: 'end' }],
  ['channel order', `94 ${OPUS} 00`, { type: 'ignored', reason: 'multichannel_config' }],
  ['FLAC', '90 664c6143 00', { type: 'unsupported', codecName: 'FLAC' }],
  ['AC-3', '91 61632d33 00', { type: 'unsupported', codecName: 'AC-3' }],
  ['MP3 by FourCC', '91 2e6d7033 00', { type: 'unsupported', codecName: 'MP3' }],
  [
    'a nanosecond offset',
    `97 02 0f423f 01 ${OPUS} fc`,
    { ...FRAME, codec: 'opus', nanos: 999_999, data: 'fc' },
  ],
  ['OneTrack with track 0', `95 01 ${MP4A} 00 de`, { ...FRAME, data: 'de' }],
  ['OneTrack with track 2', `95 01 ${MP4A} 02 de`, { type: 'ignored', reason: 'other_track' }],
  [
    'ManyTracksManyCodecs with track 0 second',
    `95 21 ${OPUS} 01 000001 fc ${MP4A} 00 000001 de`,
    { ...FRAME, data: 'de' },
  ],
];
for (const [caption, hex, expected] of CASES) {
  test(`parseAudioBody() reads ${caption}`, () => {
    assert.deepEqual(shown(hex), expected);
  });
}

test('parseAudioBody() refuses half a FourCC', () => {
  assert.throws(() => parseAudioBody(bytes('91 4f70')), { code: 'flv_truncated' });
});

test('parseAudioBody() refuses a track past the end of the message', () => {
  assert.throws(() => parseAudioBody(bytes(`95 11 ${MP4A} 00 0000ff de`)), {
    code: 'flv_truncated',
  });
});
