import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { silentLog } from '../../base/index.ts';
import { jpegOf } from './jpeg.test-support.ts';
import {
  type MakeSheet,
  SHEET_COLUMNS,
  SHEET_ROWS,
  ThumbnailShelf,
  type ThumbnailShelfSettings,
} from './thumbnail-shelf.ts';
import { ThumbnailShelves } from './thumbnail-shelves.ts';

const WIDTH = 160;
const HEIGHT = 90;
const TILE_BYTES = 100;
const SHEET_BYTES = 1_000;
const PER_SHEET = SHEET_COLUMNS * SHEET_ROWS;
const ZERO_MS = Date.UTC(2026, 10, 21, 7);

const tile = (width = WIDTH) => jpegOf(width, HEIGHT, TILE_BYTES);
const SHEET = jpegOf(SHEET_COLUMNS * WIDTH, SHEET_ROWS * HEIGHT, SHEET_BYTES);
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A shelf of a tile every 5 s whose sheets are made when `finish` says so. */
function scene(changes: Partial<ThumbnailShelfSettings> = {}) {
  const asked: { tiles: number; finish: (sheet: Uint8Array | Error) => void }[] = [];
  const makeSheet: MakeSheet = (tiles) =>
    new Promise((resolve, reject) => {
      const finish = (sheet: Uint8Array | Error) =>
        sheet instanceof Error ? reject(sheet) : resolve(sheet);
      asked.push({ tiles: tiles.length, finish });
    });
  const shelf = new ThumbnailShelf({
    intervalS: 5,
    historyS: 1_800,
    zeroEpochMs: () => ZERO_MS,
    makeSheet,
    ...changes,
  });
  let count = 0;
  const tiles = (more: number, width = WIDTH): void => {
    for (let index = 0; index < more; index += 1) {
      shelf.tileArrived(tile(width), count * 5);
      count += 1;
    }
  };
  const made = async (sheet: Uint8Array | Error = SHEET): Promise<void> => {
    asked.shift()?.finish(sheet);
    await settled();
  };
  return { shelf, asked, tiles, made };
}

function textOf(shelf: ThumbnailShelf): string {
  const found = shelf.find('thumbnails.vtt');
  assert.ok(found !== undefined && found !== 'expired');
  return Buffer.from(found.bytes).toString();
}

/** The addresses that the cues name, in order. */
function addresses(shelf: ThumbnailShelf): string[] {
  return [...textOf(shelf).matchAll(/^thumbnails\/.*$/gm)].map(([address]) => address);
}

test('tileArrived() lets the cues grow, the last one for one interval', () => {
  const { shelf } = scene();
  assert.equal(shelf.find('thumbnails.vtt'), undefined);
  shelf.tileArrived(tile(), 10);
  shelf.tileArrived(tile(), 25);
  assert.equal(
    textOf(shelf),
    `WEBVTT

NOTE PROGRAM-DATE-TIME of 00:00:00.000: 2026-11-21T07:00:00.000Z

00:00:10.000 --> 00:00:25.000
thumbnails/t0.jpg#xywh=0,0,160,90

00:00:25.000 --> 00:00:30.000
thumbnails/t1.jpg#xywh=0,0,160,90
`,
  );
  assert.equal(shelf.find('thumbnails.vtt'), shelf.find('thumbnails.vtt'));
});

test('tileArrived() passes over a moment that it has, and refuses what is no image', () => {
  const { shelf } = scene();
  for (const timeS of [5, 5, 0, 7.4]) shelf.tileArrived(tile(), timeS);
  assert.deepEqual(addresses(shelf), ['thumbnails/t0.jpg#xywh=0,0,160,90']);
  assert.throws(() => shelf.tileArrived(Uint8Array.of(1), 60), { code: 'jpeg_without_start' });
  assert.equal(addresses(shelf).length, 1);
});

test('tileArrived() merges tiles once a sheet is full, and keeps them until the next sheet', async () => {
  const { shelf, asked, tiles, made } = scene();
  tiles(PER_SHEET + 1);
  assert.deepEqual(
    asked.map(({ tiles: count }) => count),
    [PER_SHEET],
  );
  assert.equal(addresses(shelf)[0], 'thumbnails/t0.jpg#xywh=0,0,160,90');
  await made();
  assert.equal(addresses(shelf)[0], 'thumbnails/s0.jpg#xywh=0,0,160,90');
  assert.equal(addresses(shelf)[7], 'thumbnails/s0.jpg#xywh=320,90,160,90');
  assert.equal(addresses(shelf)[24], 'thumbnails/s0.jpg#xywh=640,360,160,90');
  assert.equal(addresses(shelf)[25], 'thumbnails/t25.jpg#xywh=0,0,160,90');
  assert.notEqual(shelf.find('thumbnails/t0.jpg'), 'expired');
  tiles(PER_SHEET);
  await made();
  assert.equal(shelf.find('thumbnails/t0.jpg'), 'expired');
  assert.notEqual(shelf.find('thumbnails/t25.jpg'), 'expired');
  assert.equal(shelf.sizeBytes, 2 * SHEET_BYTES + (PER_SHEET + 1) * TILE_BYTES);
});

test('tileArrived() makes one sheet at a time', async () => {
  const { shelf, asked, tiles, made } = scene();
  tiles(2 * PER_SHEET);
  assert.equal(asked.length, 1);
  await made();
  assert.equal(asked.length, 1);
  await made();
  assert.equal(addresses(shelf).at(-1), 'thumbnails/s1.jpg#xywh=640,360,160,90');
});

for (const [what, sheet] of [
  ['fails', new Error('killed')],
  ['has another size', jpegOf(800, 449, SHEET_BYTES)],
  ['is no image', Uint8Array.of(0)],
] as const) {
  test(`tileArrived() stays with single tiles when a sheet ${what}`, async () => {
    const warnings: string[] = [];
    const log = {
      ...silentLog,
      warn: (_fields: object, message: string) => warnings.push(message),
    };
    const { shelf, tiles, made, asked } = scene({ log });
    tiles(PER_SHEET);
    await made(sheet);
    assert.deepEqual(warnings, ['thumbnail sheet not made']);
    assert.equal(addresses(shelf)[24], 'thumbnails/t24.jpg#xywh=0,0,160,90');
    assert.equal(asked.length, 0);
    tiles(PER_SHEET);
    await made();
    assert.equal(addresses(shelf)[25], 'thumbnails/s0.jpg#xywh=0,0,160,90');
  });
}

test('tileArrived() merges tiles of one size only', async () => {
  const { shelf, asked, tiles, made } = scene();
  tiles(3, 120);
  tiles(PER_SHEET);
  assert.equal(asked.length, 1);
  await made();
  assert.equal(addresses(shelf)[2], 'thumbnails/t2.jpg#xywh=0,0,120,90');
  assert.equal(addresses(shelf)[3], 'thumbnails/s0.jpg#xywh=0,0,160,90');
});

test('tileArrived() lets tiles leave after the history, and a sheet with its last tile', async () => {
  const { shelf, tiles, made } = scene({ historyS: PER_SHEET * 5 });
  tiles(PER_SHEET);
  await made();
  tiles(PER_SHEET);
  assert.equal(addresses(shelf)[0], 'thumbnails/s0.jpg#xywh=640,360,160,90');
  assert.equal(addresses(shelf).length, PER_SHEET + 1);
  tiles(1);
  assert.equal(addresses(shelf).length, PER_SHEET + 1);
  assert.equal(shelf.find('thumbnails/s0.jpg'), 'expired');
  assert.equal(shelf.find('thumbnails/t0.jpg'), 'expired');
  assert.equal(shelf.find('thumbnails/t51.jpg'), undefined);
});

test('tileArrived() forgets a sheet whose tiles all left while it was made', async () => {
  const { shelf, tiles, made } = scene({ historyS: 10 });
  tiles(2 * PER_SHEET);
  await made();
  assert.equal(shelf.find('thumbnails/s0.jpg'), undefined);
  assert.equal(addresses(shelf).length, 3);
});

test('find() gives the newest poster, and nothing for other names', () => {
  const { shelf } = scene();
  assert.equal(shelf.find('poster.jpg'), undefined);
  assert.equal(shelf.hasPoster, false);
  shelf.posterArrived(tile());
  const poster = jpegOf(640, 360, SHEET_BYTES);
  shelf.posterArrived(poster);
  assert.deepEqual(shelf.find('poster.jpg'), { kind: 'poster', bytes: poster });
  assert.equal(shelf.sizeBytes, SHEET_BYTES);
  for (const name of ['', 'thumbnails/', 'thumbnails/t0.png', 'thumbnails/t00.jpg', 't0.jpg']) {
    assert.equal(shelf.find(name), undefined);
  }
});

test('find() has every image that the cues name, within the bytes it may hold', async () => {
  const mostBytes = 5_000;
  const step = fc.record({
    count: fc.integer({ min: 1, max: 30 }),
    width: fc.constantFrom(WIDTH, WIDTH, WIDTH, 120),
    sheet: fc.constantFrom(SHEET, new Error('killed'), undefined),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { shelf, tiles, made } = scene({ mostBytes });
      for (const { count, width, sheet } of steps) {
        tiles(count, width);
        if (sheet !== undefined) await made(sheet);
        assert.ok(shelf.sizeBytes <= mostBytes);
        for (const address of addresses(shelf)) {
          const found = shelf.find(address.split('#')[0] ?? '');
          assert.ok(found !== undefined && found !== 'expired', address);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test('open() keeps one shelf for each broadcast; the latest speaks for its stream', () => {
  const shelves = new ThumbnailShelves({
    intervalS: 5,
    historyS: 60,
    makeSheet: () => Promise.reject(new Error('none')),
    log: silentLog,
  });
  const first = shelves.open('one', 'b1', () => undefined);
  assert.equal(
    shelves.open('one', 'b1', () => 0),
    first,
  );
  first.posterArrived(tile());
  assert.deepEqual(shelves.find('one', undefined, 'poster.jpg'), first.find('poster.jpg'));
  const second = shelves.open('one', 'b2', () => undefined);
  assert.equal(shelves.find('one', undefined, 'poster.jpg'), undefined);
  assert.deepEqual(shelves.find('one', 'b1', 'poster.jpg'), first.find('poster.jpg'));
  assert.deepEqual([shelves.hasPoster('one', 'b1'), shelves.hasPoster('one', 'b2')], [true, false]);
  second.tileArrived(tile(), 0);
  assert.equal(shelves.sizeBytes, 2 * TILE_BYTES);
  shelves.forget('one', 'b2');
  assert.deepEqual(shelves.find('one', undefined, 'poster.jpg'), first.find('poster.jpg'));
  shelves.forget('one', 'b1');
  shelves.forget('two', 'b1');
  assert.equal(shelves.find('one', 'b1', 'poster.jpg'), undefined);
  assert.equal(shelves.sizeBytes, 0);
});
