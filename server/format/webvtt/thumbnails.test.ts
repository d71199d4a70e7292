import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ThumbnailCue, writeThumbnails } from './index.ts';

const FIRST: ThumbnailCue = {
  startS: 0,
  endS: 5,
  uri: 'thumbnails/s0.jpg',
  x: 0,
  y: 0,
  width: 160,
  height: 90,
};

test('writeThumbnails() writes the note and one block for each cue', () => {
  const far = { ...FIRST, startS: 359_999.9994, endS: 360_000.5, uri: 'thumbnails/t7.jpg', x: 320 };
  const text = writeThumbnails({ note: 'time 0 is 2026-11-21T07:00:00.000Z', cues: [FIRST, far] });
  assert.equal(
    text,
    `WEBVTT

NOTE time 0 is 2026-11-21T07:00:00.000Z

00:00:00.000 --> 00:00:05.000
thumbnails/s0.jpg#xywh=0,0,160,90

99:59:59.999 --> 100:00:00.500
thumbnails/t7.jpg#xywh=320,0,160,90
`,
  );
});

test('writeThumbnails() writes a valid file without any cue', () => {
  assert.equal(writeThumbnails({ cues: [] }), 'WEBVTT\n');
});

test('writeThumbnails() refuses what would break the file apart', () => {
  for (const uri of ['a\nb', 'a\rb', 'a-->b']) {
    assert.throws(() => writeThumbnails({ cues: [{ ...FIRST, uri }] }), /no line break/);
  }
  assert.throws(() => writeThumbnails({ note: 'a\n\nb', cues: [] }), /no line break/);
  assert.throws(() => writeThumbnails({ cues: [{ ...FIRST, endS: 0.0001 }] }), /ends after/);
});

test('writeThumbnails() writes times that read back to the millisecond', () => {
  const timing = /^(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3}) --> /m;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (startMs) => {
      const cue = { ...FIRST, startS: startMs / 1_000, endS: (startMs + 5_000) / 1_000 };
      const [, hours, minutes, seconds, ms] = timing.exec(writeThumbnails({ cues: [cue] })) ?? [];
      const s = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
      assert.equal(s * 1_000 + Number(ms), startMs);
    }),
  );
});
