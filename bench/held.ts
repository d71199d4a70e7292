/**
 * How long held playlist requests wait after their part is there: from the moment a part is
 * posted to the orchestrator to each answer's arrival, the post itself included.
 *
 *     node bench/held.ts [held=2000] [rounds=20]
 *
 * Method: this process opens as many keep-alive connections as requests, lets all of them ask for
 * the next part, posts it, and notes when each answer has come whole.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { quantile, ServerProcess } from '../test/support/server-process.ts';

const held = Number(process.argv[2] ?? 2000);
const rounds = Number(process.argv[3] ?? 20);
const PARTS_PER_SEGMENT = 6;
const PLAYLIST = '/streams/bench/renditions/720p/playlist.m3u8';

const server = await ServerProcess.start();

async function send(path: string, body: object, method = 'POST'): Promise<void> {
  const response = await fetch(`${server.url}/streams/bench${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`Cannot ${method} ${path}: ${await response.text()}`);
}

/** Posts part `count` of the stream, closing the segment before it where one ends. */
async function postPart(count: number): Promise<void> {
  const sequence = 1 + Math.floor(count / PARTS_PER_SEGMENT);
  const part = count % PARTS_PER_SEGMENT;
  if (part === 0 && count > 0) {
    const path = `/media/${sequence - 1}.m4s`;
    await send('/renditions/720p/segments', { sequence: sequence - 1, duration: 2, path });
  }
  const path = `/media/${sequence}.${part}.m4s`;
  const independent = part === 0;
  const duration = 1 / 3;
  await send('/renditions/720p/parts', { sequence, part, duration, path, independent });
}

/** One viewer on one connection. */
class Viewer {
  readonly #socket: Socket;
  #received = '';
  #resolve: ((atMs: number) => void) | undefined;

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => this.#take(text));
  }

  /** Asks for `query` and resolves with the time at which the answer was whole. */
  ask(query: string): Promise<number> {
    const head = `GET ${PLAYLIST}?${query} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n`;
    this.#received = '';
    const answer = new Promise<number>((resolve) => {
      this.#resolve = resolve;
    });
    this.#socket.write(head);
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const head = this.#received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#received)?.[1] ?? 0);
    if (this.#received.length < head + 4 + length) return;
    if (!this.#received.startsWith('HTTP/1.1 200')) throw new Error(this.#received.slice(0, 200));
    this.#resolve?.(performance.now());
  }
}

await send('', { targetDuration: 2, partTarget: 0.36 }, 'PUT');
let count = 0;
for (; count < PARTS_PER_SEGMENT * 3; count += 1) await postPart(count);
await (await fetch(`${server.url}${PLAYLIST}`)).text();
const viewers = Array.from({ length: held }, () => new Viewer(server.port));
const waits: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const sequence = 1 + Math.floor(count / PARTS_PER_SEGMENT);
  const query = `_HLS_msn=${sequence}&_HLS_part=${count % PARTS_PER_SEGMENT}`;
  const answers = viewers.map((viewer) => viewer.ask(query));
  await wait(300);
  const postedMs = performance.now();
  const [, ...arrivals] = await Promise.all([postPart(count), ...answers]);
  for (const atMs of arrivals) waits.push(atMs - postedMs);
  count += 1;
}
for (const viewer of viewers) viewer.close();
await server.stop();
console.log(
  JSON.stringify({
    held,
    rounds,
    p50Ms: Number(quantile(waits, 0.5).toFixed(1)),
    p99Ms: Number(quantile(waits, 0.99).toFixed(1)),
    maxMs: Number(quantile(waits, 1).toFixed(1)),
  }),
);
