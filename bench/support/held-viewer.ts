import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * One viewer on one connection, asking for one playlist at a time. All read into one buffer, past
 * Node's streams, to leave the processor to what is measured.
 */
export class HeldViewer {
  static readonly #buffer = Buffer.alloc(65_536);
  readonly #socket: Socket;
  readonly #path: string;
  #missingBytes = 0;
  #answer = Promise.withResolvers<number>();

  private constructor(port: number, path: string) {
    this.#path = path;
    const callback = (size: number, buffer: Uint8Array): boolean => {
      this.#take(Buffer.from(buffer.buffer, buffer.byteOffset, size));
      return true;
    };
    const onread = { buffer: HeldViewer.#buffer, callback };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.#socket.on('close', () => {
      this.#answer.reject(new Error('Cannot hold: the server hung up'));
    });
  }

  /** Connects; `path` is that of the playlist. */
  static async open(port: number, path: string): Promise<HeldViewer> {
    const viewer = new HeldViewer(port, path);
    await once(viewer.#socket, 'connect');
    return viewer;
  }

  /** Asks for `query`; resolves with the time at which the answer was whole. */
  ask(query: string): Promise<number> {
    this.#answer = Promise.withResolvers<number>();
    const head = `GET ${this.#path}?${query} HTTP/1.1\r\n`;
    this.#socket.write(`${head}Host: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n`);
    return this.#answer.promise;
  }

  /** Hangs up. */
  close(): void {
    this.#answer.promise.catch(() => undefined);
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    try {
      if (this.#missingBytes > 0) this.#missingBytes -= bytes.length;
      else this.#missingBytes = wholeBytes(bytes) - bytes.length;
      if (this.#missingBytes === 0) this.#answer.resolve(performance.now());
    } catch (error) {
      this.#answer.reject(error);
    }
  }
}

/** The size of an answer by its head, which a server sends in one piece; throws for a refusal. */
function wholeBytes(answer: Buffer): number {
  const headBytes = answer.indexOf('\r\n\r\n') + 4;
  const head = answer.toString('latin1', 0, headBytes);
  const length = /\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (!head.startsWith('HTTP/1.1 200 ') || length === undefined) {
    throw new Error(`Cannot reload: ${answer.toString('latin1', 0, 300)}`);
  }
  return headBytes + Number(length);
}
