import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jpegOf } from './jpeg.test-support.ts';
import { MAX_POSTER_BYTES, MAX_TILE_BYTES, StillIntake } from './still-intake.ts';
import { ThumbnailShelf } from './thumbnail-shelf.ts';

function scene() {
  const shelf = new ThumbnailShelf({
    intervalS: 5,
    historyS: 60,
    zeroEpochMs: () => undefined,
    makeSheet: () => Promise.reject(new Error('none')),
  });
  const cues = (): string => {
    const found = shelf.find('thumbnails.vtt');
    return found === undefined || found === 'expired' ? '' : Buffer.from(found.bytes).toString();
  };
  return { shelf, cues };
}

const TILE = jpegOf(160, 90, 100);

test('tileBytes() puts the images of a pipe on the grid, over encoder restarts', () => {
  const { shelf, cues } = scene();
  let firstS: number | undefined;
  const first = new StillIntake(shelf, () => firstS ?? Number.NaN);
  firstS = 1.5;
  const pipe = Buffer.concat([TILE, TILE, TILE.subarray(0, 30)]);
  for (let at = 0; at < pipe.length; at += 64) first.tileBytes(pipe.subarray(at, at + 64));
  const second = new StillIntake(shelf, () => 21);
  second.tileBytes(Buffer.concat([TILE, TILE]));
  first.tileBytes(TILE.subarray(30));
  assert.deepEqual(
    [...cues().matchAll(/^(\S+) -->/gm)].map(([, start]) => start),
    ['00:00:01.500', '00:00:05.000', '00:00:21.000', '00:00:25.000'],
  );
  assert.match(cues(), /^WEBVTT\n\n00:00:01/);
});

test('posterBytes() keeps the last whole image', () => {
  const { shelf } = scene();
  const intake = new StillIntake(shelf, () => 0);
  const poster = jpegOf(640, 360, 300);
  intake.posterBytes(Buffer.concat([TILE, poster, TILE.subarray(0, 50)]));
  assert.deepEqual(shelf.find('poster.jpg'), { kind: 'poster', bytes: poster });
  intake.posterBytes(TILE.subarray(50));
  assert.deepEqual(shelf.find('poster.jpg'), { kind: 'poster', bytes: TILE });
});

test('tileBytes() and posterBytes() refuse images that are too large', () => {
  const { shelf } = scene();
  const intake = (): StillIntake => new StillIntake(shelf, () => 0);
  const tooLarge = { code: 'jpeg_too_large' };
  assert.throws(() => intake().tileBytes(jpegOf(160, 90, MAX_TILE_BYTES + 1)), tooLarge);
  assert.throws(() => intake().posterBytes(jpegOf(640, 360, MAX_POSTER_BYTES + 1)), tooLarge);
  intake().tileBytes(jpegOf(160, 90, MAX_TILE_BYTES));
});
