import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { NEEDS_FFMPEG } from './encode-run.test-support.ts';
import { runFfmpeg } from './ffmpeg-run.ts';
import { detectFamilies } from './hardware.ts';
import { parseLadder } from './ladder.ts';
import { ffmpegVersion, machineMeasure } from './machine-measure.ts';

const LADDER = parseLadder('360p=640x360@600k,90p=160x90@100k');

test('machineMeasure() measures once for a machine and a ladder', NEEDS_FFMPEG, async (context) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-measure-'));
  context.after(() => rm(dataDir, { recursive: true }));
  const request = { ffmpegPath: 'ffmpeg', family: 'software', ladder: LADDER, dataDir } as const;
  const measure = await machineMeasure(request);
  assert.ok(measure !== undefined);
  assert.equal(measure.key.ffmpeg, await ffmpegVersion('ffmpeg'));
  assert.ok(measure.decode.cpuS > 0 && measure.decode.cpuS < 1);
  assert.deepEqual(
    measure.rungs.map(({ name }) => name),
    ['90p', '360p'],
  );
  for (const { cpuS, wallS } of measure.rungs) assert.ok(cpuS > 0 && wallS > 0 && wallS < 2);

  const path = join(dataDir, 'machine-measure.json');
  const marked = { ...measure, decode: { cpuS: 0.5, wallS: 0.5 } };
  await writeFile(path, JSON.stringify(marked));
  assert.deepEqual((await machineMeasure(request))?.decode, marked.decode, 'kept');
  const other = await machineMeasure({ ...request, ladder: LADDER.slice(1) });
  assert.notDeepEqual(other?.decode, marked.decode, 'another ladder is measured anew');
  for (const torn of ['null', '{"key"', '[]']) {
    await writeFile(path, torn);
    assert.equal((await machineMeasure({ ...request, ladder: [] }))?.key, undefined, torn);
  }
  await machineMeasure(request);
  assert.deepEqual(JSON.parse(await readFile(path, 'utf8')).key.cores, measure.key.cores);
});

test('machineMeasure() and detectFamilies() say so when there is no FFmpeg', async () => {
  const ffmpegPath = '/nowhere/ffmpeg';
  const request = { ffmpegPath, family: 'software', ladder: LADDER, dataDir: tmpdir() } as const;
  assert.equal(await machineMeasure(request), undefined);
  for (const { works, problem } of await detectFamilies(ffmpegPath)) {
    assert.equal(works, false);
    assert.match(problem ?? '', /ENOENT/);
  }
});

test(
  'detectFamilies() finds the software encoder and gives a reason for each other',
  NEEDS_FFMPEG,
  async () => {
    const findings = await detectFamilies('ffmpeg');
    assert.deepEqual(
      findings.map(({ family }) => family),
      ['nvenc', 'qsv', 'vaapi', 'v4l2', 'software'],
    );
    assert.equal(findings.at(-1)?.works, true);
    for (const { works, problem } of findings) assert.equal(works, problem === undefined);
  },
);

test('runFfmpeg() ends what takes too long', async () => {
  const sleep = ['-e', 'setInterval(() => {}, 1000)'];
  const run = await runFfmpeg({ program: process.execPath, args: sleep, deadlineMs: 200 });
  assert.deepEqual([run.succeeded, run.problem], [false, 'no answer within 0.2 s']);
});

test('runFfmpeg() gives the first words of a failure and passes no secrets on', async () => {
  process.env.API_TOKEN = 'not to be seen';
  const tell = "console.error('[x @ 0x5f] ' + process.env.API_TOKEN + '\\nmore'); process.exit(3)";
  const run = await runFfmpeg({
    program: process.execPath,
    args: ['-e', tell],
    deadlineMs: 10_000,
  });
  delete process.env.API_TOKEN;
  assert.deepEqual([run.succeeded, run.problem], [false, 'undefined']);
});
