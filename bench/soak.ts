/**
 * Whether a server stays as it is: memory and open descriptors over minutes of viewers that come,
 * watch, stall without reading, and leave, and of publishers that reconnect once a minute.
 *
 *     node bench/soak.ts [minutes=30] [publishers=4] [viewers=60]
 *
 * Method: viewers follow the live edge with blocking reloads and fetch each part; one in ten stops
 * reading for good and is replaced a minute later. Once a minute, before the reconnects, the
 * server's resident memory and descriptors are read. The first five minutes are warm-up.
 */
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { ServerProcess } from '../test/support/server-process.ts';
import { encodeTestFlv } from './support/flv-file.ts';
import { PublisherSwarm } from './support/rtmp-publisher.ts';

const minutes = Number(process.argv[2] ?? 30);
const publishers = Number(process.argv[3] ?? 4);
const viewers = Number(process.argv[4] ?? 60);
const WARM_UP_MINUTES = 5;
const STALLED_SHARE = 10;

const file = encodeTestFlv(30);
const server = await ServerProcess.start();
const streams = await Promise.all(
  Array.from({ length: publishers }, (_, index) => server.createStream(`soak ${index}`)),
);
let watching = true;
let partsFetched = 0;
let failures = 0;

/** Follows the newest parts of a stream until `until`. */
async function watch(streamId: string, until: () => boolean): Promise<void> {
  while (watching && !until()) {
    try {
      await follow(streamId, until);
    } catch {
      failures += 1;
      await wait(500);
    }
  }
}

async function follow(streamId: string, until: () => boolean): Promise<void> {
  const master = await text(`${server.url}/live/${streamId}/master.m3u8`);
  const path = /^\S+video\/playlist\.m3u8$/m.exec(master)?.[0];
  if (path === undefined) throw new Error('no video playlist');
  const url = new URL(path, `${server.url}/live/${streamId}/`).href;
  let playlist = await text(url);
  while (watching && !until() && !playlist.includes('#EXT-X-ENDLIST')) {
    const hint = /PRELOAD-HINT:TYPE=PART,URI="(p(\d+)\.(\d+)\.m4s)"/.exec(playlist);
    if (hint === null) throw new Error('no hint');
    playlist = await text(`${url}?_HLS_msn=${hint[2]}&_HLS_part=${hint[3]}`);
    const part = await fetch(new URL(hint[1] ?? '', url));
    await part.arrayBuffer();
    if (part.ok) partsFetched += 1;
  }
}

async function text(url: string): Promise<string> {
  const response = await fetch(url);
  const body = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return body;
}

/** Asks for much and reads nothing. */
function stall(streamId: string): Socket {
  const socket = connect({ host: '127.0.0.1', port: server.port });
  socket.on('error', () => socket.destroy());
  socket.pause();
  const head = `GET /live/${streamId}/master.m3u8 HTTP/1.1\r\nHost: soak\r\n\r\n`;
  socket.write(head.repeat(200));
  return socket;
}

function descriptors(): number {
  return readdirSync(`/proc/${server.pid}/fd`).length;
}

const readings: { minute: number; residentMiB: number; descriptors: number }[] = [];
const stalled = Math.floor(viewers / STALLED_SHARE);
const ids = streams.map((stream) => stream.id);
const following: Promise<void>[] = [];
for (let index = 0; index < viewers - stalled; index += 1) {
  following.push(watch(ids[index % ids.length] ?? '', () => false));
}
for (let minute = 1; minute <= minutes; minute += 1) {
  const swarm = new PublisherSwarm(file);
  for (const { streamKey } of streams) await swarm.add(server.rtmpPort, streamKey);
  const idle = Array.from({ length: stalled }, (_, index) => stall(ids[index % ids.length] ?? ''));
  await wait(58_000);
  readings.push({
    minute,
    residentMiB: Math.round(server.residentMiB()),
    descriptors: descriptors(),
  });
  console.error(JSON.stringify({ ...readings.at(-1), partsFetched, failures }));
  swarm.stop();
  for (const socket of idle) socket.destroy();
  await wait(2_000);
}
watching = false;
await Promise.allSettled(following);
await wait(2_000);
const left = descriptors();
const steady = readings.filter((reading) => reading.minute > WARM_UP_MINUTES);
const half = Math.floor(steady.length / 2);
const mean = (list: typeof readings): number =>
  list.reduce((sum, reading) => sum + reading.residentMiB, 0) / list.length;
console.log(
  JSON.stringify({
    minutes,
    partsFetched,
    failures,
    firstHalfMiB: Math.round(mean(steady.slice(0, half))),
    secondHalfMiB: Math.round(mean(steady.slice(half))),
    descriptorsAtFirst: readings[0]?.descriptors,
    descriptorsAtLast: readings.at(-1)?.descriptors,
    descriptorsLeft: left,
  }),
);
await server.stop();
