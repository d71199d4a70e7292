/**
 * Whether a server stays as it is: memory and open descriptors over many minutes of viewers that
 * come, watch and leave in the middle, of viewers that stop reading, and of publishers that
 * reconnect once a minute.
 *
 *     node bench/soak.ts [minutes=30] [publishers=4] [viewers=60]
 *
 * Method: nine viewers of ten follow video and sound at the live edge by blocking reload and hint,
 * hang up after 20 to 60 seconds in the middle of their requests, and come back on new connections.
 * One of ten asks for 100 MB of segments on one connection, reads nothing, and is replaced each
 * minute if the server has not dropped it by then, as it should.
 * Before each reconnect the server's resident memory and descriptors are read; the first third, at
 * most five minutes, is warm-up. At the end everybody leaves and the descriptors are read again.
 */
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { PublisherSwarm } from '../test/support/publisher-swarm.ts';
import { ServerProcess } from '../test/support/server-process.ts';
import { rounded } from '../test/support/spread.ts';
import { encodeTestPicture } from '../test/support/test-picture.ts';
import { LiveViewer } from './support/live-viewer.ts';
import { readMetric } from './support/metric.ts';

const minutes = Number(process.argv[2] ?? 30);
const publishers = Number(process.argv[3] ?? 4);
const viewers = Number(process.argv[4] ?? 60);

const MINUTE_MS = 60_000;
/** Publishers stay away for so long. */
const AWAY_MS = 2_000;
/** Until streams have segments that stalled viewers can ask for. */
const FIRST_SEGMENTS_MS = 8_000;
const SHORTEST_STAY_MS = 20_000;
const LONGEST_STAY_MS = 60_000;
const NOT_LIVE_PAUSE_MS = 500;
const STALLED_ONE_OF = 10;
const STALLED_REQUESTS = 150;
const WARM_UP_MINUTES = Math.min(5, Math.floor(minutes / 3));
/** Longer than the server keeps a connection that says nothing after the last answer. */
const LEAVING_MS = 5_000;

/** What the server held at the end of a minute. */
interface Reading {
  readonly minute: number;
  readonly residentMiB: number;
  readonly descriptors: number;
}

const counts = { partsFetched: 0, visits: 0, failures: 0, stalled: 0 };
let isOver = false;
const present = new Set<LiveViewer>();

const file = encodeTestPicture(LONGEST_STAY_MS / 1000);
// Each hanging up is to end a broadcast: new ones cost more than one that goes on.
const server = await ServerProcess.start({ env: { RECONNECT_WINDOW: '0' } });
try {
  console.log(JSON.stringify(await soak()));
} finally {
  await server.stop();
}

async function soak(): Promise<object> {
  const streams = await Promise.all(
    Array.from({ length: publishers }, (_, index) => server.createStream(`soak ${index}`)),
  );
  const descriptorsBefore = descriptors();
  const streamOf = (index: number): string => streams[index % streams.length]?.id ?? '';
  const stalled = Math.floor(viewers / STALLED_ONE_OF);
  const coming = Array.from({ length: viewers - stalled }, (_, index) =>
    comeAndGo(streamOf(index)),
  );
  const readings: Reading[] = [];
  for (let minute = 1; minute <= minutes; minute += 1) {
    const swarm = new PublisherSwarm(file);
    for (const { streamKey } of streams) await swarm.add(server.rtmpPort, streamKey);
    await wait(FIRST_SEGMENTS_MS);
    const idle: Socket[] = [];
    for (let index = 0; index < stalled; index += 1) idle.push(await stall(streamOf(index)));
    await wait(MINUTE_MS - AWAY_MS - FIRST_SEGMENTS_MS);
    const residentMiB = Math.round(server.residentMiB());
    readings.push({ minute, residentMiB, descriptors: descriptors() });
    const { lost } = swarm.stop();
    console.error(JSON.stringify({ ...readings.at(-1), publishersLost: lost, ...counts }));
    for (const socket of idle) socket.destroy();
    await wait(AWAY_MS);
  }
  isOver = true;
  for (const viewer of present) viewer.leave();
  await Promise.all(coming);
  await wait(LEAVING_MS);
  return {
    minutes,
    ...counts,
    stalledDropped: await readMetric(server.url, 'http_dropped_total{reason="stalled"}'),
    ...memory(readings),
    descriptorsBefore,
    descriptorsAfter: descriptors(),
    viewersLeft: await readMetric(server.url, 'http_lane_connections'),
    publishersLeft: await readMetric(server.url, 'rtmp_connections'),
  };
}

/** One viewer after another, each for a while. */
async function comeAndGo(streamId: string): Promise<void> {
  while (!isOver) {
    const viewer = new LiveViewer(server.url);
    present.add(viewer);
    const stayMs = SHORTEST_STAY_MS + Math.random() * (LONGEST_STAY_MS - SHORTEST_STAY_MS);
    const timer = setTimeout(() => viewer.leave(), stayMs);
    counts.visits += 1;
    try {
      await watch(viewer, streamId);
    } catch (error) {
      // Leaving cuts off what was asked for; everything else is the server's failure.
      if (!viewer.left) {
        counts.failures += 1;
        console.error(String(error));
        await wait(NOT_LIVE_PAUSE_MS);
      }
    } finally {
      clearTimeout(timer);
      viewer.leave();
      present.delete(viewer);
    }
  }
}

/** Watches one broadcast after another until the viewer leaves. */
async function watch(viewer: LiveViewer, streamId: string): Promise<void> {
  while (!viewer.left) {
    const playlists = await viewer.playlists(streamId);
    if (playlists === undefined) await wait(NOT_LIVE_PAUSE_MS);
    else await Promise.all(playlists.map((url) => follow(viewer, url)));
  }
}

async function follow(viewer: LiveViewer, url: string): Promise<void> {
  for await (const part of viewer.follow(url)) if (part.bytes.length > 0) counts.partsFetched += 1;
}

/** Asks for far more than the system's buffers hold, and reads nothing. */
async function stall(streamId: string): Promise<Socket> {
  const viewer = new LiveViewer(server.url);
  const [url = ''] = (await viewer.playlists(streamId)) ?? [];
  const segment = /^s\d+\.m4s$/m.exec((await viewer.ask(url)).body.toString())?.[0] ?? '';
  viewer.leave();
  const socket = connect({ host: '127.0.0.1', port: server.port });
  counts.stalled += 1;
  // Being cut off is what a viewer that reads nothing has to expect.
  socket.once('error', () => socket.destroy());
  socket.pause();
  const head = `GET ${new URL(segment, url).pathname} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
  socket.write(head.repeat(STALLED_REQUESTS));
  return socket;
}

function descriptors(): number {
  return readdirSync(`/proc/${server.pid}/fd`).length;
}

function memory(readings: readonly Reading[]): object {
  const steady = readings.filter(({ minute }) => minute > WARM_UP_MINUTES);
  const minute = mean(steady.map((reading) => reading.minute));
  const residentMiB = mean(steady.map((reading) => reading.residentMiB));
  let covariance = 0;
  let variance = 0;
  for (const reading of steady) {
    covariance += (reading.minute - minute) * (reading.residentMiB - residentMiB);
    variance += (reading.minute - minute) ** 2;
  }
  return {
    residentMiB: rounded(residentMiB),
    // The slope of a straight line through the readings; null when one reading is all there is.
    growthMiBPerHour: variance === 0 ? null : rounded((covariance / variance) * 60),
    descriptors: readings.map((reading) => reading.descriptors),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
