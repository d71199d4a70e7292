/**
 * The demo broadcast of a development server: FFmpeg publishes a test picture through the same
 * door as every encoder.
 *
 *   stopped -- start --> running -- ended by itself --> pausing -- 1, 2, 4 ... 30 s --> running
 *   any -- close --> closed          running -- program missing --> closed
 *
 * FFmpeg takes its address from the command line alone, which other users of the machine can read.
 * So each run gets a key that works once, from this machine, within seconds; what `ps` shows is
 * void as soon as the broadcast is up.
 */
import { existsSync } from 'node:fs';
import { type Cancel, type Clock, type Log, systemClock } from '../base/index.ts';
import type { Channels, Stream } from '../channel/index.ts';
import {
  demoArguments,
  type EncoderEnd,
  FONT_FILES,
  type LaunchEncoder,
  launchFfmpeg,
  type RunningEncoder,
} from './demo-encoder.ts';

/** Whose stream the demo is; nobody else's can be taken for it. */
const DEMO_BROADCASTER_ID = 'millrace-demo';
const DEMO_TITLE = 'Demo';
/** How long FFmpeg has from its start to its publish; on a busy machine it takes seconds. */
const KEY_LIFETIME_MS = 30_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** A run of this length was a good one: the next pause is a short one again. */
const GOOD_RUN_MS = 30_000;
/** What FFmpeg says when it lacks a filter of the picture, or cannot read the font. */
const PICTURE_FAILED = /filter|font/i;
const TERM_GRACE_MS = 2_000;

/** What the demo works with. */
export interface DemoSettings {
  readonly ffmpegPath: string;
  /** Where RTMP listens. */
  readonly rtmp: { readonly host: string; readonly port: number };
  /** Gives a key that is void once used, for a publish within `lifetimeMs`. */
  readonly issueKey: (lifetimeMs: number) => string;
  readonly log: Log;
  readonly clock?: Clock;
  readonly launch?: LaunchEncoder;
  readonly fileExists?: (path: string) => boolean;
}

/**
 * The stream that the demo broadcasts to: made on a first start without any stream, found again
 * later. Undefined on a server that has streams and none of them is the demo.
 */
export async function demoStream(channels: Channels): Promise<Stream | undefined> {
  const found = await channels.list({ broadcasterId: DEMO_BROADCASTER_ID, limit: 1 });
  if ('streams' in found && found.streams.length > 0) return found.streams[0];
  const any = await channels.list({ limit: 1 });
  if ('streams' in any && any.streams.length > 0) return undefined;
  const draft = { broadcasterId: DEMO_BROADCASTER_ID, title: DEMO_TITLE };
  const made = await channels.create(draft, { kind: 'system', id: null, remoteAddress: null });
  // Nobody learns the lasting key: the demo publishes with keys for one use.
  return 'refused' in made ? undefined : made.stream;
}

/** Keeps a demo encoder running until it is closed. */
export class Demo {
  readonly #settings: Required<DemoSettings>;
  #font: string | undefined;
  #encoder: RunningEncoder | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #cancelPause: Cancel | undefined;
  #closed = false;

  constructor(settings: DemoSettings) {
    this.#settings = {
      clock: systemClock,
      launch: launchFfmpeg,
      fileExists: existsSync,
      ...settings,
    };
  }

  /** Starts the encoder, and again whenever it ends; not once closed. RTMP must listen already. */
  start(): void {
    if (this.#closed) return;
    this.#font = FONT_FILES.find(this.#settings.fileExists);
    this.#run();
  }

  /** Stops the encoder, by force after two seconds. Resolves when it is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelPause?.();
    const encoder = this.#encoder;
    if (encoder === undefined) return;
    encoder.kill('SIGTERM');
    const cancel = this.#settings.clock.after(TERM_GRACE_MS, () => encoder.kill('SIGKILL'));
    await encoder.ended;
    cancel();
  }

  #run(): void {
    const { ffmpegPath, rtmp, issueKey, launch, clock } = this.#settings;
    const key = issueKey(KEY_LIFETIME_MS);
    const address = `rtmp://${reachable(rtmp.host)}:${rtmp.port}/live/${key}`;
    const startedMs = clock.monotonicMs();
    const encoder = launch(ffmpegPath, demoArguments({ font: this.#font, address }));
    this.#encoder = encoder;
    void encoder.ended.then((end) => {
      this.#encoder = undefined;
      if (!this.#closed) this.#ended(end, clock.monotonicMs() - startedMs);
    });
  }

  #ended({ wasStarted, code, signal, lastWords }: EncoderEnd, ranMs: number): void {
    const { log, clock, ffmpegPath } = this.#settings;
    if (!wasStarted) {
      this.#closed = true;
      const hint = 'install FFmpeg, or set FFMPEG_PATH to it, or DEMO=0';
      log.warn({ program: ffmpegPath, why: lastWords, hint }, 'no demo broadcast without ffmpeg');
      return;
    }
    if (PICTURE_FAILED.test(lastWords)) this.#font = undefined;
    if (ranMs >= GOOD_RUN_MS) this.#pauseMs = FIRST_PAUSE_MS;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    log.warn({ code, signal, why: lastWords, ranMs, pauseMs }, 'demo encoder ended');
    this.#cancelPause = clock.after(pauseMs, () => this.#run());
  }
}

/** How a program on this machine names a host that something listens on. */
function reachable(host: string): string {
  if (host === '::' || host === '0.0.0.0') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
