import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { type Cancel, type Clock, type Log, type LogFields, Signal } from '../../base/index.ts';
import { decodeAmf0, encodeAmf0 } from '../../format/amf0/index.ts';
import { type EnhancedCapabilities, RtmpSession } from '../../wire/rtmp/index.ts';
import {
  type MediaSink,
  type RtmpAuthorization,
  RtmpConnection,
  type RtmpPublisher,
  type RtmpPublishRequest,
} from './rtmp-connection.ts';
import { FailureLimit } from './rtmp-failure-limit.ts';
import { DEFAULT_RTMP_LISTENER_LIMITS, type RtmpListenerLimits, SWEEP_MS } from './rtmp-limits.ts';

/** `rtmp://host/live/{streamKey}`; a slash that a person put behind the app is no other app. */
const APP_NAMES = ['live', 'live/'];
/** Refusals that are no guesses at a key: a picture is asked for, or the key is right. */
const NO_GUESSES: readonly string[] = [
  'play',
  'database_unavailable',
  'owner_may_not_broadcast',
  'stream_disabled',
  'stream_ended',
  'stream_just_ended',
];
const LISTEN_BACKLOG = 1024;
/** What `format/flv` reads and can be carried on to fMP4. */
const ENHANCED: EnhancedCapabilities = {
  video: ['avc1', 'hvc1', 'av01'],
  audio: ['mp4a', 'Opus'],
  // Multitrack, ModEx, TimestampNanoOffset: what format/flv reads. Not Reconnect (1).
  capsEx: 2 | 4 | 8,
};

/** What a listener needs; `G` is whatever its owner grants to a publisher. */
export interface RtmpListenerOptions<G> {
  readonly clock: Clock;
  readonly log: Log;
  /** Decides who may publish what. `refused` codes come from a small fixed set: they are counted. */
  readonly authorize: (
    request: RtmpPublishRequest,
  ) => RtmpAuthorization<G> | Promise<RtmpAuthorization<G>>;
  /**
   * A granted publisher begins. To let the newest win, `close` the publisher before it in here:
   * its sink is ended when that returns, before the new one gets its first message.
   */
  readonly publish: (grant: G, publisher: RtmpPublisher) => MediaSink;
  /** Fields by which logs name what was granted, such as a stream id. Never the key. */
  readonly describe: (grant: G) => LogFields;
  readonly enhanced?: EnhancedCapabilities;
  readonly limits?: Partial<RtmpListenerLimits>;
}

/** Where to listen; port 0 takes a free one. */
export interface RtmpAddress {
  readonly host: string;
  readonly port: number;
}

/** What happened since the start, and what is so now. Codes are keys; none comes from a peer. */
export interface RtmpCounters {
  readonly connections: number;
  readonly publishers: number;
  readonly accepted: number;
  /** Sockets turned away and publishes refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Connections that were served to their end, by reason. */
  readonly ended: Readonly<Record<string, number>>;
  readonly receivedBytes: number;
  readonly ignoredMessages: number;
}

/**
 * Takes RTMP publishers on a TCP port: owns the sockets and their deadlines, asks its owner about
 * keys and hands on what they publish. Keys are in no log line, and
 * addresses only when they are kept out for guessing at keys.
 */
export class RtmpListener<G> {
  readonly #options: RtmpListenerOptions<G>;
  readonly #limits: RtmpListenerLimits;
  readonly #failures: FailureLimit;
  readonly #server: Server;
  readonly #connections = new Set<RtmpConnection<G>>();
  readonly #gone = new Signal();
  #cancelSweep: Cancel | undefined;
  #lastId = 0;
  readonly #refused = new Map<string, number>();
  readonly #ended = new Map<string, number>();
  /** Of connections that are no more. */
  #pastBytes = 0;
  #pastIgnored = 0;

  constructor(options: RtmpListenerOptions<G>) {
    this.#options = options;
    this.#limits = { ...DEFAULT_RTMP_LISTENER_LIMITS, ...options.limits };
    this.#failures = new FailureLimit({
      failures: this.#limits.failures,
      windowMs: this.#limits.failureWindowMs,
      addresses: this.#limits.failureAddresses,
    });
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  get counters(): RtmpCounters {
    let receivedBytes = this.#pastBytes;
    let ignoredMessages = this.#pastIgnored;
    let publishers = 0;
    for (const connection of this.#connections) {
      receivedBytes += connection.receivedBytes;
      ignoredMessages += connection.ignoredMessages;
      if (connection.publishing) publishers++;
    }
    return {
      connections: this.#connections.size,
      publishers,
      accepted: this.#lastId,
      refused: Object.fromEntries(this.#refused),
      ended: Object.fromEntries(this.#ended),
      receivedBytes,
      ignoredMessages,
    };
  }

  /** Starts to accept; gives the address taken. Rejects with the system's error, such as EADDRINUSE. */
  async listen(address: RtmpAddress): Promise<RtmpAddress> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ ...address, backlog: LISTEN_BACKLOG }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#server.on('error', (error) => {
      this.#options.log.error({ error }, 'rtmp listener failed');
    });
    const taken = this.#server.address();
    const port = taken !== null && typeof taken === 'object' ? taken.port : address.port;
    this.#options.log.info({ host: address.host, port }, 'rtmp listening');
    return { host: address.host, port };
  }

  /** Accepts nobody any more, ends all publishers, and resolves when every socket is closed. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const connection of [...this.#connections]) connection.shutDown();
    await closed;
    for (;;) {
      const gone = this.#gone.next();
      if (this.#connections.size === 0) break;
      await gone;
    }
    this.#cancelSweep?.();
  }

  #accept(socket: Socket): void {
    const remoteAddress = socket.remoteAddress;
    const refusal = this.#doorRefusal(remoteAddress);
    if (refusal !== undefined || remoteAddress === undefined) {
      count(this.#refused, refusal ?? 'gone_already');
      // A socket can still report a reset before it is gone; there is nothing left to do about it.
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    const id = ++this.#lastId;
    const { clock, log, authorize, publish, describe } = this.#options;
    const connection = new RtmpConnection<G>({
      id,
      socket,
      session: this.#session(),
      remoteAddress,
      log: log.child({ connection: id }),
      limits: this.#limits,
      nowMs: () => clock.monotonicMs(),
      authorize,
      publish,
      describe,
      onRefused: (reason) => this.#noteRefused(reason, remoteAddress),
      onEnded: (reason) => count(this.#ended, reason),
    });
    this.#connections.add(connection);
    socket.once('close', () => this.#forget(connection));
    this.#cancelSweep ??= clock.after(SWEEP_MS, () => this.#sweep());
  }

  #doorRefusal(remoteAddress: string | undefined): string | undefined {
    if (remoteAddress === undefined) return 'gone_already';
    if (this.#connections.size >= this.#limits.connections) return 'too_many_connections';
    const nowMs = this.#options.clock.monotonicMs();
    return this.#failures.blocks(remoteAddress, nowMs) ? 'too_many_failures' : undefined;
  }

  #session(): RtmpSession {
    return new RtmpSession({
      random: randomBytes,
      hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
      amf: { encode: encodeAmf0, decode: decodeAmf0 },
      servesApp: (app) => APP_NAMES.includes(app),
      enhanced: this.#options.enhanced ?? ENHANCED,
    });
  }

  #noteRefused(reason: string, remoteAddress: string): void {
    count(this.#refused, reason);
    if (NO_GUESSES.includes(reason)) return;
    const { clock, log } = this.#options;
    if (!this.#failures.fail(remoteAddress, clock.monotonicMs())) return;
    const forS = this.#limits.failureWindowMs / 1000;
    log.warn({ address: remoteAddress, forS }, 'address kept out after too many failures');
  }

  #forget(connection: RtmpConnection<G>): void {
    this.#connections.delete(connection);
    this.#pastBytes += connection.receivedBytes;
    this.#pastIgnored += connection.ignoredMessages;
    this.#gone.raise();
  }

  /** One timer looks after all connections, and sleeps when there is none. */
  #sweep(): void {
    this.#cancelSweep = undefined;
    const nextLookMs = this.#options.clock.monotonicMs() + SWEEP_MS;
    for (const connection of this.#connections) connection.enforceDeadlines(nextLookMs);
    if (this.#connections.size > 0) {
      this.#cancelSweep = this.#options.clock.after(SWEEP_MS, () => this.#sweep());
    }
  }
}

function count(counts: Map<string, number>, reason: string): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}
