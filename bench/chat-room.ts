/**
 * A room of a whole server, with its readers in another process: what a socket costs, how long a
 * message takes to everybody, and what a storm does to the playlists beside it.
 *
 *     node bench/chat-room.ts memory   [--sockets 15000]
 *     node bench/chat-room.ts delivery [--sockets 5000] [--seconds 30]
 *     node bench/chat-room.ts storm    [--sockets 2000] [--rate 500] [--seconds 60] [--rounds 5]
 *
 * `delivery` says one message at a time, twice a second. `storm` measures 200 viewers who wait for
 * each part of a broadcast, from before the part is posted until they have the playlist: in turn
 * without a storm and with one, since a minute of a noisy machine shows its own worst moments. What
 * counts is the median over the storms of how each compares with the calm around it. Readers and
 * viewers are measured where they are, so that their own work counts too, and a machine with more
 * than two processors shows smaller figures.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { quantile, ServerProcess } from '../test/support/server-process.ts';
import { share } from '../test/support/spread.ts';
import { ChatSwarm, type SwarmReport } from './support/chat-swarm.ts';
import type { HeldViewer } from './support/held-viewer.ts';
import { PartFeeder } from './support/part-feeder.ts';

const VIEWERS = 200;
const PART_MS = 333;
const CHARACTERS = 200;
/** Clients that write: none may send more than ten frames a second. */
const SENDERS = 200;
const SETTLE_MS = 2_000;
const WARM_UP_S = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sockets: { type: 'string' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string' },
    rounds: { type: 'string', default: '5' },
  },
});
const [mode = ''] = positionals;
const measures = new Map([
  ['memory', memory],
  ['delivery', delivery],
  ['storm', storm],
]);
const measure = measures.get(mode);
if (measure === undefined) {
  console.error('Usage: node bench/chat-room.ts memory|delivery|storm [--sockets N]');
  process.exit(2);
}
const server = await ServerProcess.start({ env: { MAX_CONNECTIONS: '30000' } });
const swarm = new ChatSwarm();
try {
  console.log(JSON.stringify({ mode, ...(await measure()) }));
} finally {
  swarm.close();
  await server.stop();
}

async function memory(): Promise<object> {
  const sockets = Number(values.sockets ?? 15_000);
  const { open } = await room();
  // What is made once, for the first of them, is not counted.
  await open(500);
  await wait(SETTLE_MS);
  const before = server.residentMiB();
  await open(sockets - 500);
  await wait(SETTLE_MS);
  const after = server.residentMiB();
  const { up, lost } = await swarm.tell({ type: 'report' });
  const perSocketKiB = Math.round(((after - before) * 10_240) / (sockets - 500)) / 10;
  return { up, lost, beforeMiB: Math.round(before), afterMiB: Math.round(after), perSocketKiB };
}

async function delivery(): Promise<object> {
  const sockets = Number(values.sockets ?? 5_000);
  const seconds = Number(values.seconds ?? 30);
  const { open } = await room();
  await open(sockets);
  const cpuS = server.cpuSeconds();
  const report = await speak(2, seconds);
  return { ...figures(report, sockets), cpu: round((server.cpuSeconds() - cpuS) / seconds) };
}

async function storm(): Promise<object> {
  const sockets = Number(values.sockets ?? 2_000);
  const seconds = Number(values.seconds ?? 60);
  const rounds = Number(values.rounds);
  if (rounds % 2 !== 1)
    throw new Error(`Cannot tell the median of ${rounds} storms: name an odd number`);
  const { open } = await room();
  await open(sockets);
  const feeder = await PartFeeder.begin(server.url);
  const viewers = await Promise.all(Array.from({ length: VIEWERS }, () => feeder.openViewer()));
  await playlists(feeder, viewers, WARM_UP_S);
  let calm = await playlists(feeder, viewers, seconds);
  const storms: object[] = [];
  const changes: number[] = [];
  while (changes.length < rounds) {
    const cpuS = server.cpuSeconds();
    const [report, during] = await Promise.all([
      speak(Number(values.rate), seconds),
      playlists(feeder, viewers, seconds),
    ]);
    const cpu = round((server.cpuSeconds() - cpuS) / seconds);
    const after = await playlists(feeder, viewers, seconds);
    changes.push(during.p99 / ((calm.p99 + after.p99) / 2) - 1);
    storms.push({ ...figures(report, sockets), cpu, playlistMs: { before: calm, during, after } });
    console.error(JSON.stringify(storms.at(-1)));
    calm = after;
  }
  for (const viewer of viewers) viewer.close();
  return {
    storms: storms.length,
    p99Change: changes.map(round),
    median: round(quantile(changes, 0.5)),
  };
}

/** A room where everybody may write as they like. */
async function room() {
  const { id } = await server.createStream('Chat');
  const path = `/api/streams/${id}/chat`;
  const answer = await fetch(`${server.url}${path}/settings`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ slowModeS: 0 }),
  });
  if (answer.status !== 200) throw new Error(`Cannot set up chat: ${await answer.text()}`);
  const { port } = server;
  const open = (sockets: number) => swarm.tell({ type: 'open', port, path: `${path}/ws`, sockets });
  return { open };
}

async function speak(rate: number, seconds: number): Promise<SwarmReport> {
  await swarm.tell({ type: 'speak', rate, senders: SENDERS, characters: CHARACTERS });
  await wait(seconds * 1000);
  await swarm.tell({ type: 'hush' });
  await wait(SETTLE_MS);
  return swarm.tell({ type: 'report' });
}

function figures({ up, lost, sent, received, delays }: SwarmReport, sockets: number) {
  const shown = round(received / Math.max(1, sent * sockets));
  const delayMs = { p50: share(delays, 0.5), p99: share(delays, 0.99), max: share(delays, 1) };
  return { up, lost, sent, shown, delayMs };
}

/** Milliseconds that viewers wait for a playlist beyond its part, one part after another. */
async function playlists(feeder: PartFeeder, viewers: readonly HeldViewer[], seconds: number) {
  const waits: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  for (let dueMs = performance.now(); dueMs < endMs; dueMs += PART_MS) {
    await feeder.endSegment();
    const answers = viewers.map((viewer) => viewer.ask(feeder.query));
    await wait(Math.max(0, dueMs + PART_MS - performance.now()));
    const postedMs = performance.now();
    const [, ...arrivals] = await Promise.all([feeder.postPart(), ...answers]);
    for (const atMs of arrivals) waits.push(atMs - postedMs);
  }
  return { p50: share(waits, 0.5), p99: share(waits, 0.99), max: share(waits, 1) };
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
