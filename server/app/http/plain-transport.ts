import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { assert } from '../../base/index.ts';
import { MAX_HEAD_BYTES } from '../../wire/http1/index.ts';
import { FastLane, type LaneSettings } from './fast-lane.ts';
import type { DropReason } from './lane-connection.ts';
import type { RequestListener, Transport } from './transport.ts';

/**
 * HTTP/1.1 without TLS. The listening server is Node's own, but each connection enters the fast
 * lane first; only those with something else to say come to Node's parser.
 */
export class PlainTransport implements Transport {
  readonly server: Server;
  readonly #lane: FastLane;
  #handedOver = 0;

  constructor(settings: Omit<LaneSettings, 'handOver'>, listener: RequestListener) {
    const { limits } = settings;
    this.server = createServer(
      {
        maxHeaderSize: MAX_HEAD_BYTES,
        headersTimeout: limits.headTimeoutMs,
        requestTimeout: limits.requestTimeoutMs,
        keepAliveTimeout: limits.idleTimeoutMs,
        connectionsCheckingInterval: 1000,
        insecureHTTPParser: false,
      },
      listener,
    );
    const [accept] = this.server.listeners('connection');
    assert(accept !== undefined, 'Cannot find how node:http takes a connection');
    this.server.removeAllListeners('connection');
    this.#lane = new FastLane({
      ...settings,
      handOver: (socket, bytes) => {
        this.#handOver(socket, bytes, () => Reflect.apply(accept, this.server, [socket]));
      },
    });
    this.server.on('connection', (socket: Socket) => this.#lane.attach(socket));
  }

  get laneSize(): number {
    return this.#lane.size;
  }

  get handedOver(): number {
    return this.#handedOver;
  }

  get drops(): ReadonlyMap<DropReason, number> {
    return this.#lane.drops;
  }

  renewTls(): void {}

  sweep(): void {
    this.#lane.sweep();
  }

  drain(): void {
    this.#lane.close();
    this.server.closeIdleConnections();
  }

  destroy(): void {
    this.#lane.destroy();
    this.server.closeAllConnections();
  }

  /** Paused, so that the bytes put back come out first and only once somebody listens. */
  #handOver(socket: Socket, bytes: Buffer, accept: () => void): void {
    this.#handedOver += 1;
    socket.pause();
    socket.unshift(bytes);
    accept();
    socket.resume();
  }
}
