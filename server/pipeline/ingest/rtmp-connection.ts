import type { Socket } from 'node:net';
import { type Log, type LogFields, Violation } from '../../base/index.ts';
import type { AmfMap, MediaKind, RtmpEvent, RtmpSession } from '../../wire/rtmp/index.ts';
import type { RtmpListenerLimits } from './rtmp-limits.ts';

/** Where a publisher's media goes. Calls come in order of arrival and never after `end`. */
export interface MediaSink {
  /** One FLV tag's body, which belongs to the sink; `timestampMs` is unsigned 32 bit and wraps. */
  media(kind: MediaKind, timestampMs: number, payload: Uint8Array): void;
  /** The properties of an `onMetaData`. */
  metadata(values: AmfMap): void;
  /** Called exactly once, whoever ended it: with a lower-case code, or the owner's words. */
  end(reason: string): void;
}

/** What the owner of a stream holds of its publisher. */
export interface RtmpPublisher {
  /** Unique in this process. */
  readonly connectionId: number;
  readonly remoteAddress: string;
  /**
   * Ends the publisher for `reason`, in words that its user reads: the encoder gets them with
   * `NetStream.Publish.BadName`. Its sink has got `end(reason)` when this returns, and gets nothing
   * after it.
   */
  close(reason: string): void;
}

/**
 * The answer to who asks to publish. `refused` is a stable code for logs and metrics; `detail` is
 * what the encoder is told instead of the usual sentence, and must tell nobody whether a key is good
 * who does not hold it.
 */
export type RtmpAuthorization<G> =
  | { readonly granted: G }
  | { readonly refused: string; readonly detail?: string };

/** Who wants to publish. */
export interface RtmpPublishRequest {
  readonly app: string;
  /** The publish name up to its first `?`. A secret: never log it. */
  readonly streamKey: string;
  /** What follows the `?`; empty when there is none. It may hold secrets too. */
  readonly query: string;
  readonly remoteAddress: string;
}

/** What a connection needs of its listener. */
export interface RtmpConnectionOptions<G> {
  readonly id: number;
  readonly socket: Socket;
  readonly session: RtmpSession;
  readonly remoteAddress: string;
  readonly log: Log;
  readonly limits: RtmpListenerLimits;
  readonly nowMs: () => number;
  readonly authorize: (
    request: RtmpPublishRequest,
  ) => RtmpAuthorization<G> | Promise<RtmpAuthorization<G>>;
  readonly publish: (grant: G, publisher: RtmpPublisher) => MediaSink;
  readonly describe: (grant: G) => LogFields;
  /** Told of every refused publish and `connect`. */
  readonly onRefused: (reason: string) => void;
  /** Told once, when nothing more is taken from the peer; the socket may linger. */
  readonly onEnded: (reason: string) => void;
}

type State = 'opening' | 'authorizing' | 'publishing' | 'ended';

const REFUSED_KEY = 'The stream key is not known or not allowed to publish.';

/**
 * One socket and its session. While the owner thinks about a publish the socket is paused, and
 * what came in the same read waits; so at most one read (64 KiB) waits.
 *
 *   opening -> authorizing -> publishing -> opening (unpublished, may publish again)
 *   any -> ended
 */
export class RtmpConnection<G> implements RtmpPublisher {
  readonly connectionId: number;
  readonly remoteAddress: string;
  readonly #options: RtmpConnectionOptions<G>;
  readonly #socket: Socket;
  readonly #session: RtmpSession;
  readonly #openedMs: number;
  #log: Log;
  #state: State = 'opening';
  #sink: MediaSink | undefined;
  #held: RtmpEvent[] = [];
  /** Since when the present state lasts, or when enough bytes for `progressBytes` had come. */
  #markMs: number;
  #markBytes = 0;
  #receivedBytes = 0;

  constructor(options: RtmpConnectionOptions<G>) {
    this.#options = options;
    this.connectionId = options.id;
    this.remoteAddress = options.remoteAddress;
    this.#socket = options.socket;
    this.#session = options.session;
    this.#log = options.log;
    this.#openedMs = options.nowMs();
    this.#markMs = this.#openedMs;
    this.#socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    this.#socket.on('error', (error) => this.#finish('socket_error', { error: error.message }));
    this.#socket.on('close', () => this.#finish('peer_closed'));
  }

  get publishing(): boolean {
    return this.#state === 'publishing';
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get ignoredMessages(): number {
    return this.#session.ignoredMessages;
  }

  close(reason: string): void {
    this.#tell(reason, 'closed_by_owner');
  }

  /** Ends the connection because the whole listener goes. */
  shutDown(): void {
    this.#tell('The server is shutting down.', 'shutting_down');
  }

  /** Drops the peer if a deadline passes before `nextLookMs`. */
  enforceDeadlines(nextLookMs: number): void {
    const waitedMs = nextLookMs - this.#markMs;
    const { openingMs, progressMs, lingerMs } = this.#options.limits;
    if (this.#state === 'ended') {
      if (waitedMs > lingerMs) this.#socket.destroy();
    } else if (this.#state === 'publishing') {
      if (waitedMs > progressMs) this.#drop('too_slow');
    } else if (waitedMs > openingMs) this.#drop('opening_timeout');
  }

  #receive(bytes: Uint8Array): void {
    this.#receivedBytes += bytes.length;
    if (this.#state === 'ended') return; // read on, so that the last answer is not lost to a reset
    const nowMs = this.#options.nowMs();
    this.#noteProgress(nowMs);
    try {
      for (const event of this.#session.receive(bytes, nowMs)) this.#handle(event);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#flush();
  }

  #noteProgress(nowMs: number): void {
    if (this.#state !== 'publishing') return;
    if (this.#receivedBytes - this.#markBytes < this.#options.limits.progressBytes) return;
    this.#markMs = nowMs;
    this.#markBytes = this.#receivedBytes;
  }

  #handle(event: RtmpEvent): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'authorizing') {
      this.#held.push(event);
      return;
    }
    switch (event.type) {
      case 'media':
        this.#sink?.media(event.kind, event.timestampMs, event.payload);
        break;
      case 'metadata':
        this.#sink?.metadata(event.values);
        break;
      case 'publish':
        this.#authorize(event.app, event.streamName);
        break;
      case 'unpublish':
        this.#enter('opening');
        this.#endSink('unpublished');
        break;
      case 'refused':
        this.#refuse(event.reason);
        break;
      case 'connect':
        this.#log = this.#log.child({ encoder: event.flashVer.slice(0, 64) });
        break;
      case 'pong':
        break;
    }
  }

  #authorize(app: string, streamName: string): void {
    const request = this.#request(app, streamName);
    if (request === undefined) {
      this.#refuse('malformed_key');
      return;
    }
    const answer = this.#options.authorize(request);
    if (!(answer instanceof Promise)) {
      this.#answer(answer);
      return;
    }
    this.#state = 'authorizing';
    this.#socket.pause();
    answer.then((settled) => this.#resume(settled)).catch((error: unknown) => this.#fail(error));
  }

  #request(app: string, streamName: string): RtmpPublishRequest | undefined {
    const length = streamName.length;
    if (length > this.#options.limits.streamNameLength) return undefined;
    const mark = streamName.indexOf('?');
    const streamKey = mark < 0 ? streamName : streamName.slice(0, mark);
    const query = mark < 0 ? '' : streamName.slice(mark + 1);
    // Printable ASCII: whatever form keys have, nothing else can be one.
    if (!/^[!-~]+$/.test(streamKey)) return undefined;
    return { app, streamKey, query, remoteAddress: this.remoteAddress };
  }

  #resume(answer: RtmpAuthorization<G>): void {
    if (this.#state === 'ended') return;
    this.#state = 'opening';
    const held = this.#held;
    this.#held = [];
    this.#answer(answer);
    for (const event of held) this.#handle(event);
    this.#flush();
    this.#socket.resume();
  }

  #answer(answer: RtmpAuthorization<G>): void {
    if ('refused' in answer) {
      this.#refuse(answer.refused, answer.detail);
      return;
    }
    // Taken back in the same read as it was asked for: the `unpublish` follows, with no sink to end.
    if (!this.#session.acceptPublish()) return;
    this.#log = this.#log.child(this.#options.describe(answer.granted));
    this.#enter('publishing');
    const sink = this.#options.publish(answer.granted, this);
    if (this.publishing) {
      this.#sink = sink;
      this.#log.info({}, 'rtmp publish started');
    } else sink.end('closed');
  }

  #enter(state: 'opening' | 'publishing'): void {
    this.#state = state;
    this.#markMs = this.#options.nowMs();
    this.#markBytes = this.#receivedBytes;
  }

  #tell(description: string, reason: string): void {
    if (this.#state === 'ended') return;
    this.#session.endPublish('NetStream.Publish.BadName', description);
    this.#finish(reason, { why: description }, description);
  }

  #refuse(reason: string, told = REFUSED_KEY): void {
    this.#options.onRefused(reason);
    this.#session.refusePublish(told);
    this.#finish('refused', { refused: reason });
  }

  #fail(error: unknown): void {
    if (error instanceof Violation) {
      this.#drop('violation', { code: error.code, detail: error.message });
      return;
    }
    this.#log.error({ error }, 'rtmp connection failed');
    this.#drop('fault');
  }

  /** Ends the connection with no word to the peer. */
  #drop(reason: string, fields: LogFields = {}): void {
    this.#finish(reason, fields);
    this.#socket.destroy();
  }

  /** Ends the connection: the last answers go out, then our side of the socket closes. */
  #finish(reason: string, fields: LogFields = {}, told = reason): void {
    if (this.#state === 'ended') return;
    const nowMs = this.#options.nowMs();
    this.#state = 'ended';
    this.#markMs = nowMs;
    this.#held = [];
    this.#flush();
    this.#socket.end();
    this.#socket.resume();
    const durationMs = Math.round(nowMs - this.#openedMs);
    const figures = { durationMs, receivedBytes: this.#receivedBytes };
    this.#log.info({ reason, ...figures, ...fields }, 'rtmp connection ended');
    this.#options.onEnded(reason);
    this.#endSink(told);
  }

  #endSink(reason: string): void {
    const sink = this.#sink;
    this.#sink = undefined;
    try {
      sink?.end(reason);
    } catch (error) {
      // Whoever ended the connection must not pay for a fault of its sink.
      this.#log.error({ error }, 'rtmp sink failed to end');
    }
  }

  #flush(): void {
    const output = this.#session.takeOutput();
    if (output.length === 0 || !this.#socket.writable) return;
    this.#socket.cork();
    for (const bytes of output) this.#socket.write(bytes);
    this.#socket.uncork();
    if (this.#socket.writableLength > this.#options.limits.outputBytes) this.#drop('not_reading');
  }
}
