/**
 * What a ladder of qualities costs and how well it holds together: how much later a transcoded rung
 * is than the source beside it, whether their segments begin with the same picture, how soon a rung
 * is back after its FFmpeg was killed, and the processor time against FFmpeg alone.
 *
 *     node bench/ladder.ts [--seconds 60] [--kills 5] [--ladder 480p=854x480@1200k,360p=640x360@600k]
 *
 * Method: one publisher of 720p30 and one viewer a rendition in this process, so that all have one
 * clock. The viewers ask for each part by its hint before it exists. A part of a rung is compared
 * with the part of the source that ends at the same presentation time, a segment with that of the
 * same number. Killed is the server's child with SIGKILL, at a random moment of a segment; back is
 * the first part of the lowest rung whose media is later than any part before. The processor time
 * of the server and its FFmpeg is that of all these seconds, and that of an FFmpeg that reads the same
 * pictures in real time and writes the same ladder with `-f hls` is taken after it.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parseChunks } from '../server/format/cmaf/index.ts';
import { pathOf } from '../test/support/component.ts';
import { writeFlv } from '../test/support/flv-file.ts';
import { childrenOf, cpuSecondsOf, treeCpuSeconds } from '../test/support/process-tree.ts';
import { PublisherSwarm } from '../test/support/publisher-swarm.ts';
import { ServerProcess } from '../test/support/server-process.ts';
import { rounded, spread } from '../test/support/spread.ts';
import { encodeTestPicture, FRAME_RATE } from '../test/support/test-picture.ts';
import { LiveViewer } from './support/live-viewer.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    kills: { type: 'string', default: '5' },
    ladder: { type: 'string', default: '480p=854x480@1200k,360p=640x360@600k' },
  },
});
const seconds = Number(values.seconds);
const rungs = values.ladder.split(',').map(readRung);

const WARM_UP_MS = 6_000;
const LONGEST_LOOP_S = 64;
/** Nothing new is learned of FFmpeg alone after a minute. */
const BARE_MOST_S = 60;
/** Until a killed encoder has run long enough to count as healthy again. */
const BETWEEN_KILLS_MS = 35_000;
const RESTART_TIMEOUT_MS = 20_000;
const LADDER_TIMEOUT_MS = 30_000;
const LADDER_PAUSE_MS = 200;
/** Presentation times that lie closer are of one picture. */
const SAME_TIME_S = 0.002;

/** One part as it came. */
interface SeenPart {
  readonly startS: number;
  readonly endS: number;
  readonly wholeAtMs: number;
}

/** What came of one rendition. */
class Track {
  readonly parts: SeenPart[] = [];
  /** Ticks at which the first picture of each segment is shown. */
  readonly starts = new Map<number, number>();
  #came = Promise.withResolvers<void>();

  /** The latest end of any part so far, in seconds of media. */
  get endS(): number {
    return Math.max(0, ...this.parts.slice(-20).map(({ endS }) => endS));
  }

  add(uri: string, bytes: Buffer, wholeAtMs: number): void {
    const [chunk] = parseChunks(bytes);
    const first = chunk?.samples[0];
    if (chunk === undefined || first === undefined) throw new Error(`Cannot read ${uri}`);
    const ticks = chunk.samples.reduce((sum, sample) => sum + sample.duration, 0);
    const shown = chunk.baseDecodeTime + first.compositionOffset;
    const [, msn, part] = /p(\d+)\.(\d+)\.m4s/.exec(uri) ?? [];
    if (part === '0') this.starts.set(Number(msn), shown);
    this.parts.push({ startS: shown / TIMESCALE, endS: (shown + ticks) / TIMESCALE, wholeAtMs });
    this.#came.resolve();
    this.#came = Promise.withResolvers<void>();
  }

  next(): Promise<void> {
    return this.#came.promise;
  }
}

/** Of RTMP streams: milliseconds made finer. */
const TIMESCALE = 90_000;

const file = encodeTestPicture(Math.min(seconds, LONGEST_LOOP_S));
const tracks = new Map<string, Track>();
const server = await ServerProcess.start({ env: { TRANSCODE: 'full', LADDER: values.ladder } });
try {
  console.log(JSON.stringify(await measure()));
} finally {
  await server.stop();
}

async function measure(): Promise<object> {
  const { id, streamKey } = await server.createStream('ladder');
  const swarm = new PublisherSwarm(file, { tickMs: 1 });
  const viewer = new LiveViewer(server.url);
  try {
    await swarm.add(server.rtmpPort, streamKey);
    const playlists = await awaitLadder(viewer, id);
    const names = ['video', ...rungs.map(({ name }) => name)];
    const following = Promise.all(names.map((name) => follow(viewer, playlists, name)));
    // A viewer that fails ends the bench where it is awaited, and not the process before that.
    following.catch(() => viewer.leave());
    await wait(WARM_UP_MS);
    const warmAtMs = performance.now();
    const before = treeCpuSeconds(server.pid);
    await wait(seconds * 1000);
    const ladderCores = (treeCpuSeconds(server.pid) - before) / seconds;
    const together = { ...addedLatency(warmAtMs), ...alignment() };
    const backOnAirMs = await kills();
    viewer.leave();
    await following;
    const { lost, worstLatenessMs } = swarm.stop();
    const ffmpegCores = await bareFfmpeg();
    return {
      ...together,
      backOnAirMs,
      cpu: {
        ladderCores: rounded2(ladderCores),
        ffmpegCores: rounded2(ffmpegCores),
        ratio: rounded2(ladderCores / ffmpegCores),
      },
      publisher: { lost, worstLatenessMs },
    };
  } finally {
    viewer.leave();
    swarm.stop();
  }
}

/** A server that has just been started finds out first what the machine can encode. */
async function awaitLadder(viewer: LiveViewer, streamId: string): Promise<string[]> {
  const deadline = performance.now() + LADDER_TIMEOUT_MS;
  for (;;) {
    const playlists = await viewer.awaitPlaylists(streamId);
    const isWhole = rungs.every(({ name }) => playlists.some((url) => url.includes(`/${name}/`)));
    if (isWhole) return playlists;
    if (performance.now() > deadline) throw new Error('Cannot measure: no ladder came');
    await wait(LADDER_PAUSE_MS);
  }
}

async function follow(viewer: LiveViewer, playlists: string[], name: string): Promise<void> {
  const url = playlists.find((each) => each.includes(`/${name}/`));
  if (url === undefined) throw new Error(`Cannot watch ${name}: it is not in the ladder`);
  const track = new Track();
  tracks.set(name, track);
  try {
    for await (const { uri, bytes, wholeAtMs } of viewer.follow(url)) {
      track.add(uri, bytes, wholeAtMs);
    }
  } catch (error) {
    if (!viewer.left) throw error;
  }
}

/** How much later each rung's parts are whole than the source's of the same media. */
function addedLatency(sinceMs: number): object {
  const source = tracks.get('video')?.parts ?? [];
  const spreads = rungs.map(({ name }) => {
    const added = (tracks.get(name)?.parts ?? []).flatMap((part) => {
      if (part.wholeAtMs < sinceMs) return [];
      const same = source.find(({ endS }) => Math.abs(endS - part.endS) < SAME_TIME_S);
      return same === undefined ? [] : [part.wholeAtMs - same.wholeAtMs];
    });
    return [name, { parts: added.length, ...spread(added) }];
  });
  return { addedLatencyMs: Object.fromEntries(spreads) };
}

/** Segments of rungs that begin with another picture than the source's of the same number. */
function alignment(): object {
  const source = tracks.get('video')?.starts ?? new Map<number, number>();
  let compared = 0;
  let misalignedTicks = 0;
  for (const { name } of rungs) {
    for (const [msn, shown] of tracks.get(name)?.starts ?? []) {
      const expected = source.get(msn);
      if (expected === undefined) continue;
      compared += 1;
      misalignedTicks = Math.max(misalignedTicks, Math.abs(shown - expected));
    }
  }
  return { segmentsCompared: compared, misalignedTicks };
}

async function kills(): Promise<readonly number[]> {
  const lowest = tracks.get(rungs.at(-1)?.name ?? '');
  const times: number[] = [];
  for (let kill = 0; kill < Number(values.kills); kill += 1) {
    await wait(BETWEEN_KILLS_MS + Math.random() * 2_000);
    const [child] = childrenOf(server.pid);
    if (child === undefined || lowest === undefined) throw new Error('Cannot kill: no FFmpeg runs');
    const lastS = lowest.endS;
    const killedMs = performance.now();
    process.kill(child, 'SIGKILL');
    // What FFmpeg had made already still comes; a new one's media begins later than all of it.
    const deadline = killedMs + RESTART_TIMEOUT_MS;
    while (childrenOf(server.pid).includes(child)) await wait(5);
    const before = lowest.parts.length;
    while (lowest.parts.length === before || lowest.endS <= lastS) {
      if (performance.now() > deadline) throw new Error('Cannot measure: the rung did not return');
      await lowest.next();
    }
    times.push(Math.round(performance.now() - killedMs));
    console.error(JSON.stringify({ kill, backOnAirMs: times.at(-1) }));
  }
  return times;
}

/** Cores that FFmpeg alone takes for the same ladder. */
async function bareFfmpeg(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    writeFileSync(join(folder, 'picture.flv'), writeFlv(file));
    const child = spawn(pathOf('ffmpeg'), bareArguments(folder), {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await wait(WARM_UP_MS);
    const before = cpuSecondsOf(child.pid ?? 0);
    const measuredS = Math.min(seconds, BARE_MOST_S);
    await wait(measuredS * 1000);
    const cores = (cpuSecondsOf(child.pid ?? 0) - before) / measuredS;
    child.kill('SIGTERM');
    await ended;
    return cores;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function bareArguments(folder: string): string[] {
  const splits = rungs.map((_, index) => `[s${index}]`).join('');
  const scales = rungs.map(
    ({ width, height }, index) => `[s${index}]scale=${width}:${height}:flags=bicubic[v${index}]`,
  );
  const encoders = rungs.flatMap(({ bitrate }, index) => [
    ...['-map', `[v${index}]`, `-c:v:${index + 1}`, 'libx264', '-preset', 'veryfast'],
    ...[`-b:v:${index + 1}`, bitrate, `-maxrate:v:${index + 1}`, bitrate],
    ...[`-bufsize:v:${index + 1}`, bitrate],
  ]);
  const streams = ['v:0', ...rungs.map((_, index) => `v:${index + 1}`), 'a:0'];
  return [
    ...['-v', 'error', '-nostdin', '-re', '-stream_loop', '-1', '-i', join(folder, 'picture.flv')],
    ...['-filter_complex', `[0:v]split=${rungs.length}${splits};${scales.join(';')}`],
    ...['-map', '0:v', '-c:v:0', 'copy', ...encoders],
    ...['-tune', 'zerolatency', '-g', String(2 * FRAME_RATE), '-sc_threshold', '0', '-bf', '0'],
    ...['-map', '0:a', '-c:a', 'copy', '-f', 'hls', '-hls_time', '2'],
    ...['-hls_segment_type', 'fmp4', '-hls_flags', 'delete_segments'],
    ...['-var_stream_map', streams.join(' '), join(folder, '%v', 'playlist.m3u8')],
  ];
}

function readRung(text: string): { name: string; width: string; height: string; bitrate: string } {
  const [, name = '', width = '', height = '', bitrate = ''] =
    /^([^=]+)=(\d+)x(\d+)@(\d+k)$/.exec(text) ?? [];
  if (bitrate === '') throw new Error(`Cannot read ${text}: write name=WIDTHxHEIGHT@BITRATEk`);
  return { name, width, height, bitrate };
}

function rounded2(value: number): number {
  return rounded(value * 10) / 10;
}
