import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Violation } from '../../base/index.ts';
import { audioTrack, videoTrack } from '../../media/track.test-support.ts';
import {
  type BoxPlace,
  type ChunkSample,
  chunk,
  initSegment,
  MAX_BOXES,
  parseChunks,
  readBoxes,
} from './index.ts';

const AVC = videoTrack({ frameRate: 30, config: fromHex('0164001fffe1') });
const AAC = audioTrack({ config: fromHex('1190') });

/** The bytes of the box at `path`, as hex. */
function hexAt(bytes: Uint8Array, ...path: readonly string[]): string {
  const found = placeAt(bytes, path);
  return toHex(bytes.subarray(found.start, found.end));
}

function placeAt(bytes: Uint8Array, path: readonly string[]): BoxPlace {
  // Bytes between a box's header and its first child.
  const before: Readonly<Record<string, number>> = { stsd: 8, avc1: 78, hvc1: 78, av01: 78 };
  const soundEntries: Readonly<Record<string, number>> = { mp4a: 28, Opus: 28 };
  let place: BoxPlace = { type: 'file', start: 0, body: 0, end: bytes.length };
  for (const type of path) {
    const skip = before[place.type] ?? soundEntries[place.type] ?? 0;
    const child = readBoxes(bytes, place.body + skip, place.end).find((box) => box.type === type);
    assert.ok(child !== undefined, `${type} in ${place.type}`);
    place = child;
  }
  return place;
}

/** Hex with blanks and captions, as bytes. */
function hex(captioned: string): string {
  return captioned.replace(/\/\/.*$/gm, '').replace(/\s+/g, '');
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const STBL = ['moov', 'trak', 'mdia', 'minf', 'stbl'] as const;

describe('initSegment()', () => {
  test('begins with the brands of a CMAF track', () => {
    const expected = hex(`
      00000018 66747970  // size, ftyp
      69736f36 00000000  // major iso6, minor version
      69736f36 636d6663  // compatible: iso6, cmfc
    `);
    assert.equal(hexAt(initSegment(AVC), 'ftyp'), expected);
  });

  test('has the boxes of a live track and no duration', () => {
    const bytes = initSegment(AVC);
    const types = (...path: readonly string[]) => {
      const { body, end } = placeAt(bytes, path);
      return readBoxes(bytes, body, end).map((box) => box.type);
    };
    assert.deepEqual(types(), ['ftyp', 'moov']);
    assert.deepEqual(types('moov'), ['mvhd', 'trak', 'mvex']);
    assert.deepEqual(types('moov', 'trak'), ['tkhd', 'mdia']);
    assert.deepEqual(types('moov', 'trak', 'mdia'), ['mdhd', 'hdlr', 'minf']);
    assert.deepEqual(types('moov', 'trak', 'mdia', 'minf'), ['vmhd', 'dinf', 'stbl']);
    assert.deepEqual(types(...STBL), ['stsd', 'stts', 'stsc', 'stsz', 'stco']);
    const view = new DataView(bytes.buffer);
    assert.equal(view.getUint32(placeAt(bytes, ['moov', 'mvhd']).body + 16), 0, 'mvhd duration');
    assert.equal(view.getUint32(placeAt(bytes, ['moov', 'trak', 'tkhd']).body + 20), 0);
    assert.equal(view.getUint32(placeAt(bytes, ['moov', 'trak', 'mdia', 'mdhd']).body + 16), 0);
  });

  test('writes the track header with size and unity matrix', () => {
    const expected = hex(`
      0000005c 746b6864 00000007  // size, tkhd, version 0, enabled in movie and preview
      00000000 00000000 00000001  // creation, modification, track_ID
      00000000 00000000           // reserved, duration
      00000000 00000000           // reserved
      0000 0000 0000 0000         // layer, alternate_group, volume, reserved
      00010000 00000000 00000000  // matrix
      00000000 00010000 00000000
      00000000 00000000 40000000
      05000000 02d00000           // 1280, 720
    `);
    assert.equal(hexAt(initSegment(AVC), 'moov', 'trak', 'tkhd'), expected);
  });

  test('puts the decoder configuration into the sample entry of each video codec', () => {
    for (const [codec, box] of [
      ['avc1', 'avcC'],
      ['hvc1', 'hvcC'],
      ['av01', 'av1C'],
    ] as const) {
      const bytes = initSegment({ ...AVC, codec });
      const head = `0000000e${Buffer.from(box).toString('hex')}`;
      assert.equal(hexAt(bytes, ...STBL, 'stsd', codec, box), `${head}0164001fffe1`);
    }
  });

  test('wraps an AudioSpecificConfig in the descriptors of esds', () => {
    const expected = hex(`
      00000027 65736473 00000000  // size, esds, version and flags
      03 19 0000 00               // ES descriptor, ES_ID, flags
      04 11 40 15 000000          // decoder config: MPEG-4 audio, audio stream, buffer size
      00000000 00000000           // maximum and average bit rate
      05 02 1190                  // decoder specific info: AAC-LC, 48 kHz, stereo
      06 01 02                    // SL config: MP4
    `);
    assert.equal(hexAt(initSegment(AAC), ...STBL, 'stsd', 'mp4a', 'esds'), expected);
  });

  test('states channels and rate of Opus beside its configuration', () => {
    const opus = { ...AAC, codec: 'opus', config: fromHex('0002013800') } as const;
    const entry = hexAt(initSegment(opus), ...STBL, 'stsd', 'Opus');
    const expected = hex(`
      00000031 4f707573 000000000000 0001  // size, Opus, reserved, data_reference_index
      0000000000000000 0002 0010           // reserved, channels, sample size
      00000000 bb800000                    // reserved, 48000
      0000000d 644f7073 0002013800         // dOps
    `);
    assert.equal(entry, expected);
  });

  test('leaves out a rate that the field cannot hold', () => {
    const bytes = initSegment({ ...AAC, timescale: 96_000 });
    const { body } = placeAt(bytes, [...STBL, 'stsd', 'mp4a']);
    assert.equal(new DataView(bytes.buffer).getUint32(body + 24), 0);
  });
});

const sample = (changes: Partial<ChunkSample> = {}): ChunkSample => ({
  duration: 3000,
  compositionOffset: 0,
  keyframe: false,
  data: fromHex('aabb'),
  ...changes,
});

describe('chunk()', () => {
  test('says once what its samples have in common', () => {
    const bytes = chunk({
      sequence: 7,
      baseDecodeTime: 2 ** 32 + 5,
      samples: [sample({ keyframe: true }), sample(), sample()],
    });
    const expected = hex(`
      00000068 6d6f6f66                    // size, moof
      00000010 6d666864 00000000 00000007  // mfhd, sequence_number
      00000050 74726166                    // traf
      0000001c 74666864 00020038           // tfhd, default-base-is-moof, duration, size, flags
      00000001 00000bb8 00000002 01010000  // track_ID, 3000, 2 bytes, depends on others
      00000014 74666474 01000000           // tfdt, version 1
      00000001 00000005                    // 2^32 + 5
      00000018 7472756e 01000005           // trun, version 1, data offset, first sample flags
      00000003 00000070 02000000           // 3 samples, after moof and mdat header, sync sample
      0000000e 6d646174 aabbaabbaabb       // mdat
    `);
    assert.equal(toHex(bytes), expected);
  });

  test('says for each sample what differs', () => {
    const bytes = chunk({
      sequence: 1,
      baseDecodeTime: 0,
      samples: [
        sample({ duration: 2970, compositionOffset: 6000 }),
        sample({ keyframe: true, compositionOffset: -3000, data: fromHex('cc') }),
        sample({ duration: 3060 }),
      ],
    });
    const expected = hex(`
      00000044 7472756e 01000f01           // trun: duration, size, flags, composition offset
      00000003 00000094                    // sample_count, data_offset
      00000b9a 00000002 01010000 00001770  // 2970, 2 bytes, not sync, 6000
      00000bb8 00000001 02000000 fffff448  // 3000, 1 byte, sync, -3000
      00000bf4 00000002 01010000 00000000  // 3060, 2 bytes, not sync, 0
    `);
    assert.equal(hexAt(bytes, 'moof', 'traf', 'trun'), expected);
  });

  test('fills a buffer of its own to the last byte', () => {
    const bytes = chunk({ sequence: 1, baseDecodeTime: 0, samples: [sample()] });
    assert.equal(bytes.byteOffset, 0);
    assert.equal(bytes.byteLength, bytes.buffer.byteLength);
    assert.equal(readBoxes(bytes).at(-1)?.end, bytes.length);
  });

  test('writes what parseChunks() reads, whatever the samples are', () => {
    const samples = fc.array(
      fc.record({
        duration: fc.integer({ min: 0, max: 2 ** 31 }),
        compositionOffset: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        keyframe: fc.boolean(),
        data: fc.uint8Array({ maxLength: 40 }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    const times = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
    fc.assert(
      fc.property(samples, times, fc.nat(), (written, baseDecodeTime, sequence) => {
        const bytes = chunk({ sequence, baseDecodeTime, samples: written });
        const read = parseChunks(Buffer.concat([bytes, bytes]));
        assert.equal(read.length, 2);
        for (const one of read) {
          assert.equal(one.sequence, sequence);
          assert.equal(one.trackId, 1);
          assert.equal(one.baseDecodeTime, baseDecodeTime);
          const plain = one.samples.map((entry) => ({ ...entry, data: [...entry.data] }));
          assert.deepEqual(
            plain,
            written.map((entry) => ({ ...entry, data: [...entry.data] })),
          );
        }
      }),
    );
  });
});

describe('readBoxes()', () => {
  test('reads sizes of 64 bits and of the rest', () => {
    const bytes = fromHex(
      hex(`
        00000001 66726565 0000000000000012 abcd  // free, 18 bytes by its 64-bit size
        00000000 6d646174 ee                     // mdat to the end
      `),
    );
    assert.deepEqual(readBoxes(bytes), [
      { type: 'free', start: 0, body: 16, end: 18 },
      { type: 'mdat', start: 18, body: 26, end: 27 },
    ]);
  });

  const broken = [
    { what: 'a box longer than what holds it', bytes: '00000009 66726565' },
    { what: 'a box shorter than its header', bytes: '00000007 66726565' },
    { what: 'a header cut off', bytes: '000000' },
    { what: 'a 64-bit size cut off', bytes: '00000001 66726565 00000000' },
    { what: 'a 64-bit size beyond any file', bytes: '00000001 66726565 ffffffffffffffff' },
  ];
  for (const { what, bytes } of broken) {
    test(`readBoxes() refuses ${what}`, () => {
      assert.throws(() => readBoxes(fromHex(hex(bytes))), isViolation('mp4_box_malformed'));
    });
  }

  test('refuses more boxes than MAX_BOXES', () => {
    const bytes = fromHex('0000000866726565'.repeat(MAX_BOXES + 1));
    assert.throws(() => readBoxes(bytes), isViolation('mp4_too_many_boxes'));
  });
});

describe('parseChunks()', () => {
  test('ends every mutilated chunk as a violation or a chunk', () => {
    const whole = chunk({
      sequence: 1,
      baseDecodeTime: 90_000,
      samples: [sample({ keyframe: true }), sample({ duration: 1 })],
    });
    const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(edits, fc.nat(whole.length), (changes, length) => {
        const bytes = whole.slice(0, length);
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        try {
          parseChunks(bytes);
        } catch (error) {
          assert.ok(error instanceof Violation, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('refuses samples outside their mdat', () => {
    const bytes = chunk({ sequence: 1, baseDecodeTime: 0, samples: [sample()] });
    const { end } = placeAt(bytes, ['moof', 'traf', 'trun']);
    new DataView(bytes.buffer).setUint32(end - 4, 9_999); // data_offset
    assert.throws(() => parseChunks(bytes), isViolation('mp4_chunk_malformed'));
  });
});

function isViolation(code: string) {
  return (error: unknown) => error instanceof Violation && error.code === code;
}
