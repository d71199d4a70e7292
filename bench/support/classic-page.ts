import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';

const PLAYER = readFileSync(new URL('hls.min.js', import.meta.resolve('hls.js')));
const HTML_HEAD = '<!doctype html><meta charset="utf-8"><title>Classic HLS</title>';
const FRAME = '<video autoplay muted playsinline style="width: 100%"></video>';

/**
 * A page that plays a broadcast the way most sites play HLS: hls.js with its defaults, without low
 * latency, and nothing that keeps it near live. What a viewer of our playlists gets elsewhere.
 */
export class ClassicPage {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Serves the page for the multivariant playlist at `masterUrl` on a free port. */
  static async open(masterUrl: string): Promise<ClassicPage> {
    const script = [
      'const hls = new Hls({ lowLatencyMode: false });',
      `hls.loadSource(${JSON.stringify(masterUrl)});`,
      "hls.attachMedia(document.querySelector('video'));",
    ].join('\n');
    const html = `${HTML_HEAD}${FRAME}<script src="/hls.js"></script><script>${script}</script>`;
    const server = createServer((request, response) => {
      const isPlayer = request.url === '/hls.js';
      response.setHeader('content-type', isPlayer ? 'text/javascript' : 'text/html');
      response.end(isPlayer ? PLAYER : html);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ClassicPage(server);
  }

  /** Where the page is. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('Page is not open');
    return `http://127.0.0.1:${address.port}/`;
  }

  /** Stops serving. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
