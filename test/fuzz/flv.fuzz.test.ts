import {
  type FlvBody,
  type FlvVideoCodec,
  parseAudioBody,
  parseVideoBody,
} from '../../server/format/flv/index.ts';
import {
  audioTrackFromAsc,
  audioTrackFromOpusHead,
  isAv1Keyframe,
  isAvcKeyframe,
  isHevcKeyframe,
  opusPacketTicks,
  videoTrackFromAv1C,
  videoTrackFromAvcC,
  videoTrackFromHvcC,
  withFourByteLengths,
} from '../../server/media/index.ts';
import { fuzz } from './harness.ts';

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replace(/\s+/g, ''), 'hex'));

const AVCC =
  '0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183196001000468ef8fcbfdf8f800';
const AVCC_INTERLACED =
  '01640028ffe1001a67640028acd94078044fde0220000003002000000643e2c5b2c001000468fe8fcbfdf8f800';
const HVCC = `
  010160000000900000000000 7bf000fcfdf8f800000f03 a000010018 40010c01ffff01600000030090000003000003007b959409
  a10001002b 42010101600000030090000003000003007ba003c0801107cb965654a4c2f0168080000003008000001e04
  a200010006 4401c073c189`;
const AV1C = '81050c000a0b0000002d4cffb3c02f8004';
const OPUS_HEAD = '4f707573486561640102380180bb0000000000';

const VIDEO_BODIES = [
  `1700000000 ${AVCC}`,
  '1701000043 00000002 0605 00000003 658884',
  '27 01 ffffdf 00000003 419a00',
  '17 02 000000',
  `1c00000000 ${HVCC}`,
  `90 68766331 ${HVCC}`,
  '91 68766331 000042 00000003 260180',
  `90 61763031 ${AV1C}`,
  '91 61763031 1200 320110',
  '97 02 07a120 01 61763031 320110',
  '96 01 61766331 00 000010 00000003 658884',
  '96 23 76703039 01 000001 11 68766331 00 000001 aa',
  `96 00 61766331 01 ${AVCC}`,
  '96 11 61766331 00 00000a 000010 00000003 658884 01 00000a 000010 00000003 658884',
  'a6 21 61766331 00 00000a 000000 00000003 419a00 61763031 02 000005 1200320110',
  '97 02 07a120 06 01 61766331 03 000010 00000003 658884',
];

function readVideo(body: FlvBody<FlvVideoCodec>): void {
  if (body.type === 'config') {
    if (body.codec === 'avc1') videoTrackFromAvcC(body.config);
    else if (body.codec === 'hvc1') videoTrackFromHvcC(body.config);
    else videoTrackFromAv1C(body.config);
  } else if (body.type === 'frame') {
    isAvcKeyframe(body.data);
    isHevcKeyframe(body.data, 2);
    isAv1Keyframe(body.data);
    withFourByteLengths(body.data, 1);
  }
}

fuzz('flv-video-body', {
  seeds: VIDEO_BODIES.map(bytes),
  target: (input) => {
    const body = parseVideoBody(input);
    if (body.type !== 'tracks') readVideo(body);
    else for (const track of body.tracks) readVideo(track.body);
  },
});

fuzz('flv-audio-body', {
  seeds: [
    'af 00 121056e500',
    'af 00 eb8a0800',
    'af 01 de02004c',
    `90 4f707573 ${OPUS_HEAD}`,
    '91 4f707573 fb03aabbcc',
    '97 02 0f423f 01 4f707573 fc',
    '95 01 6d703461 00 de',
    '95 11 4f707573 01 000002 fc00 00 000002 fb03',
    '95 20 6d703461 00 000002 1210 4f707573 01 000003 4f7075',
    '2f fffb',
  ].map(bytes),
  target: (input) => {
    const body = parseAudioBody(input);
    if (body.type === 'config') {
      if (body.codec === 'mp4a') audioTrackFromAsc(body.config);
      else audioTrackFromOpusHead(body.config);
    } else if (body.type === 'frame') {
      opusPacketTicks(body.data);
    }
  },
});

/** Each parser by itself, where mutations are not lost on the FLV header: the first byte chooses. */
const CONFIG_PARSERS = [
  videoTrackFromAvcC,
  videoTrackFromHvcC,
  videoTrackFromAv1C,
  audioTrackFromAsc,
  (input: Uint8Array) => audioTrackFromOpusHead(input),
] as const;

fuzz('decoder-configuration', {
  seeds: [
    `00 ${AVCC}`,
    `00 ${AVCC_INTERLACED}`,
    `01 ${HVCC}`,
    `02 ${AV1C}`,
    '03 121056e500',
    '03 130856e59d4880',
    '03 eb8a0800',
    `04 ${OPUS_HEAD}`,
  ].map(bytes),
  target: (input) => {
    const parse = CONFIG_PARSERS[(input[0] ?? 0) % CONFIG_PARSERS.length];
    parse?.(input.subarray(1));
  },
});
