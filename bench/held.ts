/**
 * How long held playlist requests wait after their part is there: from before a part is posted to
 * the orchestrator until each answer has arrived whole, the post itself included.
 *
 *     node bench/held.ts [held=2000] [rounds=20]
 *
 * Method: this process opens as many keep-alive connections as requests, lets all of them ask for
 * the next part, posts it once the server says that it holds them all, and notes when each answer
 * has come. Reading them takes this process about as long as writing them takes the server, and
 * that is in the figures too.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ServerProcess } from '../test/support/server-process.ts';
import { share } from '../test/support/spread.ts';
import { awaitMetric } from './support/metric.ts';

const held = Number(process.argv[2] ?? 2000);
const rounds = Number(process.argv[3] ?? 20);

const PARTS_PER_SEGMENT = 6;
const SEGMENT_S = 2;
const FIRST_PARTS = 3 * PARTS_PER_SEGMENT;
const RENDITION = '/streams/bench/renditions/720p';

/**
 * One viewer on one connection, asking for one playlist at a time. All read into one buffer, past
 * Node's streams, to leave the processor to what is measured.
 */
class HeldViewer {
  static readonly #buffer = Buffer.alloc(65_536);
  readonly #socket: Socket;
  #missingBytes = 0;
  #answer = Promise.withResolvers<number>();

  private constructor(port: number) {
    const callback = (size: number, buffer: Uint8Array): boolean => {
      this.#take(Buffer.from(buffer.buffer, buffer.byteOffset, size));
      return true;
    };
    const onread = { buffer: HeldViewer.#buffer, callback };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.#socket.on('close', () => {
      this.#answer.reject(new Error('Cannot hold: the server hung up'));
    });
  }

  static async open(port: number): Promise<HeldViewer> {
    const viewer = new HeldViewer(port);
    await once(viewer.#socket, 'connect');
    return viewer;
  }

  /** Asks for `query`; resolves with the time at which the answer was whole. */
  ask(query: string): Promise<number> {
    this.#answer = Promise.withResolvers<number>();
    const head = `GET ${RENDITION}/playlist.m3u8?${query} HTTP/1.1\r\n`;
    this.#socket.write(`${head}Host: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n`);
    return this.#answer.promise;
  }

  close(): void {
    this.#answer.promise.catch(() => undefined);
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    try {
      if (this.#missingBytes > 0) this.#missingBytes -= bytes.length;
      else this.#missingBytes = wholeBytes(bytes) - bytes.length;
      if (this.#missingBytes === 0) this.#answer.resolve(performance.now());
    } catch (error) {
      this.#answer.reject(error);
    }
  }
}

/** The size of an answer by its head, which a server sends in one piece; throws for a refusal. */
function wholeBytes(answer: Buffer): number {
  const headBytes = answer.indexOf('\r\n\r\n') + 4;
  const head = answer.toString('latin1', 0, headBytes);
  const length = /\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (!head.startsWith('HTTP/1.1 200 ') || length === undefined) {
    throw new Error(`Cannot reload: ${answer.toString('latin1', 0, 300)}`);
  }
  return headBytes + Number(length);
}

const server = await ServerProcess.start();
try {
  console.log(JSON.stringify(await measure()));
} finally {
  await server.stop();
}

async function measure(): Promise<object> {
  await send('PUT', '/streams/bench', { targetDuration: SEGMENT_S, partTarget: 0.36 });
  let count = 0;
  for (; count < FIRST_PARTS; count += 1) {
    await endSegment(count);
    await postPart(count);
  }
  const viewers = await Promise.all(
    Array.from({ length: held }, () => HeldViewer.open(server.port)),
  );
  const waits: number[] = [];
  for (let round = 0; round < rounds; round += 1, count += 1) {
    await endSegment(count);
    const { sequence, part } = placeOf(count);
    const answers = viewers.map((viewer) => viewer.ask(`_HLS_msn=${sequence}&_HLS_part=${part}`));
    await awaitMetric(server.url, 'hls_held_requests', held);
    const postedMs = performance.now();
    const [, ...arrivals] = await Promise.all([postPart(count), ...answers]);
    for (const atMs of arrivals) waits.push(atMs - postedMs);
  }
  for (const viewer of viewers) viewer.close();
  return {
    held,
    rounds,
    p50Ms: share(waits, 0.5),
    p99Ms: share(waits, 0.99),
    maxMs: share(waits, 1),
  };
}

function placeOf(count: number): { sequence: number; part: number } {
  const sequence = 1 + Math.floor(count / PARTS_PER_SEGMENT);
  return { sequence, part: count % PARTS_PER_SEGMENT };
}

/** Closes the segment before part `count` if that part begins another. */
async function endSegment(count: number): Promise<void> {
  const { sequence, part } = placeOf(count);
  if (part > 0 || sequence === 1) return;
  const path = `/media/${sequence - 1}.m4s`;
  await send('POST', `${RENDITION}/segments`, {
    sequence: sequence - 1,
    duration: SEGMENT_S,
    path,
  });
}

async function postPart(count: number): Promise<void> {
  const { sequence, part } = placeOf(count);
  const path = `/media/${sequence}.${part}.m4s`;
  const duration = SEGMENT_S / PARTS_PER_SEGMENT;
  const independent = part === 0;
  await send('POST', `${RENDITION}/parts`, { sequence, part, duration, path, independent });
}

async function send(method: 'POST' | 'PUT', path: string, body: object): Promise<void> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Cannot ${method} ${path}: ${text}`);
}
