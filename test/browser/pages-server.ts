import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import type { MeView, StreamView } from '../../contract/index.ts';
import { pathOf } from '../support/component.ts';

/** The policy the pages are written for: a violation of it shows up in the browser's console. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/** Where the pages tell encoders to publish to. */
export const INGEST_URL = 'rtmp://127.0.0.1:1999/live';

/** Who looks at the pages: a viewer of a server without accounts. */
const NOBODY: MeView = { user: null, csrfToken: null, hasAccounts: false, mayBroadcast: false };

/** Seconds of prepared media; a test ends long before. */
const MEDIA_S = 60;
/** Segments, of one second each, that a broadcast begins with. */
const FIRST_SEGMENTS = 5;

/** A stream as the pages see it, live in a broadcast of this id unless told otherwise. */
export function streamView(changes: Partial<StreamView> = {}): StreamView {
  return {
    id: 'one',
    title: 'Evening stream from the mill',
    description: '',
    category: '',
    broadcasterId: 'miller',
    status: 'live',
    disabled: false,
    once: false,
    chatEnabled: true,
    recordingEnabled: false,
    isPremium: false,
    drmRequired: false,
    scheduledStart: null,
    createdAt: '2026-11-21T05:00:00.000Z',
    startedAt: new Date().toISOString(),
    endedAt: null,
    broadcastId: 'b1',
    ...{ cutOff: false, returning: false },
    quality: null,
    viewerCount: 0,
    playbackUrl: '/live/one/master.m3u8',
    watchUrl: '/watch/one',
    ladder: null,
    posterUrl: null,
    ...changes,
  };
}

/** One second after another of video and tone, as fragmented MP4 in a folder, and a poster. */
export function prepareMedia(folder: string): void {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=15'];
  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=330:sample_rate=48000'];
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '15', '-pix_fmt', 'yuv420p'];
  const hls = ['-f', 'hls', '-hls_time', '1', '-hls_list_size', '0', '-hls_segment_type', 'fmp4'];
  const names = ['-hls_segment_filename', join(folder, '%d.m4s'), join(folder, 'all.m3u8')];
  const length = ['-t', String(MEDIA_S), '-c:a', 'aac'];
  const args = ['-loglevel', 'error', ...picture, ...tone, ...video, ...length, ...hls, ...names];
  execFileSync(pathOf('ffmpeg'), args);
  const poster = ['-frames:v', '1', join(folder, 'poster.jpg')];
  execFileSync(pathOf('ffmpeg'), ['-loglevel', 'error', ...picture, ...poster]);
}

/**
 * Serves the built pages with an API whose answers a test decides, and a classic live stream from prepared media.
 * Set `streams` and `broken` to change what the pages are told.
 */
export class PagesServer {
  /** Every stream the server knows; a live one can be played. */
  streams: readonly StreamView[] = [];
  /** Whether every request is cut off, as by a server that died. */
  broken = false;
  /** Whether the playlist of the present broadcast is closed. */
  closed = false;
  readonly #server: Server;
  readonly #pages: string;
  readonly #media: string;
  #beganMs = 0;

  private constructor(pages: string, media: string) {
    this.#pages = pages;
    this.#media = media;
    this.#server = createServer((request, response) => {
      if (this.broken) request.socket.destroy();
      else this.#answer(new URL(request.url ?? '/', 'http://pages').pathname, response);
    });
  }

  /** Listens on a free port; `pages` is the built web application, `media` what `prepareMedia` wrote. */
  static async open(pages: string, media: string): Promise<PagesServer> {
    const server = new PagesServer(pages, media);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** Where the pages are, without a slash at the end. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('Server is not open');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Puts `one` on air in a new broadcast. */
  goLive(broadcastId: string): void {
    this.#beganMs = Date.now();
    this.closed = false;
    this.streams = [streamView({ broadcastId })];
  }

  /** Ends the broadcast of `one` as the server would: the playlist is closed and the stream off air. */
  end(): void {
    this.closed = true;
    this.streams = this.streams.map((stream) => ({ ...stream, status: 'ended' }));
  }

  /** Stops, cutting off whatever is open. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #answer(path: string, response: ServerResponse): void {
    const live = this.streams.filter(({ status }) => status === 'live');
    if (path === '/api/clock') json(response, 200, { epochMs: Date.now() });
    else if (path === '/api/me') json(response, 200, NOBODY);
    else if (path === '/api/ingest') json(response, 200, { rtmpUrl: INGEST_URL });
    else if (path === '/api/streams/live') json(response, 200, { streams: live });
    else if (path.startsWith('/api/streams/')) this.#answerStream(path, response);
    else if (path.startsWith('/live/')) this.#answerMedia(path, response);
    else this.#answerPage(path, response);
  }

  #answerStream(path: string, response: ServerResponse): void {
    const stream = this.streams.find(({ id }) => path === `/api/streams/${id}`);
    if (stream === undefined) json(response, 404, { code: 'stream_not_found' });
    else json(response, 200, stream);
  }

  #answerMedia(path: string, response: ServerResponse): void {
    const [, , id, name = '', file = ''] = path.split('/');
    const stream = this.streams.find((candidate) => candidate.id === id);
    if (name === 'poster.jpg') {
      response.writeHead(200, { 'content-type': 'image/jpeg' });
      response.end(readFileSync(join(this.#media, name)));
    } else if (name === 'master.m3u8') {
      if (stream?.status === 'live') playlist(response, masterOf(stream));
      else json(response, 404, { code: 'not_live' });
    } else if (stream?.broadcastId !== name) {
      json(response, 404, { code: 'media_expired' });
    } else if (file === 'playlist.m3u8') {
      playlist(response, this.#mediaPlaylist());
    } else {
      response.writeHead(200, { 'content-type': 'video/mp4' });
      response.end(readFileSync(join(this.#media, file)));
    }
  }

  #mediaPlaylist(): string {
    const seconds = Math.floor((Date.now() - this.#beganMs) / 1_000);
    const count = Math.min(FIRST_SEGMENTS + seconds, MEDIA_S);
    const zeroMs = this.#beganMs - FIRST_SEGMENTS * 1_000;
    const segments = Array.from({ length: count }, (_, n) => {
      const date = new Date(zeroMs + n * 1_000).toISOString();
      return `#EXT-X-PROGRAM-DATE-TIME:${date}\n#EXTINF:1.000,\n${n}.m4s\n`;
    });
    const head =
      '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:1\n' +
      '#EXT-X-MAP:URI="init.mp4"\n';
    return head + segments.join('') + (this.closed ? '#EXT-X-ENDLIST\n' : '');
  }

  #answerPage(path: string, response: ServerResponse): void {
    const asset = path.startsWith('/assets/') || path === '/favicon.svg';
    const file = asset ? path : '/index.html';
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    });
    response.end(readFileSync(join(this.#pages, file)));
  }
}

function masterOf({ broadcastId }: StreamView): string {
  const codecs = 'avc1.42c00c,mp4a.40.2';
  return `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=500000,CODECS="${codecs}"\n${broadcastId}/playlist.m3u8\n`;
}

function playlist(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl' });
  response.end(text);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
