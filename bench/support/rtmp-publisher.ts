import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { type AmfValue, encodeAmf0 } from '../../server/format/amf0/index.ts';
import type { FlvFile, FlvTag } from './flv-file.ts';

const HANDSHAKE_BYTES = 1536;
const CHUNK_SIZE = 60_000;
const MEDIA_CHUNK_STREAM = 4;
const COMMAND_CHUNK_STREAM = 3;
const COMMAND = 20;
const SET_CHUNK_SIZE = 1;
const OPEN_TIMEOUT_MS = 10_000;

/** Publishes to an RTMP server as an encoder does, sending media that is encoded already. */
export class RtmpPublisher {
  readonly #socket: Socket;
  #chunkSize = 128;
  /** Why the connection is gone; undefined while it stands. */
  closed: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', (error) => {
      this.closed ??= error;
    });
    socket.on('close', () => {
      this.closed ??= new Error('closed by the server');
    });
  }

  /** Bytes handed to the socket that the server has not taken yet. */
  get backlogBytes(): number {
    return this.#socket.writableLength;
  }

  /** Connects and publishes under `key`; resolves once the server has said Publish.Start. */
  static async open(port: number, key: string): Promise<RtmpPublisher> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const publisher = new RtmpPublisher(socket);
    const timer = setTimeout(() => socket.destroy(new Error('open timed out')), OPEN_TIMEOUT_MS);
    try {
      await publisher.#handshake();
      publisher.#message(2, SET_CHUNK_SIZE, 0, u32(CHUNK_SIZE));
      publisher.#chunkSize = CHUNK_SIZE;
      const started = publisher.#awaitStart();
      const tcUrl = `rtmp://127.0.0.1:${port}/live`;
      publisher.#command(
        'connect',
        1,
        new Map([
          ['app', 'live'],
          ['tcUrl', tcUrl],
        ]),
      );
      publisher.#command('releaseStream', 2, null, key);
      publisher.#command('FCPublish', 3, null, key);
      publisher.#command('createStream', 4, null);
      publisher.#command('publish', 5, null, key, 'live');
      await started;
    } finally {
      clearTimeout(timer);
    }
    socket.resume();
    return publisher;
  }

  /** Sends the codec headers. */
  begin(file: FlvFile): void {
    for (const tag of file.headers) this.send(tag, 0);
  }

  /** Sends one media tag, stamped `timestampMs`. */
  send(tag: FlvTag, timestampMs: number): void {
    this.#message(MEDIA_CHUNK_STREAM + (tag.typeId & 1), tag.typeId, timestampMs, tag.body);
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  close(): void {
    this.#socket.destroy();
  }

  async #handshake(): Promise<void> {
    const hello = Buffer.concat([Buffer.of(3), Buffer.alloc(8), randomBytes(HANDSHAKE_BYTES - 8)]);
    this.#socket.write(hello);
    let received = Buffer.alloc(0);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#socket.once('close', () => reject(this.closed ?? new Error('closed')));
    const take = (bytes: Buffer): void => {
      const before = received.length;
      received = Buffer.concat([received, bytes]);
      if (before < 1 + HANDSHAKE_BYTES && received.length >= 1 + HANDSHAKE_BYTES) {
        this.#socket.write(received.subarray(1, 1 + HANDSHAKE_BYTES));
      }
      if (received.length < 1 + 2 * HANDSHAKE_BYTES) return;
      this.#socket.off('data', take);
      resolve();
    };
    this.#socket.on('data', take);
    await promise;
  }

  /** The server's answers are few and small: it is enough to look for the status code in them. */
  #awaitStart(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let received = Buffer.alloc(0);
    const take = (bytes: Buffer): void => {
      received = Buffer.concat([received, bytes]);
      if (received.includes('NetStream.Publish.Start')) {
        this.#socket.off('data', take);
        resolve();
      } else if (received.includes('NetStream.Publish.BadName')) {
        reject(new Error('publish refused'));
      }
    };
    this.#socket.on('data', take);
    this.#socket.once('close', () => reject(this.closed ?? new Error('closed')));
    return promise;
  }

  #command(...values: AmfValue[]): void {
    this.#message(COMMAND_CHUNK_STREAM, COMMAND, 0, Buffer.from(encodeAmf0(values)));
  }

  #message(chunkStream: number, typeId: number, timestampMs: number, payload: Buffer): void {
    const extended = timestampMs >= 0xffffff;
    const header = Buffer.alloc(extended ? 16 : 12);
    header.writeUInt8(chunkStream, 0);
    header.writeUIntBE(extended ? 0xffffff : timestampMs, 1, 3);
    header.writeUIntBE(payload.length, 4, 3);
    header.writeUInt8(typeId, 7);
    header.writeUInt32LE(typeId === SET_CHUNK_SIZE || typeId === COMMAND ? 0 : 1, 8);
    if (extended) header.writeUInt32BE(timestampMs >>> 0, 12);
    this.#socket.write(header);
    for (let at = 0; at < payload.length; at += this.#chunkSize) {
      if (at > 0) {
        this.#socket.write(
          extended ? continuation(chunkStream, timestampMs) : Buffer.of(0xc0 | chunkStream),
        );
      }
      this.#socket.write(payload.subarray(at, at + this.#chunkSize));
    }
  }
}

function continuation(chunkStream: number, timestampMs: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(0xc0 | chunkStream, 0);
  bytes.writeUInt32BE(timestampMs >>> 0, 1);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** One publisher's place in a looping file. */
interface Position {
  readonly publisher: RtmpPublisher;
  readonly startedMs: number;
  next: number;
  loop: number;
}

/** What came of a swarm. */
export interface SwarmResult {
  readonly publishers: number;
  readonly lost: number;
  readonly backlogBytes: number;
  readonly worstLatenessMs: number;
}

/** Publishes `file` in real time under each of `keys` until `stop` is called. */
export class PublisherSwarm {
  readonly #positions: Position[] = [];
  readonly #file: FlvFile;
  readonly #timer: NodeJS.Timeout;
  readonly #onSend: (tag: FlvTag, timestampMs: number) => FlvTag;
  #worstLatenessMs = 0;

  constructor(file: FlvFile, onSend: (tag: FlvTag, timestampMs: number) => FlvTag = (tag) => tag) {
    this.#file = file;
    this.#onSend = onSend;
    this.#timer = setInterval(() => this.#tick(), 5);
  }

  async add(port: number, key: string): Promise<void> {
    const publisher = await RtmpPublisher.open(port, key);
    publisher.begin(this.#file);
    this.#positions.push({ publisher, startedMs: performance.now(), next: 0, loop: 0 });
  }

  stop(): SwarmResult {
    clearInterval(this.#timer);
    const lost = this.#positions.filter(({ publisher }) => publisher.closed !== undefined).length;
    let backlogBytes = 0;
    for (const { publisher } of this.#positions) {
      backlogBytes += publisher.backlogBytes;
      publisher.close();
    }
    const publishers = this.#positions.length;
    return { publishers, lost, backlogBytes, worstLatenessMs: this.#worstLatenessMs };
  }

  #tick(): void {
    const now = performance.now();
    for (const position of this.#positions) {
      if (position.publisher.closed === undefined) this.#advance(position, now);
    }
  }

  #advance(position: Position, now: number): void {
    const { media, durationMs } = this.#file;
    position.publisher.cork();
    for (;;) {
      const tag = media[position.next];
      if (tag === undefined) break;
      const timestampMs = tag.timestampMs + position.loop * durationMs;
      const lateness = now - position.startedMs - timestampMs;
      if (lateness < 0) break;
      this.#worstLatenessMs = Math.max(this.#worstLatenessMs, lateness);
      position.publisher.send(this.#onSend(tag, timestampMs), timestampMs);
      position.next += 1;
      if (position.next === media.length) {
        position.next = 0;
        position.loop += 1;
      }
    }
    position.publisher.uncork();
  }
}
