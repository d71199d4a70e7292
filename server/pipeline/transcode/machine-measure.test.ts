import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { NEEDS_FFMPEG } from './encode-run.test-support.ts';
import { surveyEncoders } from './encoder-survey.ts';
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

test('surveyEncoders() gives up at once when it is told to, and writes nothing', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-survey-'));
  context.after(() => rm(folder, { recursive: true }));
  const ffmpegPath = join(folder, 'ffmpeg');
  const pidFile = join(folder, 'pid');
  const dataDir = join(folder, 'data');
  const reason = new Error('closing');
  // The first families do not work; the last one, and all that comes after it, hangs.
  const script =
    'case "$*" in *libx264*) echo $$ > "$PID_FILE.new"; mv "$PID_FILE.new" "$PID_FILE";';
  const body = script.replaceAll('$PID_FILE', pidFile);
  await writeFile(ffmpegPath, `#!/bin/sh\n${body} exec sleep 60;; esac\nexit 1\n`, { mode: 0o755 });
  const abort = new AbortController();
  const request = { ffmpegPath, ladder: LADDER, dataDir, isMeasured: true, signal: abort.signal };
  const survey = surveyEncoders(request);
  const ended = assert.rejects(survey, reason);
  const pid = await untilWritten(pidFile);
  abort.abort(reason);
  await ended;
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  await assert.rejects(surveyEncoders(request), reason, 'before it begins, too');
  assert.equal(existsSync(dataDir), false);
});

test(
  'machineMeasure() leaves the folder alone when it is told to end',
  NEEDS_FFMPEG,
  async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-measure-'));
    context.after(() => rm(folder, { recursive: true }));
    const dataDir = join(folder, 'data');
    const reason = new Error('closing');
    const abort = new AbortController();
    const base = { ffmpegPath: 'ffmpeg', family: 'software', ladder: LADDER, dataDir } as const;
    const measured = machineMeasure({ ...base, signal: abort.signal });
    const ended = assert.rejects(measured, reason);
    setTimeout(() => abort.abort(reason), 100);
    await ended;
    assert.equal(existsSync(dataDir), false);
  },
);

async function untilWritten(path: string): Promise<number> {
  while (!existsSync(path)) await new Promise((resolve) => setImmediate(resolve));
  return Number.parseInt(await readFile(path, 'utf8'), 10);
}

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
