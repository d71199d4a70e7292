import {
  chunk,
  FragmentReader,
  initSegment,
  parseChunks,
  readInitSegment,
} from '../../server/format/cmaf/index.ts';
import {
  audioTrackFromAsc,
  audioTrackFromOpusHead,
  type Track,
  videoTrackFromAv1C,
  videoTrackFromAvcC,
  videoTrackFromHvcC,
} from '../../server/media/index.ts';
import { fuzz } from './harness.ts';

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replace(/\/\/.*$/gm, '').replace(/\s+/g, ''), 'hex'));

const TRACKS: readonly Track[] = [
  videoTrackFromAvcC(
    bytes(`0164001fffe1001a6764001facd9405005bb011000000300100000
      0303c0f183196001000468ef8fcbfdf8f800`),
  ),
  videoTrackFromHvcC(
    bytes(`
      010160000000900000000000 7bf000fcfdf8f800000f03
      a000010018 40010c01ffff01600000030090000003000003007b959409
      a10001002b 42010101600000030090000003000003007ba003c0801107cb965654a4c2f0168080000003008000001e04
      a200010006 4401c073c189`),
  ),
  videoTrackFromAv1C(bytes('81050c000a0b0000002d4cffb3c02f8004')),
  audioTrackFromAsc(bytes('119056e500')),
  audioTrackFromOpusHead(bytes('4f707573486561640102380180bb0000000000')),
];

const CHUNK = chunk({
  sequence: 1,
  baseDecodeTime: 90_000,
  samples: [
    { duration: 3000, compositionOffset: 6000, keyframe: true, data: bytes('00000002 6588') },
    { duration: 3003, compositionOffset: -3000, keyframe: false, data: bytes('00000001 41') },
    { duration: 3000, compositionOffset: 0, keyframe: false, data: bytes('1200 320110') },
  ],
});

/** Two trafs as FFmpeg writes them without default-base-is-moof, and what else a file may hold. */
const OTHERS_FRAGMENT = bytes(`
  0000000c 73747970 69736f35           // styp
  000000b0 6d6f6f66                    // moof
  00000010 6d666864 00000000 00000001  // mfhd
  00000050 74726166                    // traf
  0000001c 74666864 0000002a 00000001  // tfhd: description, duration and flags; track 1
  00000001 00000200 01010000
  00000010 74666474 00000000 00000000  // tfdt, version 0
  0000001c 7472756e 00000205 00000001  // trun: data offset, first sample flags, sizes
  000000c0 02000000 00000004
  00000048 74726166                    // traf
  00000014 74666864 00000020 00000001  // tfhd: flags
  01010000
  00000014 74666474 01000000           // tfdt, version 1
  00000001 00000000
  00000018 7472756e 01000a00 00000001  // trun behind the other: sizes, composition offsets
  00000003 ffffff00
  00000001 6d646174 0000000000000017   // mdat with a 64-bit size
  aabbccdd eeff00
  00000010 6d667261 0000000000000000   // mfra
`);

const FILES = TRACKS.map((track) => Buffer.concat([initSegment(track), CHUNK, OTHERS_FRAGMENT]));

fuzz('cmaf-fragment-reader', {
  // The first byte is the size of the pieces.
  seeds: FILES.flatMap((file) => [
    Buffer.concat([Uint8Array.of(0), file]),
    Buffer.concat([Uint8Array.of(37), file]),
  ]),
  target: (input) => {
    const reader = new FragmentReader({ maxBoxBytes: 65_536 });
    const size = input[0] || input.length;
    for (let at = 1; at < input.length; at += size) reader.push(input.subarray(at, at + size));
  },
});

fuzz('cmaf-init-segment', {
  seeds: TRACKS.map(initSegment),
  target: (input) => void readInitSegment(input),
});

fuzz('cmaf-chunk', {
  seeds: [CHUNK, OTHERS_FRAGMENT.subarray(12), Buffer.concat([CHUNK, CHUNK])],
  target: (input) => void parseChunks(input),
});
