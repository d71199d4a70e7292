/** What encoding costs this machine: measured once with the very arguments of a broadcast, and kept. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { readBoxes, readInitSegment } from '../../format/cmaf/index.ts';
import type { VideoTrack } from '../../media/index.ts';
import { encodeArguments } from './encode-arguments.ts';
import type { EncoderFamily } from './encoder-arguments.ts';
import { type FfmpegRun, runFfmpeg } from './ffmpeg-run.ts';
import type { Rung, RungProfile } from './ladder.ts';

/** Time that one frame takes. */
export interface FrameCost {
  /** Seconds of processor time, over all cores. */
  readonly cpuS: number;
  /** Seconds until it is done, on a machine that does nothing else. */
  readonly wallS: number;
}

/** A rung and what scaling and encoding one of its frames takes. */
export interface RungCost extends FrameCost {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly codec: RungProfile['codec'];
}

/** What was measured, and on what. */
export interface MachineMeasure {
  /** What the figures hold for; another key asks for another measure. */
  readonly key: MeasureKey;
  /** Decoding a frame of 1080p. */
  readonly decode: FrameCost;
  /** From the smallest rung on; those that there was no time for are missing. */
  readonly rungs: readonly RungCost[];
}

/** The machine, the program and the task. */
export interface MeasureKey {
  /** Which way of measuring it was. */
  readonly method: typeof METHOD;
  /** As `ffmpeg -version` says it. */
  readonly ffmpeg: string;
  readonly processor: string;
  readonly cores: number;
  readonly family: EncoderFamily;
  readonly ladder: readonly RungProfile[];
}

/** What is to be measured. */
export interface MeasureRequest {
  readonly ffmpegPath: string;
  readonly family: EncoderFamily;
  readonly ladder: readonly RungProfile[];
  readonly signal?: AbortSignal | undefined;
}

/** All runs together. What is not reached is reckoned from what was. */
const MEASURE_MS = 6_000;
const VERSION_MS = 5_000;
/** A picture as busy as a camera's; less would flatter the machine. */
export const MEASURED_PICTURE = { width: 1920, height: 1080, frameRate: 30 };
const CLIP_FRAMES = 30;
/** Another number wherever a change makes old figures wrong. */
const METHOD = 1;
const CACHE_FILE = 'machine-measure.json';

/**
 * The measure of this machine from `dataDir`, or a new one which is then kept there. Undefined when
 * FFmpeg does not run or is too slow for one rung. When the signal is aborted it rejects with its
 * reason, after what runs has ended, and writes nothing any more.
 */
export async function machineMeasure(
  request: MeasureRequest & { readonly dataDir: string },
): Promise<MachineMeasure | undefined> {
  const key = await measureKey(request);
  if (key === undefined) return undefined;
  const path = join(request.dataDir, CACHE_FILE);
  const kept = await readKept(path);
  if (JSON.stringify(kept?.key) === JSON.stringify(key)) return kept;
  const measure = await measureMachine(request, key);
  if (measure === undefined) return undefined;
  // Between any two steps our owner may have ended, and the folder may be another's.
  await mkdir(request.dataDir, { recursive: true });
  request.signal?.throwIfAborted();
  await writeFile(path, `${JSON.stringify(measure, undefined, 2)}\n`);
  return measure;
}

/** The version of an FFmpeg, such as `5.1.9-0+deb12u1`; undefined when it does not run. */
export async function ffmpegVersion(
  ffmpegPath: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const task = { program: ffmpegPath, args: ['-version'], deadlineMs: VERSION_MS, signal };
  const { succeeded, stdout } = await runFfmpeg(task);
  return succeeded ? /^ffmpeg version (\S+)/.exec(stdout.toString())?.[1] : undefined;
}

async function measureKey(request: MeasureRequest): Promise<MeasureKey | undefined> {
  const ffmpeg = await ffmpegVersion(request.ffmpegPath, request.signal);
  if (ffmpeg === undefined) return undefined;
  const { family, ladder } = request;
  const processor = cpus()[0]?.model ?? 'unknown';
  return { method: METHOD, ffmpeg, processor, cores: availableParallelism(), family, ladder };
}

/** A file that is missing, torn or of another version is as good as none. */
async function readKept(path: string): Promise<MachineMeasure | undefined> {
  try {
    const kept: unknown = JSON.parse(await readFile(path, 'utf8'));
    return kept === null ? undefined : (kept as MachineMeasure);
  } catch {
    return undefined;
  }
}

async function measureMachine(
  request: MeasureRequest,
  key: MeasureKey,
): Promise<MachineMeasure | undefined> {
  const { signal } = request;
  const endMs = performance.now() + MEASURE_MS;
  const run: Bench = (args, { clip, pipes }) =>
    runFfmpeg({
      program: request.ffmpegPath,
      args,
      input: clip,
      pipes,
      signal,
      deadlineMs: Math.max(1, Math.round(endMs - performance.now())),
    });
  const made = await runFfmpeg({
    program: request.ffmpegPath,
    args: clipArguments(),
    deadlineMs: MEASURE_MS,
    signal,
  });
  if (!made.succeeded) return undefined;
  const clip = { bytes: made.stdout, track: trackOf(made.stdout) };
  const started = await run(decodeArguments(1), { clip: clip.bytes, pipes: 0 });
  const decoded = await run(decodeArguments(CLIP_FRAMES), { clip: clip.bytes, pipes: 0 });
  if (!started.succeeded || !decoded.succeeded) return undefined;
  const decode = costOf(decoded, started, CLIP_FRAMES - 1);
  const rungs: RungCost[] = [];
  const rising = request.ladder.toSorted((left, right) => pixelsOf(left) - pixelsOf(right));
  for (const profile of rising) {
    const rung = { ...profile, frameRate: undefined };
    const encoded = await run(rungArguments(clip.track, rung, request.family), {
      clip: clip.bytes,
      pipes: 1,
    });
    if (!encoded.succeeded) continue;
    const { name, width, height, codec } = rung;
    rungs.push({ name, width, height, codec, ...costOf(encoded, decoded, CLIP_FRAMES) });
  }
  return rungs.length === 0 ? undefined : { key, decode, rungs };
}

type Bench = (
  args: readonly string[],
  feed: { readonly clip: Uint8Array; readonly pipes: number },
) => Promise<FfmpegRun>;

/** Fractions of a millisecond would be claims that a second of measuring cannot make. */
const LEAST_COST_S = 0.0001;

/** What a run took more than another, a frame; what both took, such as starting, falls out. */
function costOf(run: FfmpegRun, without: FfmpegRun, frames: number): FrameCost {
  const cost = (more: number): number => Math.max(LEAST_COST_S, Number((more / frames).toFixed(5)));
  const cpuS = cost(run.cpuS - without.cpuS);
  // It never waits for anything: what took longer than its own work was other programs' doing.
  return { cpuS, wallS: Math.min(cpuS, cost(run.wallS - without.wallS)) };
}

function pixelsOf({ width, height }: { readonly width: number; readonly height: number }): number {
  return width * height;
}

function clipArguments(): readonly string[] {
  const { width, height, frameRate } = MEASURED_PICTURE;
  const noisy = `testsrc2=size=${width}x${height}:rate=${frameRate},noise=alls=6:allf=t`;
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', noisy],
    ...['-frames:v', `${CLIP_FRAMES}`, '-c:v', 'libx264', '-preset', 'superfast'],
    ...['-tune', 'zerolatency', '-b:v', '6M', '-g', `${CLIP_FRAMES}`, '-pix_fmt', 'yuv420p'],
    ...['-movflags', '+frag_every_frame+empty_moov+default_base_moof', '-f', 'mp4', 'pipe:1'],
  ];
}

/** FFmpeg tells the time that it took only at this level. */
const BENCHMARK = ['-benchmark', '-hide_banner', '-nostdin', '-nostats', '-loglevel', 'info'];

function decodeArguments(frames: number): readonly string[] {
  const input = ['-thread_type', 'slice', '-f', 'mov', '-i', 'pipe:0'];
  return [...BENCHMARK, ...input, '-frames:v', `${frames}`, '-f', 'null', '-'];
}

function rungArguments(source: VideoTrack, rung: Rung, family: EncoderFamily): readonly string[] {
  const job = {
    source,
    rungs: [rung],
    keyframes: 'source',
    family,
    thumbnails: undefined,
  } as const;
  const args = encodeArguments(job);
  return [...BENCHMARK, ...args.filter((_, index) => !isLogLevel(args, index))];
}

function isLogLevel(args: readonly string[], index: number): boolean {
  return args[index] === '-loglevel' || args[index - 1] === '-loglevel';
}

function trackOf(clip: Uint8Array): VideoTrack {
  const firstFragment = readBoxes(clip).find(({ type }) => type === 'moof');
  const [read] = readInitSegment(clip.subarray(0, firstFragment?.start));
  if (read?.track.kind !== 'video') throw new Error('FFmpeg made a clip without video');
  return read.track;
}
