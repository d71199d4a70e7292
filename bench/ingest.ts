/**
 * What passthrough publishers cost: processor time and memory of one server process that makes
 * LL-HLS of every stream, with nobody watching.
 *
 *     node bench/ingest.ts [publishers=100] [seconds=20]
 *
 * Method: one 720p30 file of 2.7 Mbit/s is published by this process in a loop under as many keys
 * as publishers; after all are up and a window has filled, the kernel's process times are read at
 * both ends of the measured seconds.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { ServerProcess } from '../test/support/server-process.ts';
import { encodeTestFlv } from './support/flv-file.ts';
import { PublisherSwarm } from './support/rtmp-publisher.ts';

/** Segments in the window plus those that stay for late readers, with room. */
const SETTLE_S = 40;

const publishers = Number(process.argv[2] ?? 100);
const seconds = Number(process.argv[3] ?? 20);

const file = encodeTestFlv(60);
const server = await ServerProcess.start({ env: { MAX_PUBLISHERS: String(publishers + 10) } });
const idleMiB = server.residentMiB();
const swarm = new PublisherSwarm(file);
for (let index = 0; index < publishers; index += 1) {
  const { streamKey } = await server.createStream(`bench ${index}`);
  await swarm.add(server.rtmpPort, streamKey);
}
await wait(SETTLE_S * 1000);
const cpuBefore = server.cpuSeconds();
const startedMs = performance.now();
await wait(seconds * 1000);
const cpuSeconds = server.cpuSeconds() - cpuBefore;
const wallSeconds = (performance.now() - startedMs) / 1000;
const residentMiB = server.residentMiB();
const live = (await (await fetch(`${server.url}/api/streams/live`)).json()) as {
  streams: unknown[];
};
const result = swarm.stop();
await server.stop();
console.log(
  JSON.stringify({
    ...result,
    live: live.streams.length,
    cpuMsPerStreamSecond: Number(((cpuSeconds * 1000) / wallSeconds / publishers).toFixed(2)),
    idleMiB: Math.round(idleMiB),
    residentMiB: Math.round(residentMiB),
    residentMiBPerStream: Number((residentMiB / publishers).toFixed(1)),
  }),
);
