// Sheets as the real FFmpeg makes them, and what becomes of it when it does not.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MjpegSplitter, readJpegSize } from '../../format/jpeg/index.ts';
import { SheetMaker } from './sheet-maker.ts';
import { SHEET_COLUMNS, SHEET_ROWS } from './thumbnail-shelf.ts';

const FFMPEG = process.env.FFMPEG_PATH ?? 'ffmpeg';
const missing = spawnSync(FFMPEG, ['-version']).error !== undefined;
if (missing && process.env.CI === 'true') throw new Error('ffmpeg is missing');
const options = { skip: missing ? 'ffmpeg is missing' : false, timeout: 60_000 };

const PER_SHEET = SHEET_COLUMNS * SHEET_ROWS;
const WIDTH = 160;
const HEIGHT = 90;
/** Luma from one tile to the next. */
const STEP = 8;

/** Tiles that get brighter one by one. */
function greyTiles(): Uint8Array[] {
  const source = `color=black:size=${WIDTH}x${HEIGHT}:rate=1,geq=lum=20+N*${STEP}:cb=128:cr=128`;
  const pipe = execFileSync(FFMPEG, [
    ...['-loglevel', 'error', '-f', 'lavfi', '-i', source, '-frames:v', `${PER_SHEET}`],
    ...['-q:v', '2', '-f', 'mjpeg', 'pipe:1'],
  ]);
  return new MjpegSplitter(64 * 1024).push(pipe);
}

/** The luma of each pixel of an image, row by row. */
function lumaOf(jpeg: Uint8Array): Uint8Array {
  const decode = ['-loglevel', 'error', '-f', 'mjpeg', '-i', 'pipe:0', '-f', 'rawvideo'];
  return execFileSync(FFMPEG, [...decode, '-pix_fmt', 'gray', 'pipe:1'], { input: jpeg });
}

async function program(context: TestContext, script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sheet-'));
  context.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'program');
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

test('make() puts tiles into one image row by row', options, async () => {
  const tiles = greyTiles();
  assert.equal(tiles.length, PER_SHEET);
  const maker = new SheetMaker(FFMPEG);
  const sheets = await Promise.all([maker.make(tiles), maker.make(tiles)]);
  for (const sheet of sheets) {
    const width = SHEET_COLUMNS * WIDTH;
    assert.deepEqual(readJpegSize(sheet), { width, height: SHEET_ROWS * HEIGHT });
    const luma = lumaOf(sheet);
    for (const [index, tile] of tiles.entries()) {
      const x = (index % SHEET_COLUMNS) * WIDTH + WIDTH / 2;
      const y = Math.floor(index / SHEET_COLUMNS) * HEIGHT + HEIGHT / 2;
      const wanted = lumaOf(tile)[(HEIGHT / 2) * WIDTH + WIDTH / 2] ?? 0;
      const got = luma[y * width + x] ?? 0;
      assert.ok(Math.abs(got - wanted) < STEP / 2, `tile ${index} has ${got}, not ${wanted}`);
    }
  }
});

test('make() rejects when FFmpeg is missing or takes its input for nothing', options, async () => {
  await assert.rejects(new SheetMaker('/nowhere/ffmpeg').make([]), { code: 'ENOENT' });
  const maker = new SheetMaker(FFMPEG);
  await assert.rejects(maker.make([Uint8Array.of(1, 2, 3)]));
  assert.ok((await maker.make(greyTiles())).length > 0);
});

test('make() kills a program that hangs, or that writes without end', async (context) => {
  const hanging = new SheetMaker(await program(context, 'exec sleep 60'), 200);
  await assert.rejects(hanging.make([Uint8Array.of(1)]), { signal: 'SIGKILL' });
  const endless = new SheetMaker(await program(context, 'exec cat /dev/zero'));
  await assert.rejects(endless.make([]), { code: 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER' });
});

test('close() gives up what is being made and what waits', async (context) => {
  const maker = new SheetMaker(await program(context, 'exec sleep 60'));
  const sheets = [maker.make([]), maker.make([])];
  maker.close();
  for (const sheet of sheets) await assert.rejects(sheet, { name: 'AbortError' });
});

test('make() lets FFmpeg know where devices are, and no secrets', async (context) => {
  const tell = 'cat > /dev/null; printf "%s" "$LIBVA_OF_A_TEST,$SECRET_OF_A_TEST"';
  const path = await program(context, tell);
  process.env.LIBVA_OF_A_TEST = 'device';
  process.env.SECRET_OF_A_TEST = 'secret';
  context.after(() => {
    delete process.env.LIBVA_OF_A_TEST;
    delete process.env.SECRET_OF_A_TEST;
  });
  const sheet = await new SheetMaker(path).make([]);
  assert.equal(Buffer.from(sheet).toString(), 'device,');
});
