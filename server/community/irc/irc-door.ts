/** The same gateway over WebSockets, at `/irc`, and at `/` for programs that know a host alone. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { IrcGateway } from './irc-gateway.ts';

const PATH = /^\/(?:irc\/?)?(?:\?|$)/;
/** A frame holds a few lines. */
const MAX_FRAME_BYTES = 32 * 1024;
const CLOSE_MS = 2_000;
/** IRCv3 websocket: one line a frame, without its end. */
const LINE_PROTOCOL = 'text.ircv3.net';
/** What programs of large streaming sites ask for: lines with their ends, several a frame. */
const PROTOCOLS = [LINE_PROTOCOL, 'irc'];

/** What the door asks about a request. */
export interface DoorQuestions {
  /** Whether it comes from no page of another site. */
  readonly isOwnPage: (request: IncomingMessage) => boolean;
  /** The address of whoever asks, with trusted proxies left out. */
  readonly addressOf: (request: IncomingMessage) => string;
}

/** See the top of the file. */
export class IrcDoor {
  readonly #gateway: IrcGateway;
  readonly #questions: DoorQuestions;
  readonly #server: WebSocketServer;

  constructor(gateway: IrcGateway, questions: DoorQuestions) {
    this.#gateway = gateway;
    this.#questions = questions;
    const limits = { maxPayload: MAX_FRAME_BYTES, maxFragments: 32, closeTimeout: CLOSE_MS };
    this.#server = new WebSocketServer({
      ...{ noServer: true, clientTracking: false, perMessageDeflate: false, ...limits },
      handleProtocols: (asked) => PROTOCOLS.find((each) => asked.has(each)) ?? false,
    });
  }

  /** Whether an upgrade of this address is for the door. */
  static accepts(url: string): boolean {
    return PATH.test(url);
  }

  /** Makes a WebSocket of the connection. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!this.#questions.isOwnPage(request)) {
      socket.once('error', () => socket.destroy());
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const address = this.#questions.addressOf(request);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      this.#take(webSocket, socket, address);
    });
  }

  #take(webSocket: WebSocket, socket: Duplex, address: string): void {
    const hasFrameForLine = webSocket.protocol === LINE_PROTOCOL;
    const session = this.#gateway.accept({
      address,
      get unsentBytes() {
        return socket.writableLength;
      },
      write: (lines) => {
        if (webSocket.readyState !== webSocket.OPEN) return;
        if (!hasFrameForLine) webSocket.send(lines, { binary: false });
        else for (const line of linesIn(lines)) webSocket.send(line);
      },
      end: () => webSocket.close(1000),
    });
    // What a peer sends against the protocol closes its socket; there is nothing more to do.
    webSocket.on('error', () => {});
    if (session === undefined) {
      webSocket.close(1013, 'too many connections');
      return;
    }
    webSocket.on('message', (bytes: Buffer) => {
      session.receive(bytes);
      // A frame ends its last line, whether or not that says so.
      if (bytes.at(-1) !== 0x0a) session.receive(Buffer.from('\n'));
    });
    webSocket.once('close', () => session.end('lost'));
  }
}

function linesIn(lines: Buffer): readonly string[] {
  return lines.toString().split('\r\n').slice(0, -1);
}
