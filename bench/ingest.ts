/**
 * What passthrough publishers cost: processor time and memory of one server process that makes
 * LL-HLS of every stream, with nobody watching.
 *
 *     node bench/ingest.ts [publishers=100] [seconds=20]
 *
 * Method: one 720p30 file of 2.7 Mbit/s is published by this process in a loop under as many keys
 * as publishers. When the window of the last one is full and old media is being let go, the kernel's
 * process times are read at both ends of the measured seconds. Before and after, every stream's
 * playlist is asked how far it is: one that fell behind the wall clock was starved.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { PublisherSwarm } from '../test/support/publisher-swarm.ts';
import { ServerProcess } from '../test/support/server-process.ts';
import { rounded } from '../test/support/spread.ts';
import { encodeTestPicture } from '../test/support/test-picture.ts';
import { LiveViewer } from './support/live-viewer.ts';

const publishers = Number(process.argv[2] ?? 100);
const seconds = Number(process.argv[3] ?? 20);

const LOOP_S = 64;
const SEGMENT_S = 2;
/** The window, the segments that stay for late readers after it, and room. */
const SETTLE_S = 40;
/** Segments that a healthy stream may seem to be behind: two questions, each up to one off. */
const STARVED_FROM_SEGMENTS = 2;

const file = encodeTestPicture(LOOP_S);
const server = await ServerProcess.start({ env: { MAX_PUBLISHERS: String(publishers) } });
const viewer = new LiveViewer(server.url);
try {
  console.log(JSON.stringify(await measure()));
} finally {
  viewer.leave();
  await server.stop();
}

async function measure(): Promise<object> {
  const idleMiB = server.residentMiB();
  const swarm = new PublisherSwarm(file);
  const streamIds: string[] = [];
  for (let index = 0; index < publishers; index += 1) {
    const { id, streamKey } = await server.createStream(`bench ${index}`);
    await swarm.add(server.rtmpPort, streamKey);
    streamIds.push(id);
  }
  await wait(SETTLE_S * 1000);
  const before = await newestSegments(streamIds);
  const cpuBefore = server.cpuSeconds();
  const startedMs = performance.now();
  await wait(seconds * 1000);
  const cpuSeconds = server.cpuSeconds() - cpuBefore;
  const wallSeconds = (performance.now() - startedMs) / 1000;
  const residentMiB = server.residentMiB();
  const after = await newestSegments(streamIds);
  const due = wallSeconds / SEGMENT_S - STARVED_FROM_SEGMENTS;
  const starved = after.filter((segment, index) => segment - (before[index] ?? 0) < due).length;
  return {
    ...swarm.stop(),
    starved,
    cpuMsPerStreamSecond: Number(((cpuSeconds * 1000) / wallSeconds / publishers).toFixed(2)),
    corePercent: rounded((cpuSeconds / wallSeconds) * 100),
    idleMiB: Math.round(idleMiB),
    residentMiB: Math.round(residentMiB),
    residentMiBPerStream: rounded(residentMiB / publishers),
  };
}

/** The number of the newest whole segment of each stream; throws when one is not live. */
async function newestSegments(streamIds: readonly string[]): Promise<number[]> {
  const newest: number[] = [];
  for (const id of streamIds) {
    const [url = ''] = (await viewer.playlists(id)) ?? [];
    const text = (await viewer.ask(url)).body.toString();
    const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]);
    newest.push(first + text.split('#EXTINF:').length - 2);
  }
  return newest;
}
