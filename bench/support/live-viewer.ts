import { Agent, get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const LIVE_TIMEOUT_MS = 10_000;
/** Between two questions whether a stream is live; the interface offers no event for it. */
const LIVE_PAUSE_MS = 100;

/** A part as a viewer got it. Times on `performance`, in milliseconds. */
export interface FollowedPart {
  readonly uri: string;
  readonly bytes: Buffer;
  /** When its last byte had come. */
  readonly wholeAtMs: number;
  /** When the playlist that lists it had come whole. */
  readonly listedAtMs: number;
}

/** What a server answered, and when the last byte of it had come. */
export interface Reply {
  readonly status: number;
  readonly body: Buffer;
  readonly wholeAtMs: number;
}

/**
 * Watches as a low-latency player does, without decoding: always asks for the hinted part and for
 * the playlist that will list it before either exists, on connections of its own.
 */
export class LiveViewer {
  readonly #origin: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #leaving = new AbortController();

  /** `origin` is the server's address without a slash at the end. */
  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Whether `leave` was called: what fails after that fails because of it. */
  get left(): boolean {
    return this.#leaving.signal.aborted;
  }

  /** The addresses of a live stream's media playlists; undefined while it is not live. */
  async playlists(streamId: string): Promise<string[] | undefined> {
    const url = `${this.#origin}/live/${streamId}/master.m3u8`;
    const { status, body } = await this.ask(url);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`Cannot watch ${streamId}: ${status} ${body}`);
    const names = [...body.toString().matchAll(/URI="([^"]+\.m3u8)"|^([^#\s]\S*\.m3u8)$/gm)];
    // Audio is named twice: beside the video, and as a variant of its own.
    return [...new Set(names.map((name) => new URL(name[1] ?? name[2] ?? '', url).href))];
  }

  /** The media playlists of a stream that is about to go live; throws when it does not in 10 s. */
  async awaitPlaylists(streamId: string): Promise<string[]> {
    const deadline = performance.now() + LIVE_TIMEOUT_MS;
    while (performance.now() < deadline) {
      const playlists = await this.playlists(streamId);
      if (playlists !== undefined) return playlists;
      await wait(LIVE_PAUSE_MS);
    }
    throw new Error(`Cannot watch ${streamId}: it did not go live`);
  }

  /** The parts of a rendition as they come, until its playlist ends. */
  async *follow(url: string): AsyncGenerator<FollowedPart> {
    let playlist = await this.#playlist(url);
    for (;;) {
      const hint = hintOf(playlist.body.toString());
      if (hint === undefined) return;
      const [part, next] = await Promise.all([
        this.ask(new URL(hint.uri, url).href),
        this.#playlist(`${url}?_HLS_msn=${hint.msn}&_HLS_part=${hint.part}`),
      ]);
      playlist = next;
      if (part.status === 200) {
        const { wholeAtMs, body: bytes } = part;
        yield { uri: hint.uri, bytes, wholeAtMs, listedAtMs: next.wholeAtMs };
      } else if (hintOf(next.body.toString()) !== undefined) {
        throw new Error(`Cannot fetch ${hint.uri}: ${part.status} though it was hinted at`);
      }
    }
  }

  /** Hangs up, whatever is going on. */
  leave(): void {
    this.#leaving.abort();
    this.#agent.destroy();
  }

  /** One GET. */
  ask(url: string): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const request = get(url, { agent: this.#agent, signal: this.#leaving.signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const wholeAtMs = performance.now();
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), wholeAtMs });
      });
    });
    request.on('error', reject);
    return promise;
  }

  async #playlist(url: string): Promise<Reply> {
    const reply = await this.ask(url);
    if (reply.status !== 200) throw new Error(`Cannot reload ${url}: ${reply.status}`);
    return reply;
  }
}

/** What the playlist says comes next; undefined once it has ended. */
function hintOf(playlist: string): { uri: string; msn: string; part: string } | undefined {
  if (playlist.includes('#EXT-X-ENDLIST')) return undefined;
  const hint = /#EXT-X-PRELOAD-HINT:TYPE=PART,URI="(p(\d+)\.(\d+)\.m4s)"/.exec(playlist);
  const [, uri, msn, part] = hint ?? [];
  if (uri === undefined || msn === undefined || part === undefined) {
    throw new Error(`Cannot follow: the playlist hints at no part\n${playlist}`);
  }
  return { uri, msn, part };
}
