import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { DropReason } from './lane-connection.ts';

/** PEM texts of the certificate chain and of its key. */
export interface TlsKeyPair {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** Answers one request of Node's own servers. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** A listening socket with the servers behind it. */
export interface Transport {
  readonly server: Server;
  /** Connections of viewers in the fast lane now. */
  readonly laneSize: number;
  /** Connections that went to Node's parser. */
  readonly handedOver: number;
  readonly drops: ReadonlyMap<DropReason, number>;
  /** Takes another certificate for new connections; where none is used, nothing. */
  renewTls(pair: TlsKeyPair): void;
  /** Ends what has lasted too long. Called once a second. */
  sweep(): void;
  /** Ends connections as they become idle; called again and again once the server is closing. */
  drain(): void;
  /** Ends all connections now. */
  destroy(): void;
}

/** Who takes connections that change their protocol. */
export interface UpgradeHandler {
  /** Whether a raw address, with its query, is one of its own; all others are answered in HTTP. */
  readonly matches: (url: string) => boolean;
  /** Takes the connection for good, with the bytes that came behind the request. */
  readonly handle: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}
