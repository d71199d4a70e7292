/** `doctor`: what Millrace finds on this machine, and what keeps it from working as configured. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '../../base/index.ts';
import {
  coresFor,
  type EncoderSurvey,
  encoderName,
  type FamilyFinding,
  ffmpegVersion,
  type MachineMeasure,
  pickRungs,
  rungsFor,
  surveyEncoders,
} from '../../pipeline/transcode/index.ts';
import type { Configuration } from '../config/index.ts';
import { claimDataFolder, DataFolderError, FolderInUseError } from '../data-folder.ts';
import { type Check, fail, ok } from './check.ts';
import { databaseChecks } from './database-checks.ts';
import { clockChecks, memoryCheck, momentOf, openFilesCheck, tlsCheck } from './machine-checks.ts';
import { redisChecks } from './redis-checks.ts';
import { diskChecks, secretFilesCheck } from './storage-checks.ts';

/** What was found. */
export interface Diagnosis {
  readonly version: string;
  readonly node: string;
  readonly ffmpeg: {
    readonly path: string;
    /** Undefined when it does not run. */
    readonly version: string | undefined;
    /** Those of the software encoders that it was built with. */
    readonly encoders: readonly string[];
  };
  readonly transcode: Configuration['TRANSCODE'];
  readonly families: readonly FamilyFinding[];
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    /** The family of encoders that is used. */
    readonly family: string | undefined;
    readonly rungs: readonly RungFigures[];
  };
  /** Which rungs `TRANSCODE=auto` makes of usual sources. */
  readonly holds: readonly Holding[];
  readonly ports: readonly PortFinding[];
  readonly dataDir: { readonly path: string; readonly state: 'writable' | 'in use' | 'unusable' };
  /** Everything that was looked at, and how to mend what is not well. */
  readonly checks: readonly Check[];
}

/** What was measured of one rung. */
export interface RungFigures {
  readonly name: string;
  /** Cores kept busy at 30 frames a second. */
  readonly coresAt30Fps: number;
  /** Frames a second that are made when nothing else runs. */
  readonly framesPerSecond: number;
}

/** What of the ladder fits one source. */
export interface Holding {
  readonly source: string;
  readonly rungs: readonly string[];
  readonly leftOut: readonly string[];
}

/** Whether a port can be listened on. */
export interface PortFinding {
  readonly setting: 'PORT' | 'RTMP_PORT';
  readonly port: number;
  /** `own`: this Millrace is running and has it. */
  readonly state: 'free' | 'own' | 'taken' | 'forbidden';
}

const USUAL_SOURCES = [
  { width: 1280, height: 720, frameRate: 30 },
  { width: 1920, height: 1080, frameRate: 30 },
  { width: 1920, height: 1080, frameRate: 60 },
];
const FIGURES_FRAME_RATE = 30;

/** Looks at the machine: some seconds of work, and a measure that is kept in `DATA_DIR`. */
export async function examine(configuration: Configuration, version: string): Promise<Diagnosis> {
  const { FFMPEG_PATH, LADDER, TRANSCODE } = configuration;
  const begun = momentOf();
  const folder = await examineFolder(configuration.DATA_DIR);
  const ports = await examinePorts(configuration, folder.state === 'in use');
  const request = { ffmpegPath: FFMPEG_PATH, ladder: LADDER, isMeasured: true };
  const survey = await surveyInto(folder, request);
  const ffmpeg = {
    path: FFMPEG_PATH,
    version: await ffmpegVersion(FFMPEG_PATH),
    encoders: await listEncoders(FFMPEG_PATH),
  };
  const { capacity, families } = survey;
  const measure = capacity?.measure;
  return {
    version,
    node: process.versions.node,
    ffmpeg,
    transcode: TRANSCODE,
    families,
    machine: {
      processor: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      family: capacity?.family,
      rungs: measure === undefined ? [] : figuresOf(measure),
    },
    holds: measure === undefined ? [] : USUAL_SOURCES.map((each) => holding(each, measure)),
    ports,
    dataDir: { path: configuration.DATA_DIR, state: folder.state },
    checks: [
      ffmpegCheck(configuration, ffmpeg.version, survey),
      ...ports.map(portCheck),
      folderCheck(folder),
      ...(folder.state === 'unusable' ? [] : await diskChecks(folder.path)),
      await secretFilesCheck(folder.path, configuration.TLS_KEY),
      ...(await databaseChecks(configuration.DATABASE_URL, folder)),
      ...(await redisChecks(configuration.REDIS_URL)),
      await tlsCheck(configuration),
      openFilesCheck(configuration),
      memoryCheck(),
      ...(await clockChecks(begun)),
    ],
  };
}

interface FolderFinding {
  readonly path: string;
  readonly state: Diagnosis['dataDir']['state'];
  readonly problem: string | undefined;
}

async function examineFolder(path: string): Promise<FolderFinding> {
  try {
    const giveBack = await claimDataFolder(path);
    await giveBack();
    return { path, state: 'writable', problem: undefined };
  } catch (error) {
    if (error instanceof FolderInUseError) return { path, state: 'in use', problem: undefined };
    if (!(error instanceof DataFolderError)) throw error;
    return { path, state: 'unusable', problem: error.message };
  }
}

/** Surveys with the folder as cache, or without any where it cannot be written to. */
async function surveyInto(
  folder: FolderFinding,
  request: Omit<Parameters<typeof surveyEncoders>[0], 'dataDir'>,
): Promise<EncoderSurvey> {
  if (folder.state !== 'unusable') return surveyEncoders({ ...request, dataDir: folder.path });
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-doctor-'));
  try {
    return await surveyEncoders({ ...request, dataDir });
  } finally {
    await rm(dataDir, { recursive: true });
  }
}

async function listEncoders(ffmpegPath: string): Promise<readonly string[]> {
  const wanted = (['h264', 'h265', 'av1'] as const).map((codec) => encoderName('software', codec));
  try {
    const args = ['-hide_banner', '-nostdin', '-encoders'];
    const options = { env: childEnvironment(process.env), timeout: 5_000 };
    const { stdout } = await promisify(execFile)(ffmpegPath, args, options);
    return wanted.filter((name) => new RegExp(`^ V\\S+ ${name} `, 'm').test(stdout));
  } catch {
    // That it does not run is told with its version.
    return [];
  }
}

function figuresOf(measure: MachineMeasure): readonly RungFigures[] {
  return measure.rungs.map(({ name, cpuS, wallS }) => ({
    name,
    coresAt30Fps: Number((cpuS * FIGURES_FRAME_RATE).toFixed(2)),
    framesPerSecond: Math.round(1 / wallS),
  }));
}

function holding(source: (typeof USUAL_SOURCES)[number], measure: MachineMeasure): Holding {
  const rungs = rungsFor(measure.key.ladder, source);
  const held = pickRungs(measure, rungs, { source });
  return {
    source: `${source.height}p${source.frameRate}`,
    rungs: held.map(({ name }) => name),
    leftOut: rungs
      .filter((rung) => !held.includes(rung))
      .map((rung) => `${rung.name} (${coresFor(measure, rung, source).toFixed(2)} cores)`),
  };
}

function folderCheck({ path, state, problem }: FolderFinding): Check {
  if (problem !== undefined)
    return fail('data-folder', problem, 'set DATA_DIR to a folder of its own');
  const use = state === 'in use' ? 'in use by the Millrace that is running' : 'writable';
  return ok('data-folder', `DATA_DIR ${path} is ${use}`);
}

function ffmpegCheck(
  { TRANSCODE, FFMPEG_PATH }: Configuration,
  version: string | undefined,
  { families, capacity }: EncoderSurvey,
): Check {
  if (TRANSCODE === 'off') return ok('ffmpeg', 'not needed, TRANSCODE is off');
  const remedy = 'or set TRANSCODE=off to do without';
  if (version === undefined) {
    const seen = `FFmpeg does not run as ${FFMPEG_PATH}`;
    return fail('ffmpeg', seen, `install it, set FFMPEG_PATH, ${remedy}`);
  }
  if (!families.some(({ works }) => works)) {
    return fail('ffmpeg', 'FFmpeg cannot encode H.264 here', `install libx264, ${remedy}`);
  }
  return capacity?.measure === undefined
    ? fail('ffmpeg', 'This machine is too slow for any rung', 'set TRANSCODE=off')
    : ok('ffmpeg', `FFmpeg ${version} encodes H.264`);
}

async function examinePorts(
  { HOST: host, PORT, RTMP_PORT }: Configuration,
  isRunning: boolean,
): Promise<readonly PortFinding[]> {
  const findings: PortFinding[] = [];
  for (const [setting, port] of [
    ['PORT', PORT],
    ['RTMP_PORT', RTMP_PORT],
  ] as const) {
    const code = await tryPort(host, port);
    const inUse = isRunning ? 'own' : 'taken';
    const state = code === undefined ? 'free' : code === 'EADDRINUSE' ? inUse : 'forbidden';
    findings.push({ setting, port, state });
  }
  return findings;
}

/** The code of the error that listening ends with; undefined when it succeeds. */
function tryPort(host: string, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const server = createServer();
  server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  return promise;
}

const PORT_CHECKS = { PORT: 'http-port', RTMP_PORT: 'rtmp-port' } as const;

function portCheck({ setting, port, state }: PortFinding): Check {
  const name = PORT_CHECKS[setting];
  const remedy = `set ${setting} to another, or stop the other program`;
  switch (state) {
    case 'free':
      return ok(name, `${setting} ${port} is free`);
    case 'own':
      return ok(name, `${setting} ${port} is used by the Millrace that is running`);
    case 'taken':
      return fail(name, `${setting} ${port} is taken by another program`, remedy);
    case 'forbidden':
      return fail(name, `${setting} ${port} cannot be listened on`, `set ${setting} to another`);
  }
}
