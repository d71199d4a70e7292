import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Violation } from '../../base/index.ts';
import { box, bytesOf, zeros } from './box.ts';
import { initSegment, readInitSegment } from './index.ts';
import {
  AAC,
  AV1,
  AVC,
  audioTrak,
  editList,
  HEVC,
  isViolation,
  movie,
  mp4aEntry,
  OPUS,
  renamed,
  twoByteAvcEntry,
  videoTrak,
} from './reader.test-support.ts';
import { sampleEntry } from './sample-entry.ts';

describe('readInitSegment()', () => {
  for (const track of [AVC, HEVC, AV1, AAC, OPUS]) {
    test(`reads what initSegment() writes of ${track.codecString}`, () => {
      const read = readInitSegment(initSegment(track));
      assert.deepEqual(read, [{ trackId: 1, track, editOffset: 0 }]);
    });
  }

  test('reads every track with the timescale of its mdhd, in both versions', () => {
    const bytes = movie(
      videoTrak(7, { timescale: 12_800, version: 1 }),
      audioTrak(9, { timescale: 48_000 }),
    );
    assert.deepEqual(readInitSegment(bytes), [
      { trackId: 7, track: { ...AVC, timescale: 12_800 }, editOffset: 0 },
      { trackId: 9, track: AAC, editOffset: 0 },
    ]);
  });

  test('counts audio frames in the timescale of the file', () => {
    const [read] = readInitSegment(movie(audioTrak(1, { timescale: 96_000 })));
    assert.deepEqual(read?.track, { ...AAC, timescale: 96_000, frameTicks: 2048 });
  });

  test('takes the names whose parameter sets may be in the samples for the plain ones', () => {
    const bytes = movie(
      videoTrak(1, { entry: renamed(sampleEntry(AVC), 'avc3') }),
      videoTrak(2, { entry: renamed(sampleEntry(HEVC), 'hev1') }),
    );
    const tracks = readInitSegment(bytes).map(({ track }) => track);
    assert.deepEqual(tracks, [AVC, HEVC]);
  });

  test('states the 4-byte NAL lengths that samples get', () => {
    const [read] = readInitSegment(movie(videoTrak(1, { entry: twoByteAvcEntry() })));
    assert.deepEqual(read?.track.config, AVC.config);
  });

  test('leaves out tracks of other kinds and codecs', () => {
    const bytes = movie(
      videoTrak(1, { entry: box('vp09', zeros(78)) }),
      videoTrak(2, { handler: 'text', entry: box('tx3g', zeros(20)) }),
      audioTrak(3, { entry: mp4aEntry(0x6b) }),
      audioTrak(4),
    );
    const ids = readInitSegment(bytes).map(({ trackId }) => trackId);
    assert.deepEqual(ids, [4]);
  });

  const edits = [
    { what: 'media_time of the first edit', list: editList(0, [[0, 1024]]), offset: 1024 },
    {
      what: 'a 64-bit media_time',
      list: editList(1, [
        [0, 2 ** 40],
        [0, 5],
      ]),
      offset: 2 ** 40,
    },
    {
      what: 'empty edits of the movie timescale',
      list: editList(0, [
        [250, -1],
        [250, -1],
        [0, 1000],
      ]),
      offset: 1000 - 45_000,
    },
    { what: 'an empty edit alone', list: editList(1, [[20, -1]]), offset: -1800 },
    { what: 'no edit', list: editList(0, []), offset: 0 },
  ];
  for (const { what, list, offset } of edits) {
    test(`makes an offset of ${what}`, () => {
      const [read] = readInitSegment(movie(videoTrak(1, { edits: list })));
      assert.equal(read?.editOffset, offset);
    });
  }

  const refused = [
    { what: 'no moov', bytes: bytesOf(box('ftyp', zeros(8))), code: 'mp4_box_missing' },
    {
      what: 'two tracks of one id',
      bytes: movie(videoTrak(1), audioTrak(1)),
      code: 'mp4_init_malformed',
    },
    {
      what: 'a timescale of 0',
      bytes: movie(videoTrak(1, { timescale: 0 })),
      code: 'mp4_init_malformed',
    },
    {
      what: 'an edit that is out of range',
      bytes: movie(videoTrak(1, { edits: editList(1, [[0, 2 ** 60]]) })),
      code: 'mp4_init_malformed',
    },
    {
      what: 'a sample entry without configuration',
      bytes: movie(videoTrak(1, { entry: box('avc1', zeros(78)) })),
      code: 'mp4_box_missing',
    },
    {
      what: 'a sample entry cut off',
      bytes: movie(videoTrak(1, { entry: box('avc1', zeros(70)) })),
      code: 'mp4_box_missing',
    },
    {
      what: 'an AAC entry without AudioSpecificConfig',
      bytes: movie(audioTrak(1, { entry: mp4aEntry(0x40) })),
      code: 'mp4_box_malformed',
    },
  ];
  for (const { what, bytes, code } of refused) {
    test(`refuses ${what}`, () => {
      assert.throws(() => readInitSegment(bytes), isViolation(code));
    });
  }

  test('ends every mutilated init segment as a violation or as tracks', () => {
    const whole = movie(
      videoTrak(1, { edits: editList(0, [[20, -1]]) }),
      videoTrak(2, { entry: sampleEntry(HEVC) }),
      videoTrak(3, { entry: sampleEntry(AV1) }),
      audioTrak(4),
      audioTrak(5, { entry: sampleEntry(OPUS) }),
    );
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(changes, fc.integer({ min: whole.length - 40, max: whole.length }), (set, to) => {
        const bytes = whole.slice(0, to);
        for (const [at, value] of set) if (at < to) bytes[at] = value;
        try {
          readInitSegment(bytes);
        } catch (error) {
          assert.ok(error instanceof Violation, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
