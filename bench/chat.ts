/**
 * What a storm in a chat costs the thread that it runs on, and for how long it holds that thread at
 * a time: 500 messages a second into a room of 2,000 sockets, whose other ends are in a process of
 * their own. Beside it, in the same run, a bare loop that writes each message to each socket.
 *
 *     node bench/chat.ts [--sockets 2000] [--rate 500] [--seconds 10]
 *
 * Times are processor time of the thread, so that a busy machine does not change them much.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { ChatMessage } from '../contract/index.ts';
import { systemClock } from '../server/base/index.ts';
import { BatchPace, MOST_SHOWN_PER_SECOND } from '../server/community/chat/batch-pace.ts';
import { FanOut } from '../server/community/chat/fan-out.ts';
import type { Reader } from '../server/community/chat/reader.ts';
import { RoomLog } from '../server/community/chat/room-log.ts';
import { textFrame } from '../server/community/chat/text-frame.ts';

/** Connects and throws away what comes. */
const SINK = `const net = require('node:net');
for (let left = Number(process.argv[2]); left > 0; left -= 1)
  net.connect(Number(process.argv[1]), '127.0.0.1').on('data', () => {}).on('error', () => {});`;
const BARE_MESSAGES = 40;

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '2000' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '10' },
  },
});
const [sockets, rate, seconds] = [values.sockets, values.rate, values.seconds].map(Number) as [
  number,
  number,
  number,
];

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function message(seq: number): ChatMessage {
  return {
    type: 'message',
    ...{ seq, id: `msg_${String(seq).padStart(24, 'a')}`, streamTime: seq / rate },
    timestamp: new Date().toISOString(),
    broadcastId: null,
    author: { id: `guest_${seq % sockets}`, name: `quiet-heron-${seq % sockets}`, roles: [] },
    fragments: [{ type: 'text', text: 'x'.repeat(200) }],
  };
}

async function connect(): Promise<{ readonly peers: readonly Socket[]; close(): void }> {
  const peers: Socket[] = [];
  const server = createServer((socket) => peers.push(socket.setNoDelay().on('error', () => {})));
  server.listen({ port: 0, host: '127.0.0.1', backlog: sockets });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const sink = spawn(process.execPath, ['-e', SINK, String(port), String(sockets)]);
  while (peers.length < sockets) await wait(50);
  return {
    peers,
    close: () => {
      sink.kill();
      for (const peer of peers) peer.destroy();
      server.close();
    },
  };
}

function readerOf(socket: Socket, index: number): Reader {
  return {
    authorId: `guest_${index}`,
    name: `quiet-heron-${index}`,
    roles: [],
    get unsentBytes() {
      return socket.writableLength;
    },
    write: (frame) => {
      socket.write(frame);
    },
    whenDrained: (task) => {
      socket.once('drain', task);
    },
    close: () => socket.destroy(),
  };
}

/** Deliveries per second of processor time. */
async function bareLoop(peers: readonly Socket[]): Promise<number> {
  const began = cpuMs();
  for (let count = 1; count <= BARE_MESSAGES; count += 1) {
    const frame = textFrame(JSON.stringify(message(count)));
    for (const peer of peers) peer.write(frame);
    await wait(50);
  }
  return (BARE_MESSAGES * peers.length * 1000) / (cpuMs() - began);
}

async function storm(peers: readonly Socket[], isSliced: boolean) {
  const log = new RoomLog('e', 0);
  const slices: number[] = [];
  const timed = (task: () => void): void => {
    const began = cpuMs();
    task();
    slices.push(cpuMs() - began);
  };
  const yieldTo = (task: () => void): void => {
    if (isSliced) setImmediate(() => timed(task));
    else task();
  };
  const clock: typeof systemClock = {
    ...systemClock,
    after: (delayMs, task) => systemClock.after(delayMs, () => timed(task)),
  };
  const pace = new BatchPace();
  const fanOut = new FanOut({
    isModerator: () => false,
    log,
    pace,
    clock,
    random: Math.random,
    yieldTo,
  });
  for (const [index, peer] of peers.entries()) fanOut.join(readerOf(peer, index), 0);
  const began = cpuMs();
  const end = performance.now() + seconds * 1000;
  for (let due = performance.now(); performance.now() < end; await wait(2)) {
    for (; due <= performance.now(); due += 1000 / rate) {
      const entry = message(log.lastSeq + 1);
      const json = JSON.stringify(entry);
      log.append({ entry, epoch: 'e', atMs: performance.now(), json, nonce: null });
      fanOut.arrived();
    }
  }
  const cores = (cpuMs() - began) / 1000 / seconds;
  fanOut.close();
  const sum = slices.reduce((total, each) => total + each, 0);
  return {
    cores: round(cores),
    // The kernel counts in ticks of some milliseconds: the mean is finer than the longest.
    heldMs: { mean: round(sum / slices.length), most: round(Math.max(...slices)) },
    deliveriesPerCpuSecond: Math.round((Math.min(rate, MOST_SHOWN_PER_SECOND) * sockets) / cores),
  };
}

function round(value: number): number {
  return Number(value.toFixed(3));
}

const { peers, close } = await connect();
const barePerCpuSecond = Math.round(await bareLoop(peers));
const sliced = await storm(peers, true);
const whole = await storm(peers, false);
console.log(JSON.stringify({ sockets, rate, seconds, barePerCpuSecond, sliced, whole }));
close();
