/**
 * The one port that viewers, transcoders, people and operators come to. A connection starts in the
 * fast lane (plain requests for what `delivery` answers); anything else goes, for good, to Node's
 * parser and from there to the same delivery handler or to fastify.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { assert, type Cancel, type Clock, type Log } from '../../base/index.ts';
import type { DeliveryHandler } from '../../pipeline/origin/index.ts';
import { clientErrorListener } from './client-error.ts';
import { DeliveryMount } from './delivery-mount.ts';
import { createApp } from './fastify-app.ts';
import { refusalAnswer } from './lane-answer.ts';
import type { DropReason } from './lane-connection.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from './limits.ts';
import { listenErrorOf } from './listen-error.ts';
import { ManagementGuard } from './management-guard.ts';
import { PlainTransport } from './plain-transport.ts';
import type { PlaylistWitness } from './playlist-witness.ts';
import { ResponseTally } from './response-tally.ts';
import { SecureTransport } from './secure-transport.ts';
import type { TlsKeyPair, Transport, UpgradeHandler } from './transport.ts';

/** What the HTTP layer needs of the application. */
export interface HttpServerSettings {
  readonly log: Log;
  readonly clock: Clock;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** When given, the port speaks TLS, and HTTP/2 to those who can. */
  readonly tls?: TlsKeyPair | undefined;
  readonly delivery: {
    readonly handler: DeliveryHandler;
    /** Whether a raw path, without its query, is one that the handler answers. */
    readonly matches: (path: string) => boolean;
  };
  /** Told of playlists that are asked for. */
  readonly witness?: PlaylistWitness | undefined;
  /** Without one, an offer to change the protocol is passed over. */
  readonly upgrade?: UpgradeHandler | undefined;
  /** Adds the routes of the other faces. */
  readonly register: (app: FastifyInstance) => void | Promise<void>;
  readonly management: {
    /** Asked for at each request. */
    readonly token?: string | undefined;
    readonly publicUrl?: string | undefined;
    /** Asked for at each request, likewise. */
    readonly trustedProxies?: readonly string[] | undefined;
  };
  readonly limits?: Partial<HttpLimits>;
}

/** What is going on, for metrics. */
export interface HttpServerStats {
  /** Connections in the fast lane now. */
  readonly laneConnections: number;
  /** Connections that Node's parser took, since the start. */
  readonly handedOver: number;
  /** Connections closed at once because `maxConnections` were open. */
  readonly refusedConnections: number;
  /** Connections that the fast lane ended, by reason. */
  readonly drops: ReadonlyMap<DropReason, number>;
}

const SWEEP_MS = 1000;
/** How often a closing server looks for connections that have become idle. */
const DRAIN_MS = 50;
const HTTP_ORIGIN = /^https?:\/\/[^/?#]*/i;

/** Makes the server; it does nothing before `listen`. */
export function createHttpServer(settings: HttpServerSettings): HttpServer {
  return new HttpServer(settings);
}

/** One HTTP server, from `listen` to `close`. */
export class HttpServer {
  /** Responses by face and status, and faults. */
  readonly responses = new ResponseTally();
  readonly #settings: HttpServerSettings;
  readonly #limits: HttpLimits;
  readonly #app: FastifyInstance;
  readonly #mount: DeliveryMount;
  readonly #transport: Transport;
  #closing = false;
  #closed: Promise<void> | undefined;
  #refused = 0;
  #cancelSweep: Cancel | undefined;

  constructor(settings: HttpServerSettings) {
    this.#settings = settings;
    this.#limits = { ...DEFAULT_HTTP_LIMITS, ...settings.limits };
    const { log, host, management } = settings;
    const shared = { log, limits: this.#limits, responses: this.responses };
    const guard = new ManagementGuard({
      host,
      publicUrl: management.publicUrl,
      get token() {
        return management.token;
      },
      get trustedProxies() {
        return management.trustedProxies;
      },
    });
    const isHttps =
      settings.tls !== undefined || management.publicUrl?.startsWith('https:') === true;
    const trustedProxies = () => management.trustedProxies;
    this.#app = createApp({ ...shared, guard, trustedProxies, isHttps });
    this.#mount = new DeliveryMount({
      ...shared,
      handler: settings.delivery.handler,
      accepts: settings.delivery.matches,
      clock: settings.clock,
      witness: settings.witness,
      closing: () => this.#closing,
    });
    this.#transport = this.#createTransport();
  }

  /** Counts for metrics, as of now. */
  get stats(): HttpServerStats {
    const { laneSize, handedOver, drops } = this.#transport;
    return { laneConnections: laneSize, handedOver, refusedConnections: this.#refused, drops };
  }

  /** Opens the port. Throws a `ListenError` when that cannot be. */
  async listen(): Promise<{ readonly port: number }> {
    const { host, port, register } = this.#settings;
    await register(this.#app);
    await this.#app.ready();
    const { server } = this.#transport;
    server.listen({ host, port });
    try {
      await once(server, 'listening');
    } catch (error) {
      await this.#app.close();
      throw error instanceof Error ? listenErrorOf(error, { host, port }) : error;
    }
    server.on('error', (error) => this.#settings.log.error({ error }, 'http server failed'));
    this.#sweepLater();
    const address = server.address();
    assert(address !== null && typeof address === 'object', 'Cannot read the port listened on');
    return { port: address.port };
  }

  /** Connections from now on are shown this certificate; those that are open go on. */
  renewTls(pair: TlsKeyPair): void {
    this.#transport.renewTls(pair);
  }

  /**
   * Accepts no more, lets answers that are due be sent, and ends the rest after `deadlineMs`.
   * Whoever holds requests is asked to answer them before this.
   */
  close(deadlineMs: number): Promise<void> {
    this.#closed ??= this.#close(deadlineMs);
    return this.#closed;
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#closing = true;
    const { server } = this.#transport;
    if (server.listening) {
      const cancelDeadline = this.#settings.clock.after(deadlineMs, () => {
        this.#transport.destroy();
      });
      const closed = once(server, 'close');
      server.close();
      this.#drainUntilClosed();
      await closed;
      cancelDeadline();
    }
    this.#cancelSweep?.();
    await this.#app.close();
  }

  #drainUntilClosed(): void {
    const { clock } = this.#settings;
    let cancel: Cancel | undefined;
    const drain = (): void => {
      this.#transport.drain();
      cancel = clock.after(DRAIN_MS, drain);
    };
    this.#transport.server.once('close', () => cancel?.());
    drain();
  }

  #createTransport(): Transport {
    const { clock, log, delivery, tls, witness } = this.#settings;
    const limits = this.#limits;
    const { responses } = this;
    const listener = this.#answer.bind(this);
    const { handler, matches: accepts } = delivery;
    const transport =
      tls === undefined
        ? new PlainTransport({ clock, log, handler, accepts, limits, responses, witness }, listener)
        : new SecureTransport(limits, tls, listener);
    const { server } = transport;
    server.maxConnections = limits.maxConnections;
    server.on('drop', () => {
      this.#refused += 1;
    });
    server.on('clientError', clientErrorListener({ clock, limits, responses }));
    takeUpgrades(server, this.#settings.upgrade);
    return transport;
  }

  /** Answers what Node's parser has read: delivery's paths itself, all others by fastify. */
  #answer(request: IncomingMessage, response: ServerResponse): void {
    // RFC 9112 section 3.2.2: a server must accept the absolute form too.
    const { url = '' } = request;
    const origin = HTTP_ORIGIN.exec(url);
    if (origin !== null) request.url = url.slice(origin[0].length) || '/';
    if (hasTwoHosts(request)) {
      this.#mount.send(response, twoHosts);
    } else if (!this.#mount.answer(request, response)) {
      if (this.#closing && request.httpVersionMajor === 1) {
        response.setHeader('connection', 'close');
      }
      this.#app.routing(request, response);
    }
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#settings.clock.after(SWEEP_MS, () => {
      this.#transport.sweep();
      this.#sweepLater();
    });
  }
}

/** A client may always offer another protocol (RFC 9110 section 7.8); only those asked for change. */
function takeUpgrades(server: Server, upgrade: UpgradeHandler | undefined): void {
  if (upgrade === undefined) return;
  const { matches, handle } = upgrade;
  // Node's HTTP/2 server, which speaks HTTP/1.1 as well, has no option for it.
  Object.assign(server, {
    shouldUpgradeCallback: ({ url = '' }: IncomingMessage) => matches(url),
  });
  server.on('upgrade', handle);
}

const twoHosts = refusalAnswer({
  refused: 'invalid_request',
  detail: 'Cannot answer request: it names two hosts',
});

/** RFC 9112 section 3.2: answered with 400, because two parsers may pick different ones. */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}
