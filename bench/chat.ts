/**
 * What a room costs the thread that it runs on, beside a loop that sends with `ws`, in the same run
 * and to the same sockets, whose other ends are in a process of their own: one message at a time,
 * and a storm. Also for how long the storm holds the thread at a time.
 *
 *     node bench/chat.ts [--sockets 2000] [--rate 500] [--seconds 10] [--gap MS]
 *
 * `--gap` is the silence between two messages when they come one at a time. With more than 200 ms from
 * one to the next Linux acknowledges each as it comes, on the sender's time; with less, with the next
 * read. Near 200 ms a round is of either kind, and rounds cannot be compared.
 *
 * Times are processor time of the thread, so that a busy machine does not change them much.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ChatMessage } from '../contract/index.ts';
import { silentLog, systemClock } from '../server/base/index.ts';
import { BatchPace, MOST_SHOWN_PER_SECOND } from '../server/community/chat/batch-pace.ts';
import { FanOut } from '../server/community/chat/fan-out.ts';
import { RoomLog } from '../server/community/chat/room-log.ts';
import { SocketReader } from '../server/community/chat/socket-reader.ts';
import { textFrame } from '../server/community/chat/text-frame.ts';
import { share } from '../test/support/spread.ts';

/** Upgrades and throws away what comes. */
const SINK = `const net = require('node:net');
const upgrade = ['GET / HTTP/1.1', 'Host: 127.0.0.1', 'Upgrade: websocket', 'Connection: Upgrade',
  'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''].join('\\r\\n');
const [port, sockets] = process.argv.slice(1).map(Number);
let opened = 0;
const open = () => net.connect(port, '127.0.0.1', function () {
  this.write(upgrade);
  opened += 1;
  if (opened <= sockets - AT_ONCE) open();
}).on('data', () => {});
const AT_ONCE = Math.min(sockets, 200);
for (let count = 0; count < AT_ONCE; count += 1) open();`;
/** One message at a time: rounds of each loop in turn, and messages of a round. */
const ROUNDS = 11;
const ROUND_MESSAGES = 20;
const CHARACTERS = 200;
/** What is compared, in the order of a round. */
const LOOPS = ['ws', 'frame', 'room'] as const;

type Loop = (typeof LOOPS)[number];

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '2000' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '10' },
    gap: { type: 'string' },
  },
});
const sockets = Number(values.sockets);
const rate = Number(values.rate);
const seconds = Number(values.seconds);

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
    fragments: [{ type: 'text', text: 'x'.repeat(CHARACTERS) }],
  };
}

interface Peer {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
}

async function connect(): Promise<{ readonly peers: readonly Peer[]; close(): void }> {
  const peers: Peer[] = [];
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server = createServer().on('upgrade', (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      // Of a server without TLS.
      peers.push({ webSocket: webSocket.on('error', () => {}), socket: socket as Socket });
    });
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: sockets });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const sink = spawn(process.execPath, ['-e', SINK, String(port), String(sockets)]);
  const ended = once(sink, 'exit').then(() => {
    throw new Error('Cannot go on: the process of the sockets has ended');
  });
  while (peers.length < sockets) await Promise.race([wait(50), ended]);
  return {
    peers,
    close: () => {
      sink.kill();
      for (const { webSocket } of peers) webSocket.terminate();
      server.close();
    },
  };
}

/** What a server makes of a connection, behind its `join`. */
function readerOf({ webSocket, socket }: Peer, index: number): SocketReader {
  const reader = new SocketReader(
    {
      // Asked only by who sends something, and these do not.
      chat: undefined as never,
      // None of them is to be closed because it did not join.
      clock: { ...systemClock, after: () => () => {} },
      ...{ log: silentLog, forget: () => {}, closed: () => {} },
    },
    'stream',
    { webSocket, socket, address: undefined },
  );
  reader.authorId = `guest_${index}`;
  reader.name = `quiet-heron-${index}`;
  return reader;
}

/** A message a socket, as `ws` sends it. */
function wsLoop(peers: readonly Peer[]) {
  return (seq: number): void => {
    const json = JSON.stringify({ type: 'entries', entries: [message(seq)] });
    for (const { webSocket } of peers) webSocket.send(json);
  };
}

/** The same, joined to a frame once. */
function frameLoop(peers: readonly Peer[]) {
  return (seq: number): void => {
    const frame = textFrame(JSON.stringify({ type: 'entries', entries: [message(seq)] }));
    for (const { socket } of peers) socket.write(frame);
  };
}

/** The same, by a room's own fan-out. */
function roomLoop(peers: readonly Peer[]) {
  const log = new RoomLog('e', 0);
  const fanOut = new FanOut({
    ...{ log, pace: new BatchPace(), clock: systemClock, random: Math.random },
    isModerator: () => false,
    yieldTo: setImmediate,
  });
  for (const [index, peer] of peers.entries()) fanOut.join(readerOf(peer, index), 0);
  return (): void => {
    const entry = message(log.lastSeq + 1);
    const json = JSON.stringify(entry);
    log.append({ entry, epoch: 'e', atMs: performance.now(), json, nonce: null });
    fanOut.arrived();
  };
}

/** Deliveries per second of processor time, one message at a time; the median round of each loop. */
async function oneAtATime(peers: readonly Peer[]) {
  const gapMs = Number(values.gap ?? Math.max(50, peers.length / 50));
  const loops = { ws: wsLoop(peers), frame: frameLoop(peers), room: roomLoop(peers) };
  const rates: Record<Loop, number[]> = { ws: [], frame: [], room: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of LOOPS) {
      const beganBytes = written(peers);
      const began = cpuMs();
      for (let count = 1; count <= ROUND_MESSAGES; count += 1) {
        loops[name](count);
        await wait(gapMs);
      }
      const usedMs = cpuMs() - began;
      const bytes = (written(peers) - beganBytes) / peers.length / ROUND_MESSAGES;
      if (bytes < CHARACTERS) throw new Error(`${name} has sent ${bytes} bytes a message`);
      rates[name].push((ROUND_MESSAGES * peers.length * 1000) / usedMs);
    }
  }
  const median = (name: Loop): number => share(rates[name], 0.5);
  const perCpuSecond = {
    ws: Math.round(median('ws')),
    frame: Math.round(median('frame')),
    room: Math.round(median('room')),
  };
  return { perCpuSecond, ratio: round(median('room') / median('ws')) };
}

function written(peers: readonly Peer[]): number {
  return peers.reduce((sum, { socket }) => sum + socket.bytesWritten, 0);
}

async function storm(peers: readonly Peer[], isSliced: boolean) {
  const log = new RoomLog('e', 0);
  const slices: number[] = [];
  let isWriting = false;
  const timed = (task: () => void): void => {
    const began = cpuMs();
    isWriting = false;
    task();
    // What only waits for its turn is no slice.
    if (isWriting) slices.push(cpuMs() - began);
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
  if (!isSliced) pace.spreadMs = () => 0;
  const fanOut = new FanOut({
    ...{ log, pace, clock, yieldTo, random: Math.random },
    isModerator: () => false,
  });
  for (const [index, peer] of peers.entries()) {
    const reader = readerOf(peer, index);
    const write = reader.write.bind(reader);
    reader.write = (frame) => {
      isWriting = true;
      return write(frame);
    };
    fanOut.join(reader, 0);
  }
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
const single = await oneAtATime(peers);
const sliced = await storm(peers, true);
const whole = await storm(peers, false);
const stormRatio = round(sliced.deliveriesPerCpuSecond / single.perCpuSecond.ws);
console.log(JSON.stringify({ sockets, rate, seconds, single, sliced, whole, stormRatio }));
close();
