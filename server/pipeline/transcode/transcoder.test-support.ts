/** @module A broadcast on a clock of its own with a transcoder on it, whose FFmpeg is a fake. */
import type { TestContext } from 'node:test';
import { type Log, ManualClock, silentLog } from '../../base/index.ts';
import { Feed, type FeedCursor } from '../../live/index.ts';
import type { MediaEvent, VideoTrack } from '../../media/index.ts';
import type { EncodeJob } from './encode-arguments.ts';
import { FakeHost, fakeTrack, settle } from './fake-encoder.test-support.ts';
import { Transcoder } from './transcoder.ts';

/** Ticks of a frame. */
export const FRAME = 3_000;
const FRAME_MS = 1_000 / 30;
/** Frames from keyframe to keyframe of the source. */
export const GOP = 30;
/** Rungs that there are readers for. */
export const RUNGS = ['480p', '360p'] as const;

/** What the owner of the transcoder wants. */
export interface BenchOptions {
  readonly keyframes?: EncodeJob['keyframes'];
  readonly rungs?: readonly string[];
  readonly thumbnails?: boolean;
}

/** A broadcast whose clock moves with its frames, a transcoder on it, and a reader on each rung. */
export class Bench {
  readonly feed = new Feed();
  readonly clock = new ManualClock();
  readonly host = new FakeHost();
  readonly logged: string[] = [];
  readonly cursors = new Map<string, FeedCursor>();
  readonly transcoder: Transcoder;
  readonly run: Promise<void>;
  readonly stills: (() => number)[] = [];
  /** Tracks that it was asked what to make of. */
  readonly asked: VideoTrack[] = [];
  index = 0;
  gop = GOP;
  /** Frames that were published. */
  readonly published: number[] = [];

  /** What the owner answers when it is asked what to make. */
  options: BenchOptions;

  constructor(context: TestContext, options: BenchOptions = {}) {
    this.options = options;
    this.transcoder = new Transcoder({
      source: this.feed,
      jobFor: (track) => this.#job(track),
      targetDuration: 2,
      ffmpegPath: 'ffmpeg',
      clock: this.clock,
      log: this.#log(),
      stills: (small, posters, firstS) => {
        this.stills.push(firstS);
        small.resume();
        posters.resume();
      },
      host: this.host,
    });
    for (const rung of RUNGS) this.cursors.set(rung, this.feed.openRung(rung).read());
    this.run = this.transcoder.run();
    context.after(() => this.close());
  }

  #job(track: VideoTrack): EncodeJob {
    this.asked.push(track);
    const { keyframes = 'source', rungs = RUNGS, thumbnails = false } = this.options;
    const rung = { codec: 'h264', preset: undefined, frameRate: undefined } as const;
    const heights = rungs.map((name) => Number.parseInt(name, 10));
    return {
      source: track,
      rungs: heights.map((height) => ({
        ...rung,
        name: `${height}p`,
        width: height * 2,
        height,
        bitrate: height * 2_000,
      })),
      keyframes,
      family: 'software',
      thumbnails: thumbnails ? { everyS: 5 } : undefined,
    };
  }

  #log(): Log {
    const say = (_: unknown, message: string): void => {
      this.logged.push(message);
    };
    return { ...silentLog, info: say, warn: say, error: say };
  }

  track(track = fakeTrack()): this {
    this.feed.publish({ type: 'track', track });
    return this;
  }

  /** Publishes frames in real time as the clock has it. */
  async play(frames: number): Promise<void> {
    for (let i = 0; i < frames; i++) {
      this.publish();
      // What an encoder does takes a few turns of the event loop, and no time.
      await settle();
      this.clock.advance(FRAME_MS);
    }
    await settle();
  }

  /** Publishes the next frame, and lets nothing happen yet. */
  publish(): void {
    const dts = this.index * FRAME;
    const data = new Uint8Array([0, 0, 0, 4, 0x65, 0, 0, this.index & 0xff]);
    const keyframe = this.index % this.gop === 0;
    this.feed.publish({
      type: 'sample',
      sample: { kind: 'video', dts, pts: dts, keyframe, data },
    });
    this.published.push(dts);
    this.index += 1;
  }

  /** What readers of `rung` have got since they were last asked. */
  read(rung: string): MediaEvent[] {
    const events: MediaEvent[] = [];
    const cursor = this.cursors.get(rung);
    for (let event = cursor?.take(); event !== undefined; event = cursor?.take()) {
      events.push(event);
    }
    return events;
  }

  async close(): Promise<void> {
    this.feed.close();
    await settle();
    this.clock.advance(3_000);
    await this.run.catch(() => undefined);
  }
}

/** Frames by number, and what lies between them. */
export function story(events: readonly MediaEvent[]): string[] {
  const parts: string[] = [];
  let first: number | undefined;
  let last = Number.NaN;
  const flush = (): void => {
    if (first !== undefined) parts.push(`${first}-${last}`);
    first = undefined;
  };
  for (const event of events) {
    if (event.type === 'sample') {
      const number = event.sample.dts / FRAME;
      if (first === undefined || number !== last + 1) {
        flush();
        first = number;
      }
      last = number;
    } else {
      flush();
      parts.push(event.type === 'track' ? 'track' : event.reason);
    }
  }
  flush();
  return parts;
}
