import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { MAX_HEAD_BYTES } from '../../wire/http1/index.ts';
import type { DropReason } from './lane-connection.ts';
import type { HttpLimits } from './limits.ts';
import type { RequestListener, TlsKeyPair, Transport } from './transport.ts';

/** A viewer of many renditions has a few requests held and a few running. */
const MAX_CONCURRENT_STREAMS = 100;
const MIN_VERSION = 'TLSv1.2';
const NO_DROPS: ReadonlyMap<DropReason, number> = new Map();

/** HTTP/2 and HTTP/1.1 over TLS, as the client prefers; both by Node's own parsers. */
export class SecureTransport implements Transport {
  readonly server: Http2SecureServer;
  readonly laneSize = 0;
  readonly drops = NO_DROPS;
  readonly #sockets = new Set<Socket>();
  /** Open streams of each session: a held request is silent, yet no idle session. */
  readonly #sessions = new Map<ServerHttp2Session, number>();
  #accepted = 0;

  constructor(limits: HttpLimits, { cert, key }: TlsKeyPair, listener: RequestListener) {
    this.server = createSecureServer({
      allowHTTP1: true,
      cert,
      key,
      minVersion: MIN_VERSION,
      handshakeTimeout: limits.headTimeoutMs,
      settings: { maxConcurrentStreams: MAX_CONCURRENT_STREAMS, maxHeaderListSize: MAX_HEAD_BYTES },
    });
    Object.assign(this.server, {
      headersTimeout: limits.headTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
    });
    this.server.on('connection', (socket: Socket) => this.#track(socket));
    this.server.on('session', (session) => this.#watch(session, limits.idleTimeoutMs));
    const anyRequest: string = 'request';
    this.server.on(anyRequest, listener);
  }

  get handedOver(): number {
    return this.#accepted;
  }

  renewTls({ cert, key }: TlsKeyPair): void {
    this.server.setSecureContext({ cert, key, minVersion: MIN_VERSION });
  }

  sweep(): void {}

  drain(): void {
    for (const session of this.#sessions.keys()) session.close();
    // Node gives it to servers with `allowHTTP1`; its types do not say so.
    const closeIdle: unknown = Reflect.get(this.server, 'closeIdleConnections');
    if (typeof closeIdle === 'function') Reflect.apply(closeIdle, this.server, []);
  }

  destroy(): void {
    for (const session of this.#sessions.keys()) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #track(socket: Socket): void {
    this.#accepted += 1;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #watch(session: ServerHttp2Session, idleTimeoutMs: number): void {
    this.#sessions.set(session, 0);
    const add = (change: number): void => {
      const open = this.#sessions.get(session);
      if (open !== undefined) this.#sessions.set(session, open + change);
    };
    session.on('stream', (stream: ServerHttp2Stream) => {
      add(1);
      stream.once('close', () => add(-1));
    });
    session.setTimeout(idleTimeoutMs, () => {
      if (this.#sessions.get(session) === 0) session.close();
    });
    session.once('close', () => this.#sessions.delete(session));
  }
}
