/** Where WebSockets come in: `/api/streams/{id}/chat/ws`. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { type ChatCloseReason, ERROR_STATUS, type Refusal } from '../../../contract/index.ts';
import type { Cancel, Clock, Log } from '../../base/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import type { Chat } from './chat.ts';
import { NetworkShares } from './network-shares.ts';
import { type SocketHome, SocketReader } from './socket-reader.ts';

const PATH = /^\/api\/streams\/([A-Za-z0-9._-]{1,100})\/chat\/ws(?:\?|$)/;
/** 500 characters outside the basic plane, each escaped in JSON, and room for the rest. */
const MAX_FRAME_BYTES = 8 * 1024;
/** Pieces that a frame may come in. */
const MAX_FRAGMENTS = 32;
const MOST_SOCKETS = 20_000;
/** Each socket is pinged so often, a share of them every second. */
const PING_S = 30;
/** How long a peer has to answer our close. */
const CLOSE_MS = 5_000;

/** What chat knows of a stream. */
export interface ChatPlace {
  readonly ownerId: string;
  /** Whether the stream has a chat now. */
  readonly isOpen: boolean;
}

/** What the door needs of the application. */
export interface ChatDoorSettings {
  readonly chat: Chat;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined where no stream is. Rejects without a database. */
  readonly placeOf: (streamId: string) => Promise<ChatPlace | undefined>;
  /** PUBLIC_URL. */
  readonly publicUrl: string | undefined;
  /** The address of whoever asks, with trusted proxies left out. */
  readonly addressOf: (request: IncomingMessage) => string | undefined;
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** See the top of the file. */
export class ChatDoor {
  readonly #settings: ChatDoorSettings;
  readonly #home: SocketHome;
  readonly #server: WebSocketServer;
  readonly #readers = new Set<SocketReader>();
  /** The same in as many shares as a round of pings has seconds. */
  readonly #shares = Array.from({ length: PING_S }, () => new Set<SocketReader>());
  readonly #networks = new NetworkShares();
  readonly #closes = new Map<ChatCloseReason, number>();
  #opened = 0;
  #ticks = 0;
  #cancelTick: Cancel | undefined;
  #isClosing = false;

  constructor(settings: ChatDoorSettings) {
    this.#settings = settings;
    const { chat, clock, log } = settings;
    this.#home = {
      ...{ chat, clock, log },
      forget: (reader) => this.#forget(reader),
      closed: (reason) => this.#closes.set(reason, (this.#closes.get(reason) ?? 0) + 1),
    };
    const limits = { maxFragments: MAX_FRAGMENTS, closeTimeout: CLOSE_MS };
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
      ...limits,
    });
    this.#tickLater();
  }

  /** Whoever has a socket now. */
  get readers(): Iterable<SocketReader> {
    return this.#readers;
  }

  /** Sockets closed by us since the start, by reason. */
  get closes(): ReadonlyMap<ChatCloseReason, number> {
    return this.#closes;
  }

  /** Whether an upgrade of this address is for the door. */
  static accepts(url: string): boolean {
    return PATH.test(url);
  }

  /** Makes a WebSocket of the connection, or refuses it in HTTP. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { url = '' } = request;
    const streamId = PATH.exec(url)?.[1] ?? '';
    // Nobody else listens to it while the stream is looked up.
    const fail = (): Duplex => socket.destroy();
    socket.on('error', fail);
    void this.#refusal(request, streamId).then((refusal) => {
      socket.off('error', fail);
      if (socket.destroyed) return;
      if (refusal !== undefined) refuse(socket, refusal);
      else this.#open(streamId, { request, socket, head });
    });
  }

  #open(streamId: string, { request, socket, head }: Upgrade): void {
    const address = this.#settings.addressOf(request);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const reader = new SocketReader(this.#home, streamId, { webSocket, socket, address });
      this.#readers.add(reader);
      this.#networks.take(address);
      this.#shares[this.#opened % PING_S]?.add(reader);
      this.#opened += 1;
    });
  }

  /** Sends everybody away. Resolves when they have gone, or after `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    this.#cancelTick?.();
    const readers = [...this.#readers];
    const gone = Promise.all(readers.map((reader) => reader.goAway()));
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#settings.clock.after(deadlineMs, resolve);
    await Promise.race([gone, late]);
    cancel();
    for (const reader of readers) reader.terminate();
  }

  /** Never rejects. */
  async #refusal(request: IncomingMessage, streamId: string): Promise<Refusal | undefined> {
    const { headers } = request;
    const { placeOf, publicUrl, log } = this.#settings;
    if (!isOwnOrigin(headers.origin, headers.host, publicUrl)) {
      const detail = 'Cannot open chat from a page of another site';
      return { refused: 'forbidden', detail };
    }
    let place: ChatPlace | undefined;
    try {
      place = await placeOf(streamId);
    } catch (error) {
      // That the database is away is known elsewhere, and thousands come back at once.
      if (!(error instanceof DatabaseUnavailableError))
        log.warn({ error }, 'chat cannot be opened');
      return { refused: 'chat_unavailable', detail: 'Cannot open chat: try again later' };
    }
    if (place === undefined) {
      const detail = `Cannot open chat of stream ${JSON.stringify(streamId)}: it is unknown`;
      return { refused: 'stream_not_found', detail };
    }
    if (!place.isOpen) {
      return { refused: 'chat_disabled', detail: 'Cannot open chat: the stream has none' };
    }
    const isFull = this.#networks.isFull(this.#settings.addressOf(request));
    if (!isFull && this.#readers.size < MOST_SOCKETS && !this.#isClosing) return undefined;
    return { refused: 'chat_unavailable', detail: 'Cannot open chat: too many others read' };
  }

  #forget(reader: SocketReader): void {
    if (this.#readers.delete(reader)) this.#networks.give(reader.address);
    for (const share of this.#shares) share.delete(reader);
  }

  #tickLater(): void {
    this.#cancelTick = this.#settings.clock.after(1000, () => {
      this.#ticks += 1;
      for (const reader of this.#shares[this.#ticks % PING_S] ?? []) reader.ping();
      this.#tickLater();
    });
  }
}

/** Whether no other site opens it: programs send no Origin; a browser always does. */
export function isOwnOrigin(
  origin: string | undefined,
  authority: string | undefined,
  publicUrl: string | undefined,
): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  if (host === '') return false;
  return [`http://${authority}`, publicUrl].some(
    (own) => own !== undefined && URL.canParse(own) && new URL(own).host === host,
  );
}

function refuse(socket: Duplex, { refused, detail }: Refusal): void {
  const status = ERROR_STATUS[refused];
  const type = `/docs/errors#${refused}`;
  const title = refused.replaceAll('_', ' ');
  const body = JSON.stringify({ type, title, status, code: refused, detail });
  socket.once('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
