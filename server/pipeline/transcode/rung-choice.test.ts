import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LADDER, parseLadder, rungsFor } from './ladder.ts';
import type { MachineMeasure } from './machine-measure.ts';
import { coresFor, type EncodeBudget, pickRungs } from './rung-choice.ts';

/** Two cores of 2026's cheap virtual servers, as they were measured. */
const TWO_CORES: MachineMeasure = {
  key: {
    method: 1,
    ffmpeg: '5.1.9-0+deb12u1',
    processor: 'AMD EPYC',
    cores: 2,
    family: 'software',
    ladder: DEFAULT_LADDER,
  },
  decode: { cpuS: 0.003, wallS: 0.0023 },
  rungs: [
    { name: '240p', width: 426, height: 240, codec: 'h264', cpuS: 0.0024, wallS: 0.0021 },
    { name: '360p', width: 640, height: 360, codec: 'h264', cpuS: 0.004, wallS: 0.0034 },
    { name: '480p', width: 854, height: 480, codec: 'h264', cpuS: 0.0063, wallS: 0.0044 },
    { name: '720p', width: 1280, height: 720, codec: 'h264', cpuS: 0.0115, wallS: 0.0082 },
    { name: '1080p', width: 1920, height: 1080, codec: 'h264', cpuS: 0.018, wallS: 0.0125 },
  ],
};
const HD = { width: 1280, height: 720, frameRate: 30 };
const FULL_HD = { width: 1920, height: 1080, frameRate: 30 };

function picked(
  source: EncodeBudget['source'],
  {
    measure = TWO_CORES,
    reencode = false,
    coresTaken = 0,
    ladder = DEFAULT_LADDER,
  }: {
    readonly measure?: MachineMeasure;
    readonly reencode?: boolean;
    readonly coresTaken?: number;
    readonly ladder?: MachineMeasure['key']['ladder'];
  } = {},
): string[] {
  const rungs = rungsFor(ladder, source, { reencode });
  return pickRungs(measure, rungs, { source, coresTaken }).map(({ name }) => name);
}

test('pickRungs() keeps what two cores hold of 720p30 and of 1080p30', () => {
  assert.deepEqual(picked(HD), ['480p', '360p', '240p']);
  assert.deepEqual(picked(FULL_HD), ['720p', '480p', '360p', '240p']);
});

test('pickRungs() leaves the costliest rung out first', () => {
  assert.deepEqual(picked(FULL_HD, { reencode: true }), ['720p', '480p', '360p', '240p']);
  assert.deepEqual(picked({ ...FULL_HD, frameRate: 60 }), ['480p', '360p', '240p']);
  assert.deepEqual(picked({ ...FULL_HD, width: 7680, height: 4320, frameRate: 60 }), []);
});

test('pickRungs() counts what other broadcasts use', () => {
  assert.deepEqual(picked(HD, { coresTaken: 0.7 }), ['480p', '360p', '240p']);
  assert.deepEqual(picked(HD, { coresTaken: 0.9 }), ['360p', '240p']);
  assert.deepEqual(picked(HD, { coresTaken: 1.2 }), []);
});

test('pickRungs() heeds that older FFmpeg takes one step after another', () => {
  const key = { ...TWO_CORES.key, cores: 64 };
  const source = { ...FULL_HD, frameRate: 60 };
  assert.deepEqual(picked(source, { measure: { ...TWO_CORES, key } }), ['480p', '360p', '240p']);
  const measure = { ...TWO_CORES, key: { ...key, ffmpeg: 'n7.1.1' } };
  assert.deepEqual(picked(source, { measure }), ['720p', '480p', '360p', '240p']);
});

test('pickRungs() refuses a codec that could not be measured', () => {
  const ladder = parseLadder('a=640x360@600k:av1,b=426x240@300k');
  assert.deepEqual(picked(HD, { ladder }), ['b']);
});

test('coresFor() reckons by the frame rate and by pixels', () => {
  const [rung] = rungsFor(parseLadder('a=1280x720@2M:30fps'), { ...FULL_HD, frameRate: 60 });
  assert.ok(rung !== undefined);
  assert.equal(coresFor(TWO_CORES, rung, FULL_HD).toFixed(3), '0.345');
  const large = { ...rung, width: 3840, height: 2160, frameRate: undefined };
  assert.equal(coresFor(TWO_CORES, large, { ...FULL_HD, frameRate: 60 }).toFixed(2), '4.32');
});
