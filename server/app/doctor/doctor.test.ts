import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Diagnosis } from './examine.ts';
import { writeDiagnosis } from './report.ts';

const missing = spawnSync('ffmpeg', ['-version']).error !== undefined;
if (missing && process.env.CI === 'true') throw new Error('ffmpeg is missing');
const NEEDS_FFMPEG = { skip: missing ? 'ffmpeg is missing' : false, timeout: 60_000 } as const;

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-doctor-'));
  context.after(() => rm(path, { recursive: true }));
  return path;
}

async function doctor(cwd: string, flags: readonly string[]) {
  const main = join(import.meta.dirname, '../main.ts');
  const child = spawn(process.execPath, [main, 'doctor', ...flags], {
    cwd,
    env: {
      ...{ PATH: process.env.PATH, PORT: '0', RTMP_PORT: '0', DATA_DIR: cwd },
      SECRET_OF_A_TEST: 'secret',
    },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

function failures({ checks }: Diagnosis): readonly string[] {
  return checks.filter(({ outcome }) => outcome === 'fail').map(({ seen }) => seen);
}

test('doctor finds what is there and ends with 0', NEEDS_FFMPEG, async (context) => {
  const cwd = await folder(context);
  const ladder = '240p=426x240@300k,90p=160x90@100k';
  const { code, stdout } = await doctor(cwd, ['--json', '--ladder', ladder]);
  const found = JSON.parse(stdout) as Diagnosis;
  assert.deepEqual([code, failures(found)], [0, []]);
  assert.equal(found.node, process.versions.node);
  assert.ok(found.ffmpeg.encoders.includes('libx264'));
  assert.equal(found.families.at(-1)?.works, true);
  assert.deepEqual(
    found.machine.rungs.map(({ name }) => name),
    ['90p', '240p'],
  );
  assert.deepEqual(
    found.holds.map(({ source }) => source),
    ['720p30', '1080p30', '1080p60'],
  );
  assert.equal(found.dataDir.state, 'writable');
  assert.deepEqual(
    found.checks.map(({ name }) => name),
    [
      ...['ffmpeg', 'http-port', 'rtmp-port', 'data-folder', 'free-space', 'disk-speed'],
      ...['secret-files', 'database', 'tls', 'open-files', 'memory', 'clock-sync', 'clock-drift'],
    ],
  );
});

test('doctor tells what is wrong and ends with 1', async (context) => {
  const cwd = await folder(context);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const { port } = server.address() as { port: number };
  await writeFile(join(cwd, 'file'), '');
  const flags = ['--ffmpeg-path', '/nowhere/ffmpeg', '--data-dir', 'file'];
  const { code, stdout } = await doctor(cwd, [
    ...flags,
    '--host',
    '127.0.0.1',
    '--port',
    `${port}`,
  ]);
  assert.equal(code, 1);
  const [, problems = ''] = (stdout.split('Warnings:\n')[0] ?? '').split('Problems:\n');
  assert.equal(
    problems,
    '  FFmpeg does not run as /nowhere/ffmpeg: install it, set FFMPEG_PATH, or set ' +
      'TRANSCODE=off to do without\n' +
      `  PORT ${port} is taken by another program: set PORT to another, or stop the other program\n` +
      '  DATA_DIR: file cannot be used, it is a file (EEXIST): set DATA_DIR to a folder of its own\n',
  );
});

test('doctor passes no secrets on to FFmpeg', async (context) => {
  const cwd = await folder(context);
  const [ffmpeg, seen] = [join(cwd, 'ffmpeg'), join(cwd, 'seen')];
  await writeFile(ffmpeg, `#!/bin/sh\necho "$*: $SECRET_OF_A_TEST" >> ${seen}\nexit 1\n`, {
    mode: 0o755,
  });
  await doctor(cwd, ['--ffmpeg-path', ffmpeg]);
  const runs = await readFile(seen, 'utf8');
  assert.match(runs, /-encoders/);
  assert.ok(!runs.includes('secret'), runs);
});

test('doctor leaves a server that runs alone, and needs no FFmpeg to transcode nothing', async (context) => {
  const cwd = await folder(context);
  // The lock of a process that lives.
  await writeFile(join(cwd, 'lock'), `${process.pid}\n`);
  const flags = ['--json', '--ffmpeg-path', '/nowhere/ffmpeg', '--transcode', 'off'];
  const { code, stdout } = await doctor(cwd, flags);
  const found = JSON.parse(stdout) as Diagnosis;
  assert.deepEqual([code, failures(found), found.dataDir.state], [0, [], 'in use']);
});

test('doctor refuses settings as a start would', async (context) => {
  const { code, stderr } = await doctor(await folder(context), ['--ladder', '720p']);
  assert.equal(code, 64);
  assert.match(stderr, /--ladder is "720p": it must be rungs such as/);
});

test('writeDiagnosis() says what was found in columns', () => {
  const text = writeDiagnosis({
    version: '0.1.0',
    node: '24.21.0',
    ffmpeg: { path: 'ffmpeg', version: '5.1.9', encoders: ['libx264', 'libx265'] },
    transcode: 'auto',
    families: [
      { family: 'nvenc', works: false, problem: 'Cannot load libcuda.so.1' },
      { family: 'software', works: true, problem: undefined },
    ],
    machine: {
      processor: 'Example',
      cores: 2,
      family: 'software',
      rungs: [{ name: '480p', coresAt30Fps: 0.2, framesPerSecond: 229 }],
    },
    holds: [
      { source: '720p30', rungs: ['480p'], leftOut: [] },
      { source: '1080p60', rungs: [], leftOut: ['480p (2.40 cores)'] },
    ],
    ports: [{ setting: 'PORT', port: 8080, state: 'own' }],
    dataDir: { path: './data', state: 'in use' },
    checks: [
      { name: 'http-port', outcome: 'ok', seen: 'PORT 8080 is free', remedy: null },
      { name: 'tls', outcome: 'fail', seen: 'TLS_CERT ended', remedy: 'renew it' },
      { name: 'memory', outcome: 'warn', seen: '300 MiB available', remedy: 'get more' },
    ],
  });
  assert.equal(
    text,
    `
  Millrace     0.1.0
  Node.js      24.21.0
  FFmpeg       5.1.9 (ffmpeg)
  Encoders     libx264, libx265
  Devices      nvenc     no: Cannot load libcuda.so.1
               software  works
  Machine      Example, 2 cores
  Rungs        480p      0.20 cores at 30 fps, 229 fps at most
  TRANSCODE    auto
    auto makes 720p30    480p
               1080p60   nothing, without 480p (2.40 cores)
  Checks       ok    http-port     PORT 8080 is free
               fail  tls           TLS_CERT ended
               warn  memory        300 MiB available

Problems:
  TLS_CERT ended: renew it
Warnings:
  300 MiB available: get more
`,
  );
});
