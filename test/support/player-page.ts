import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { judgeMissing, type Need } from './component.ts';

/** The players that are watched with, by the global that their script makes. */
export type PlayerName = 'dashjs' | 'shaka';

const MODULES = join(import.meta.dirname, '../players/node_modules');
const SCRIPTS: Readonly<Record<PlayerName, string>> = {
  dashjs: join(MODULES, 'dashjs/dist/modern/umd/dash.all.min.js'),
  shaka: join(MODULES, 'shaka-player/dist/shaka-player.compiled.js'),
};

/** What a page has seen of its player. */
export interface Playback {
  /** Seconds; of the media element. */
  readonly time: number;
  readonly frames: number;
  readonly duration: number;
  /** How often it had to wait since it first played. */
  readonly stalls: number;
  readonly ended: boolean;
  readonly errors: readonly string[];
  /** Seconds behind the clock, as the player reckons; NaN when it does not say. */
  readonly latency: number;
  readonly lowLatency: boolean;
}

/** A page with a muted video; both players report in the same words. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>player</title>
<video muted width="320" height="180"></video>
<script>
const video = document.querySelector('video');
const seen = { stalls: 0, errors: [], latency: () => NaN, lowLatency: () => false };
let played = false;
video.addEventListener('playing', () => { played = true; });
video.addEventListener('waiting', () => { if (played) seen.stalls += 1; });
addEventListener('unhandledrejection', ({ reason }) => seen.errors.push(String(reason)));
const start = {
  async dashjs(url) {
    const player = dashjs.MediaPlayer().create();
    player.on('error', ({ error }) => seen.errors.push(error.code + ' ' + error.message));
    player.initialize(video, url, true);
    seen.latency = () => player.getCurrentLiveLatency();
    seen.lowLatency = () => player.getLowLatencyModeEnabled();
    globalThis.player = player;
  },
  async shaka(url) {
    const player = new shaka.Player();
    await player.attach(video);
    player.addEventListener('error', ({ detail }) => seen.errors.push(String(detail)));
    await player.load(url);
    seen.latency = () => player.getStats().liveLatency;
    seen.lowLatency = () => player.getManifest().isLowLatency;
    globalThis.player = player;
    await video.play();
  },
};
function playback() {
  return {
    time: video.currentTime,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    duration: video.duration,
    stalls: seen.stalls,
    ended: video.ended,
    errors: seen.errors,
    latency: seen.latency(),
    lowLatency: seen.lowLatency(),
  };
}
</script>`;

/** Options of a test that needs the players, which `npm test` installs in test/players. */
export function needsPlayers(): Need {
  const areThere = Object.values(SCRIPTS).every((script) => existsSync(script));
  return judgeMissing(areThere ? [] : ['test/players/node_modules'], process.env);
}

/** Serves pages that play what another server streams, so that every request crosses origins. */
export class PlayerPages {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port. */
  static async open(): Promise<PlayerPages> {
    const server = createServer((request, response) => {
      const name = request.url?.slice(1);
      if (name === 'dashjs' || name === 'shaka') {
        response.writeHead(200, { 'content-type': 'text/javascript' });
        response.end(readFileSync(SCRIPTS[name]));
      } else {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end(PAGE);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PlayerPages(server);
  }

  /** A page in which `player` begins to play `url`. */
  async play(browser: Browser, player: PlayerName, url: string): Promise<PlayerPage> {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('Server is not open');
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${address.port}/`);
    await page.addScriptTag({ url: `/${player}` });
    await page.evaluate(`start.${player}(${JSON.stringify(url)})`);
    return new PlayerPage(page);
  }

  /** Stops, cutting off whatever is open. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

/** One page that plays. */
export class PlayerPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** What there is to see now. */
  playback(): Promise<Playback> {
    return this.page.evaluate<Playback>('playback()');
  }
}
