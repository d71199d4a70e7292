/** @module A small web server for media that an outside transcoder writes: the other half of LL-HLS. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** Files kept; older ones are gone from every playlist by then. */
const FILES_MAX = 400;

/** Serves what is put on it, and holds requests for what was promised to come. */
export class MediaShelf {
  readonly #server: Server;
  readonly #files = new Map<string, Buffer>();
  readonly #promised = new Map<string, Set<ServerResponse>>();

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** A shelf on a free loopback port. */
  static async open(): Promise<MediaShelf> {
    const shelf = new MediaShelf();
    await new Promise<void>((resolve, reject) => {
      shelf.#server.once('error', reject);
      shelf.#server.listen(0, '127.0.0.1', resolve);
    });
    return shelf;
  }

  /** The absolute address of the file at `path`. */
  urlOf(path: string): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('The shelf is closed');
    return `http://127.0.0.1:${address.port}${path}`;
  }

  /** Says that `path` will come: who asks for it waits from now on. */
  promise(path: string): void {
    if (!this.#files.has(path) && !this.#promised.has(path)) this.#promised.set(path, new Set());
  }

  /** Takes back every promise: who waits is told that nothing comes. */
  breakPromises(): void {
    for (const waiting of this.#promised.values()) {
      for (const response of waiting) refuse(response);
    }
    this.#promised.clear();
  }

  /** Puts a file on the shelf and hands it to all who wait for it. */
  put(path: string, bytes: Buffer): void {
    this.#files.set(path, bytes);
    for (const response of this.#promised.get(path) ?? []) send(response, bytes);
    this.#promised.delete(path);
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= FILES_MAX) return;
      if (!oldest.endsWith('init.mp4')) this.#files.delete(oldest);
    }
  }

  /** Stops serving. */
  async close(): Promise<void> {
    this.breakPromises();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://shelf');
    const bytes = this.#files.get(pathname);
    const waiting = this.#promised.get(pathname);
    if (bytes !== undefined) send(response, bytes);
    else if (waiting === undefined) refuse(response);
    else {
      waiting.add(response);
      response.once('close', () => waiting.delete(response));
    }
  }
}

function send(response: ServerResponse, bytes: Buffer): void {
  response.writeHead(200, {
    'content-type': 'video/mp4',
    'content-length': bytes.length,
    'cache-control': 'public, max-age=3600',
    'access-control-allow-origin': '*',
  });
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}

function refuse(response: ServerResponse): void {
  response.writeHead(404, {
    'cache-control': 'no-store',
    'content-length': 0,
    'access-control-allow-origin': '*',
  });
  response.end();
}
