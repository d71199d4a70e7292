/**
 * The other end of a chat bench: many WebSockets in one process, which read without parsing, so
 * that reading costs little beside what is measured. Told what to do by messages of its parent.
 */
import { connect, type Socket } from 'node:net';
import type { SwarmOrder, SwarmReport } from './chat-swarm.ts';

/** Before the 13 digits of when a message was sent, in wall-clock milliseconds. */
const MARK = Buffer.from('~T');
const DIGITS = 13;
/** A ping without a payload, which stands in no text, and the answer to it (RFC 6455, 5.5.3). */
const PING = Buffer.from([0x89, 0]);
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const CONNECT_AT_ONCE = 200;
const READ_BYTES = 256 * 1024;
/** One in so many delays is kept. */
const SAMPLE = 7;

const buffer = Buffer.allocUnsafe(READ_BYTES);
let [up, lost, received, sinceMs, sent] = [0, 0, 0, Number.POSITIVE_INFINITY, 0];
let delays: number[] = [];
const sockets: Socket[] = [];
let timer: NodeJS.Timeout | undefined;

/** A text frame as clients send it; masked with zeros, which changes nothing (RFC 6455, 5.3). */
function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? 2 : 4;
  const frame = Buffer.alloc(head + 4 + payload.length);
  frame[0] = 0x81;
  if (head === 2) frame[1] = 0x80 | payload.length;
  else {
    frame[1] = 0xfe;
    frame.writeUInt16BE(payload.length, 2);
  }
  payload.copy(frame, head + 4);
  return frame;
}

/** Counts the messages in `bytes`, history as well. Marks that are cut by the end of a read are not seen. */
function count(bytes: Buffer): void {
  const nowMs = Date.now();
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + MARK.length)) {
    received += 1;
    if (received % SAMPLE !== 0) continue;
    const sentMs = Number(bytes.toString('latin1', at + MARK.length, at + MARK.length + DIGITS));
    // What was sent earlier is history, or of the storm before.
    if (sentMs >= sinceMs) delays.push(nowMs - sentMs);
  }
}

function open(port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let isUpgraded = false;
    const callback = (size: number): boolean => {
      const bytes = buffer.subarray(0, size);
      if (isUpgraded) {
        count(bytes);
        if (bytes.includes(PING)) socket.write(PONG);
      } else if (buffer.toString('latin1', 9, 12) === '101') {
        isUpgraded = true;
        up += 1;
        socket.write(clientFrame('{"type":"join","v":1}'));
        resolve();
      } else reject(new Error(`Cannot join: ${buffer.toString('latin1', 0, Math.min(size, 300))}`));
      return true;
    };
    const socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer, callback },
    });
    sockets.push(socket);
    socket.on('connect', () => {
      const upgrade = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n';
      const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${upgrade}${key}\r\n`);
    });
    socket.on('error', reject);
    socket.on('close', () => {
      if (isUpgraded) lost += 1;
    });
  });
}

function say(socket: Socket, characters: number): void {
  const text = `~T${Date.now()} `.padEnd(characters, 'x');
  socket.write(clientFrame(JSON.stringify({ type: 'post', text })));
  sent += 1;
}

/** Some sockets take turns, `rate` messages a second together; a late timer makes up for it. */
function speak({ rate, senders, characters }: SwarmOrder & { readonly type: 'speak' }): void {
  const beganMs = performance.now();
  let turn = 0;
  timer = setInterval(() => {
    const due = ((performance.now() - beganMs) / 1000) * rate;
    for (; turn < due; turn += 1) {
      const socket = sockets[turn % senders];
      if (socket !== undefined) say(socket, characters);
    }
  }, 2);
}

async function obey(order: SwarmOrder): Promise<void> {
  switch (order.type) {
    case 'open':
      for (let left = order.sockets; left > 0; left -= CONNECT_AT_ONCE) {
        const batch = Math.min(left, CONNECT_AT_ONCE);
        await Promise.all(Array.from({ length: batch }, () => open(order.port, order.path)));
      }
      break;
    case 'speak':
      [received, sent, sinceMs, delays] = [0, 0, Date.now(), []];
      speak(order);
      break;
    case 'hush':
      clearInterval(timer);
      break;
    case 'report':
      break;
  }
  const report: SwarmReport = { up, lost, sent, received, delays };
  process.send?.(report);
}

process.on('message', (order: SwarmOrder) => {
  obey(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit());
