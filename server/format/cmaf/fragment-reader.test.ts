import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ascii, box, bytesOf, type Field, fullBox, raw, u32, u64, zeros } from './box.ts';
import {
  type ChunkSample,
  chunk,
  type FragmentEvent,
  FragmentReader,
  type FragmentSample,
  initSegment,
  MAX_CHUNK_SAMPLES,
  MAX_INDEX_BYTES,
} from './index.ts';
import {
  AAC,
  AV1,
  AVC,
  audioTrak,
  fromHex,
  isViolation,
  moof,
  movie,
  readCut,
  twoByteAvcEntry,
  videoTrak,
} from './reader.test-support.ts';
import { sampleEntry } from './sample-entry.ts';

const NON_SYNC = 0x0101_0000;

function samplesIn(events: readonly FragmentEvent[], trackId = 1): FragmentSample[] {
  return events.flatMap((event) =>
    event.type === 'samples' && event.trackId === trackId ? event.samples : [],
  );
}

function hexOf(samples: readonly FragmentSample[]): string[] {
  return samples.map(({ data }) => Buffer.from(data).toString('hex'));
}

const anySample: fc.Arbitrary<ChunkSample> = fc.record({
  duration: fc.integer({ min: 0, max: 2 ** 31 }),
  compositionOffset: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  keyframe: fc.boolean(),
  data: fc.uint8Array({ minLength: 1, maxLength: 40 }),
});
const anyChunk = fc.record({
  sequence: fc.nat(),
  baseDecodeTime: fc.oneof(fc.nat(), fc.integer({ min: 2 ** 32, max: 2 ** 52 })),
  samples: fc.array(anySample, { minLength: 1, maxLength: 12 }),
});
const anyCut = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });

describe('FragmentReader.push()', () => {
  test('reads what initSegment() and chunk() write, in any cut', () => {
    fc.assert(
      fc.property(fc.array(anyChunk, { maxLength: 4 }), anyCut, (chunks, sizes) => {
        const bytes = Buffer.concat([initSegment(AVC), ...chunks.map(chunk)]);
        const expected: FragmentEvent[] = chunks.map(({ baseDecodeTime, samples }) => {
          let dts = baseDecodeTime;
          const read = samples.map(({ compositionOffset, ...same }) => {
            const times = { dts, pts: dts + compositionOffset };
            dts += same.duration;
            return { ...times, ...same };
          });
          return { type: 'samples', trackId: 1, samples: read };
        });
        const tracks = [{ trackId: 1, track: AVC, editOffset: 0 }];
        const whole = readCut(bytes, [bytes.length]);
        assert.deepEqual(whole, [{ type: 'tracks', tracks }, ...expected]);
        assert.deepEqual(readCut(bytes, sizes), whole);
      }),
    );
  });

  test('gives the samples with the last byte of their mdat and not before', () => {
    const reader = new FragmentReader();
    const samples = [{ duration: 1024, compositionOffset: 0, keyframe: true, data: fromHex('ab') }];
    const bytes = chunk({ sequence: 1, baseDecodeTime: 0, samples });
    reader.push(initSegment(AAC));
    assert.deepEqual(reader.push(bytes.subarray(0, -1)), []);
    assert.deepEqual(hexOf(samplesIn(reader.push(bytes.subarray(-1)))), ['ab']);
  });

  test('reads a moof of two tracks by trex defaults, first_sample_flags and trun version 0', () => {
    const header = movie(
      videoTrak(1, { trex: [3000, 0, NON_SYNC] }),
      audioTrak(2, { trex: [1024, 2, 0x0200_0000] }),
    );
    const fragment = moof(
      {
        trackId: 1,
        tfdt: [0, 0xffff_fff0],
        runs: [
          // data offset, first sample flags, sizes, composition offsets
          [0, 0x0a05, 2, u32(176), u32(0x0200_0000), u32(3), u32(6000), u32(1), u32(0)],
        ],
      },
      { trackId: 2, tfdt: [1, 2 ** 33], runs: [[0, 0x0001, 2, u32(180)]] },
    );
    assert.equal(fragment.size, 168, 'the data offsets count on it');
    const events = readCut(
      bytesOf(raw(header), fragment, box('mdat', raw(fromHex('a1a2a3 b1 c1c2 d1d2')))),
      [17],
    );
    assert.deepEqual(events.slice(1), [
      {
        type: 'samples',
        trackId: 1,
        samples: [
          {
            ...{ dts: 0xffff_fff0, pts: 0xffff_fff0 + 6000, duration: 3000, keyframe: true },
            data: fromHex('a1a2a3'),
          },
          {
            ...{ dts: 0xffff_fff0 + 3000, pts: 0xffff_fff0 + 3000, duration: 3000 },
            ...{ keyframe: false, data: fromHex('b1') },
          },
        ],
      },
      {
        type: 'samples',
        trackId: 2,
        samples: [
          {
            ...{ dts: 2 ** 33, pts: 2 ** 33, duration: 1024, keyframe: true },
            data: fromHex('c1c2'),
          },
          {
            ...{ dts: 2 ** 33 + 1024, pts: 2 ** 33 + 1024, duration: 1024, keyframe: true },
            data: fromHex('d1d2'),
          },
        ],
      },
    ]);
  });

  test('counts a base data offset from the first byte of the file', () => {
    const header = movie(videoTrak(1));
    const of = (base: number) =>
      moof({ trackId: 1, tfhd: [0x1, u64(base)], runs: [[0, 0x0201, 1, u32(8), u32(2)]] });
    const mdat = box('mdat', raw(fromHex('aabb')));
    const bytes = bytesOf(raw(header), of(header.length + of(0).size), mdat);
    assert.deepEqual(hexOf(samplesIn(readCut(bytes, [5]))), ['aabb']);
  });

  test('puts runs and tracks without an offset behind the bytes before them', () => {
    const header = movie(videoTrak(1), videoTrak(2));
    const of = (offset: number) =>
      moof(
        {
          trackId: 1,
          tfhd: [0],
          runs: [
            [0, 0x0201, 1, u32(offset), u32(1)],
            [0, 0x0200, 2, u32(1), u32(2)],
          ],
        },
        { trackId: 2, tfhd: [0], runs: [[0, 0x0200, 1, u32(3)]] },
      );
    const mdat = box('mdat', raw(fromHex('a1 b1 c1c2 d1d2d3')));
    const events = readCut(bytesOf(raw(header), of(of(0).size + 8), mdat), [3]);
    assert.deepEqual(hexOf(samplesIn(events, 1)), ['a1', 'b1', 'c1c2']);
    assert.deepEqual(hexOf(samplesIn(events, 2)), ['d1d2d3']);
  });

  test('reads boxes with 64-bit sizes', () => {
    const large = (type: string, body: Field): Field =>
      raw(bytesOf(u32(1), ascii(type), u64(16 + body.size), body));
    const inside = raw(
      bytesOf(moof({ trackId: 1, runs: [[0, 0x0201, 1, u32(112), u32(2)]] })).subarray(8),
    );
    const fragment = large('moof', inside);
    assert.equal(fragment.size, 96, 'the data offset counts on it');
    const mdat = large('mdat', raw(fromHex('aabb')));
    const bytes = bytesOf(raw(movie(videoTrak(1))), fragment, mdat);
    for (const size of [1, 9, bytes.length]) {
      assert.deepEqual(hexOf(samplesIn(readCut(bytes, [size]))), ['aabb']);
    }
  });

  test('passes over boxes it does not know, before, between and behind', () => {
    const samples = [{ duration: 1, compositionOffset: 0, keyframe: true, data: fromHex('cc') }];
    const one = raw(chunk({ sequence: 1, baseDecodeTime: 0, samples }));
    const others = ['styp', 'sidx', 'emsg', 'prft', 'free'].map((type) => box(type, zeros(9)));
    const end = box('mfra', zeros(100));
    const bytes = bytesOf(box('free'), raw(initSegment(AVC)), ...others, one, ...others, one, end);
    assert.deepEqual(hexOf(samplesIn(readCut(bytes, [7]))), ['cc', 'cc']);
  });

  test('leaves out samples of no byte and tracks that are not read', () => {
    const header = movie(videoTrak(1), videoTrak(2, { entry: box('vp09', zeros(78)) }));
    const of = (offset: number) =>
      moof(
        { trackId: 2, runs: [[0, 0x0201, 1, u32(offset), u32(2)]] },
        {
          trackId: 1,
          runs: [[0, 0x0301, 2, u32(offset + 2), u32(5), u32(0), u32(6), u32(1)]],
        },
      );
    const mdat = box('mdat', raw(fromHex('aabb cc')));
    const [tracks, samples, ...rest] = readCut(
      bytesOf(raw(header), of(of(0).size + 8), mdat),
      [1000],
    );
    assert.equal(tracks?.type === 'tracks' && tracks.tracks.length, 1);
    assert.deepEqual(samples, {
      type: 'samples',
      trackId: 1,
      samples: [{ dts: 5, pts: 5, duration: 6, keyframe: true, data: fromHex('cc') }],
    });
    assert.deepEqual(rest, []);
  });

  const rewritten = [
    {
      what: 'NAL lengths of two bytes as four',
      entry: twoByteAvcEntry(),
      sent: '0002 6588 0001 06',
      read: '00000002658800000001' + '06',
    },
    {
      what: 'AV1 without its temporal delimiter',
      entry: sampleEntry(AV1),
      sent: '1200 320110',
      read: '320110',
    },
  ];
  for (const { what, entry, sent, read } of rewritten) {
    test(`gives ${what}`, () => {
      const data = fromHex(sent);
      const samples = [{ duration: 1, compositionOffset: 0, keyframe: true, data }];
      const one = chunk({ sequence: 1, baseDecodeTime: 0, samples });
      const bytes = bytesOf(raw(movie(videoTrak(1, { entry }))), raw(one));
      assert.deepEqual(hexOf(samplesIn(readCut(bytes, [11]))), [read]);
    });
  }

  test('takes another moov for the fragments behind it', () => {
    const samples = [{ duration: 1, compositionOffset: 0, keyframe: false, data: fromHex('cc') }];
    const one = chunk({ sequence: 1, baseDecodeTime: 0, samples });
    const bytes = Buffer.concat([initSegment(AVC), one, initSegment(AAC), one]);
    const events = readCut(bytes, [50]);
    const kinds = events.map(({ type }) => type);
    assert.deepEqual(kinds, ['tracks', 'samples', 'tracks', 'samples']);
    const keyframes = samplesIn(events).map(({ keyframe }) => keyframe);
    assert.deepEqual(keyframes, [false, true], 'audio can start anywhere');
  });
});

describe('FragmentReader', () => {
  const header = raw(movie(videoTrak(1)));
  const run = (offset: number, size: number) => [0, 0x0201, 1, u32(offset), u32(size)] as const;
  const one = moof({ trackId: 1, runs: [run(96, 2)] });
  const two = fromHex('aabb');
  const refused = [
    { what: 'a moof before the moov', fields: [one], code: 'mp4_chunk_malformed' },
    { what: 'an mdat without a moof', fields: [header, box('mdat')], code: 'mp4_chunk_malformed' },
    { what: 'a moof instead of an mdat', fields: [header, one, one], code: 'mp4_chunk_malformed' },
    {
      what: 'a second mdat of one moof',
      fields: [header, one, box('mdat', zeros(100)), box('mdat', raw(two))],
      code: 'mp4_chunk_malformed',
    },
    {
      what: 'a sample before its mdat',
      fields: [header, moof({ trackId: 1, runs: [run(80, 2)] }), box('mdat', zeros(100))],
      code: 'mp4_chunk_malformed',
    },
    {
      what: 'a sample behind its mdat',
      fields: [header, moof({ trackId: 1, runs: [run(96, 3)] }), box('mdat', raw(two))],
      code: 'mp4_chunk_malformed',
    },
    {
      what: 'samples that share bytes',
      fields: [
        header,
        moof({ trackId: 1, runs: [run(120, 20), run(121, 20)] }),
        box('mdat', zeros(99)),
      ],
      code: 'mp4_chunk_malformed',
    },
    {
      what: 'a track that is not in the moov',
      fields: [header, moof({ trackId: 3, runs: [] })],
      code: 'mp4_chunk_malformed',
    },
    {
      what: 'another sample description than the first',
      fields: [header, moof({ trackId: 1, tfhd: [0x2, u32(2)], runs: [] })],
      code: 'mp4_chunk_malformed',
    },
    {
      what: 'more samples than MAX_CHUNK_SAMPLES over all runs',
      fields: [
        header,
        moof({
          trackId: 1,
          runs: [
            [0, 0x200, MAX_CHUNK_SAMPLES, zeros(4 * MAX_CHUNK_SAMPLES)],
            [0, 0x200, 1, u32(0)],
          ],
        }),
      ],
      code: 'mp4_chunk_malformed',
    },
    {
      what: 'a long run of samples of no byte',
      fields: [header, moof({ trackId: 1, runs: [[0, 0, 33]] })],
      code: 'mp4_chunk_malformed',
    },
    {
      what: 'times that are no safe integers',
      fields: [
        header,
        moof({
          trackId: 1,
          tfdt: [1, Number.MAX_SAFE_INTEGER],
          runs: [[0, 0x0f01, 1, u32(112), ...[1, 1, 0, 1].map(u32)]],
        }),
        box('mdat', zeros(50)),
      ],
      code: 'mp4_chunk_malformed',
    },
    {
      what: 'a traf without tfdt',
      fields: [
        header,
        box('moof', fullBox('mfhd', {}, u32(1)), box('traf', fullBox('tfhd', {}, u32(1)))),
      ],
      code: 'mp4_box_missing',
    },
    { what: 'a box without a size', fields: [u32(0), ascii('mdat')], code: 'mp4_box_malformed' },
    {
      what: 'a box shorter than itself',
      fields: [u32(7), ascii('free')],
      code: 'mp4_box_malformed',
    },
    {
      what: 'a 64-bit box shorter than itself',
      fields: [u32(1), ascii('free'), u64(15)],
      code: 'mp4_box_malformed',
    },
    {
      what: 'a moov over MAX_INDEX_BYTES',
      fields: [u32(MAX_INDEX_BYTES + 1), ascii('moov')],
      code: 'mp4_box_too_large',
    },
    {
      what: 'a box over 16 MiB',
      fields: [u32(16 * 1024 * 1024 + 1), ascii('free')],
      code: 'mp4_box_too_large',
    },
    {
      what: 'a 64-bit size beyond any file',
      fields: [u32(1), ascii('mdat'), u32(0xffff_ffff), u32(0xffff_ffff)],
      code: 'mp4_box_too_large',
    },
  ];
  for (const { what, fields, code } of refused) {
    test(`refuses ${what}, in any cut`, () => {
      const bytes = bytesOf(...fields);
      for (const size of [bytes.length, 64, 1]) {
        assert.throws(() => readCut(bytes, [size]), isViolation(code));
      }
    });
  }

  test('refuses boxes over the limit it is given', () => {
    const reader = new FragmentReader({ maxBoxBytes: 100 });
    assert.deepEqual(reader.push(bytesOf(box('free', zeros(92)))), []);
    assert.throws(
      () => reader.push(bytesOf(box('free', zeros(93)))),
      isViolation('mp4_box_too_large'),
    );
  });

  test('is of no use after a violation', () => {
    const reader = new FragmentReader();
    assert.throws(() => reader.push(bytesOf(box('mdat'))), isViolation('mp4_chunk_malformed'));
    assert.throws(() => reader.push(initSegment(AVC)), isViolation('mp4_chunk_malformed'));
    assert.throws(() => reader.push(new Uint8Array()), isViolation('mp4_chunk_malformed'));
  });

  test('gives samples that keep nothing else alive', () => {
    const samples = [1, 2, 3].map((byte) => ({
      ...{ duration: 1, compositionOffset: 0, keyframe: true },
      data: new Uint8Array(1000).fill(byte),
    }));
    const bytes = chunk({ sequence: 1, baseDecodeTime: 0, samples });
    const events = readCut(Buffer.concat([initSegment(AVC), bytes]), [1500]);
    const sizes = samplesIn(events).map(({ data }) => data.buffer.byteLength);
    assert.deepEqual(sizes, [1000, 1000, 1000]);
  });
});
