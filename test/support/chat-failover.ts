/**
 * Two servers share a chat; one of them is killed, and everybody who read there comes back to the
 * other one and says where it was. What each was shown is compared with what was said.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { ChatFrame } from '../../contract/index.ts';
import type { Cleaning } from './place.ts';
import { socketUrl, startTwoServers } from './two-servers.ts';

/** Clients that also write. */
const WRITERS = 10;
/** Each of them, so often. */
const WRITE_EVERY_MS = 1_000;
/** Clients come back within so long by chance, as the page does. */
const SPREAD_MS = 1_000;
const RETRY_MS = 500;
/** Opened at once; a listening socket has a queue. */
const OPEN_AT_ONCE = 100;
const BEFORE_MS = 3_000;
const AFTER_MS = 3_000;
const PATIENCE_MS = 60_000;

/** What was seen. */
export interface FailoverResult {
  readonly sockets: number;
  /** Messages in the room at the end. */
  readonly messages: number;
  /** Milliseconds from the kill until the slowest was welcome again, and half of them. */
  readonly slowestMs: number;
  readonly medianMs: number;
  /** Processor seconds that the other server, and these clients, used until then. */
  readonly serverCpuS: number;
  readonly clientsCpuS: number;
  /** Messages that somebody was not shown, or was shown twice, over all clients. */
  readonly lost: number;
  readonly repeated: number;
  /** Clients that could not be told just what they missed. */
  readonly resyncs: number;
  /** Posts whose authors were told that they are in the room, and those that are not. */
  readonly posted: number;
  readonly missing: number;
}

/** Somebody who reads, comes back, and may write. */
class Swimmer {
  readonly seqs: number[] = [];
  readonly texts: string[] = [];
  readonly confirmed = new Set<string>();
  resyncs = 0;
  welcomes = 0;
  welcomeMs = 0;
  seq = 0;
  readonly #unconfirmed = new Set<string>();
  #epoch = '';
  #guest: string | undefined;
  #socket: WebSocket | undefined;

  /** Joins at `url`; resolves when it is welcome. Rejects when that fails. */
  join(url: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      this.#socket = socket;
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('closed')));
      socket.on('open', () => {
        const resume = this.#epoch === '' ? {} : { resume: { epoch: this.#epoch, seq: this.seq } };
        socket.send(JSON.stringify({ type: 'join', v: 1, guest: this.#guest, ...resume }));
      });
      socket.on('message', (bytes: Buffer) => {
        const frame: ChatFrame = JSON.parse(bytes.toString());
        this.#read(frame);
        if (frame.type !== 'welcome') return;
        for (const text of this.#unconfirmed) this.#post(text);
        resolve();
      });
    });
  }

  say(text: string): void {
    this.#unconfirmed.add(text);
    this.#post(text);
  }

  drop(): void {
    this.#socket?.terminate();
  }

  #post(text: string): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ type: 'post', text, nonce: text }));
  }

  #read(frame: ChatFrame): void {
    switch (frame.type) {
      case 'welcome':
        this.#epoch = frame.epoch;
        this.#guest = frame.guest;
        this.welcomes += 1;
        this.welcomeMs = performance.now();
        break;
      case 'resync':
        this.resyncs += 1;
        this.#epoch = frame.epoch ?? this.#epoch;
        break;
      case 'history':
        this.seq = frame.seq;
        break;
      case 'entries':
        this.#epoch = frame.epoch ?? this.#epoch;
        this.seq = frame.seq;
        for (const entry of frame.entries) {
          this.seqs.push(entry.seq);
          if (entry.type === 'message')
            this.texts.push(entry.fragments.map(({ text }) => text).join(''));
        }
        break;
      case 'posted':
        if (frame.nonce === null) break;
        this.#unconfirmed.delete(frame.nonce);
        this.confirmed.add(frame.nonce);
        break;
    }
  }
}

/** Runs it with so many sockets on the server that is killed. */
export async function chatFailover(context: Cleaning, sockets: number): Promise<FailoverResult> {
  const { servers, path } = await startTwoServers(context);
  const [doomed, next] = servers;
  const swimmers = Array.from({ length: sockets }, () => new Swimmer());
  context.after(() => {
    for (const swimmer of swimmers) swimmer.drop();
  });
  for (let begin = 0; begin < sockets; begin += OPEN_AT_ONCE) {
    const batch = swimmers.slice(begin, begin + OPEN_AT_ONCE);
    await Promise.all(batch.map((swimmer) => swimmer.join(socketUrl(doomed, path))));
  }
  const stop = write(swimmers.slice(0, WRITERS));
  await wait(BEFORE_MS);
  await doomed.kill('SIGKILL');
  const killedMs = performance.now();
  const [serverCpuS, clientsCpuS] = [next.cpuSeconds(), ownCpuS()];
  await Promise.all(swimmers.map((swimmer) => comeBack(swimmer, socketUrl(next, path))));
  const used = {
    serverCpuS: rounded(next.cpuSeconds() - serverCpuS),
    clientsCpuS: rounded(ownCpuS() - clientsCpuS),
  };
  await wait(AFTER_MS);
  stop();
  await settled(swimmers);
  return { ...judge(swimmers, killedMs), ...used };
}

function write(writers: readonly Swimmer[]): () => void {
  let count = 0;
  const timer = setInterval(() => {
    for (const [index, writer] of writers.entries()) writer.say(`writer ${index} says ${count}`);
    count += 1;
  }, WRITE_EVERY_MS);
  return () => clearInterval(timer);
}

async function comeBack(swimmer: Swimmer, url: string): Promise<void> {
  await wait(Math.random() * SPREAD_MS);
  for (let tries = 0; tries < PATIENCE_MS / RETRY_MS; tries += 1) {
    try {
      await swimmer.join(url);
      return;
    } catch {
      await wait(RETRY_MS);
    }
  }
  throw new Error('A client could not come back');
}

/** Waits until all were told the same, and nothing more comes. */
async function settled(swimmers: readonly Swimmer[]): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let last = -1; performance.now() < deadline; ) {
    const seqs = new Set(swimmers.map(({ seq }) => seq));
    const [seq = 0] = seqs;
    if (seqs.size === 1 && seq === last) return;
    last = seqs.size === 1 ? seq : -1;
    await wait(1_000);
  }
}

function ownCpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}

function judge(
  swimmers: readonly Swimmer[],
  killedMs: number,
): Omit<FailoverResult, 'serverCpuS' | 'clientsCpuS'> {
  const all = new Set(swimmers.flatMap(({ seqs }) => seqs));
  const texts = new Set(swimmers.flatMap((swimmer) => swimmer.texts));
  const backMs = swimmers.map(({ welcomeMs }) => welcomeMs - killedMs).sort((a, b) => a - b);
  let [lost, repeated, resyncs, posted, missing] = [0, 0, 0, 0, 0];
  for (const swimmer of swimmers) {
    const own = new Set(swimmer.seqs);
    lost += all.size - own.size;
    repeated += swimmer.texts.length - new Set(swimmer.texts).size;
    resyncs += swimmer.resyncs;
    posted += swimmer.confirmed.size;
    for (const text of swimmer.confirmed) if (!texts.has(text)) missing += 1;
  }
  return {
    ...{ sockets: swimmers.length, messages: all.size, lost, repeated, resyncs, posted, missing },
    slowestMs: Math.round(backMs.at(-1) ?? 0),
    medianMs: Math.round(backMs[Math.floor(backMs.length / 2)] ?? 0),
  };
}
