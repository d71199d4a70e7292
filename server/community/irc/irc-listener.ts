/** The port of the gateway: TLS, or plain TCP for programs on this machine. */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { Clock, Log } from '../../base/index.ts';
import type { IrcGateway } from './irc-gateway.ts';

const LISTEN_BACKLOG = 256;
/** Connections at once, with those that are still shaking hands. */
const MOST_CONNECTIONS = 2_500;
const HANDSHAKE_MS = 10_000;
/** How long a peer has to read our last words. */
const LINGER_MS = 2_000;

/** PEM texts of a certificate chain and its key. */
export interface IrcKeyPair {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** Where to listen; port 0 takes a free one. */
export interface IrcAddress {
  readonly host: string;
  readonly port: number;
}

/** What a listener needs. */
export interface ListenerSettings {
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined: plain TCP. */
  readonly pair: IrcKeyPair | undefined;
}

/** See the top of the file. */
export class IrcListener {
  readonly #settings: ListenerSettings;
  readonly #gateway: IrcGateway;
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(gateway: IrcGateway, settings: ListenerSettings) {
    const { pair } = settings;
    this.#gateway = gateway;
    this.#settings = settings;
    const take = (socket: Socket): void => this.#take(socket);
    if (pair !== undefined) {
      const limits = { handshakeTimeout: HANDSHAKE_MS, noDelay: true };
      this.#tls = createTlsServer({ ...pair, ...limits }, take);
    }
    this.#server = this.#tls ?? createServer({ noDelay: true }, take);
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Starts to accept; gives the port taken. Rejects with the system's error, such as EADDRINUSE. */
  async listen(address: IrcAddress): Promise<number> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...address, backlog: LISTEN_BACKLOG }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => this.#settings.log.error({ error }, 'irc listener failed'));
    const taken = server.address();
    const port = taken !== null && typeof taken === 'object' ? taken.port : address.port;
    const isTls = this.#tls !== undefined;
    this.#settings.log.info({ host: address.host, port, isTls }, 'irc listening');
    return port;
  }

  /** Connections from now on are shown this certificate; where none is used, nothing. */
  renewTls(pair: IrcKeyPair): void {
    this.#tls?.setSecureContext(pair);
  }

  /** Accepts nobody any more. Resolves when all are gone; the gateway sends them away first. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) this.#linger(socket);
    await closed;
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
    const session = this.#gateway.accept({
      address: socket.remoteAddress ?? '',
      get unsentBytes() {
        return socket.writableLength;
      },
      write: (lines) => {
        if (socket.writable) socket.write(lines);
      },
      end: () => this.#linger(socket),
    });
    if (session === undefined) {
      socket.end('ERROR :Too many connections; try again later\r\n');
      this.#linger(socket);
      return;
    }
    socket.on('data', (bytes) => session.receive(bytes));
    socket.once('end', () => session.end('lost'));
    socket.once('close', () => session.end('lost'));
  }

  /** Ends our side, and the connection whether or not the peer reads what is left. */
  #linger(socket: Socket): void {
    socket.end();
    const cancel = this.#settings.clock.after(LINGER_MS, () => socket.destroy());
    socket.once('close', cancel);
  }
}
