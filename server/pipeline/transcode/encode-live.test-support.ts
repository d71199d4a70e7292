/** @module A broadcast of a looped picture in real time with a transcoder on it, and what comes out. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLog, systemClock } from '../../base/index.ts';
import { Feed } from '../../live/index.ts';
import type { Sample, VideoTrack } from '../../media/index.ts';
import type { EncodeJob } from './encode-arguments.ts';
import { encodeSource, type Source } from './encode-run.test-support.ts';
import { Transcoder } from './transcoder.ts';

const TICKS = 90_000;
const TARGET_DURATION = 2;
const GOP_FRAMES = 30;

/** Two seconds of 720p30 with a keyframe a second, to be looped. */
export function loop(): Source {
  const coding = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0', '-pix_fmt', 'yuv420p'];
  const gop = ['-g', `${GOP_FRAMES}`, '-keyint_min', `${GOP_FRAMES}`, '-sc_threshold', '0'];
  return encodeSource('testsrc2=size=1280x720:rate=30:duration=2', [...coding, ...gop]);
}

/** One sample, and when it came. */
export interface Got {
  readonly atMs: number;
  readonly sample: Sample;
}

/** What came of a rung, and when. */
export interface RungLog {
  readonly samples: Got[];
  readonly tracks: VideoTrack[];
  readonly discontinuities: string[];
}

/** A broadcast with a transcoder of two rungs on it, and everything that comes out. */
export function begin(context: TestContext, source: Source) {
  const job: { keyframes: EncodeJob['keyframes'] } = { keyframes: 'source' };
  const feed = new Feed();
  feed.publish({ type: 'track', track: source.track });
  const rung = { codec: 'h264', preset: undefined, frameRate: undefined } as const;
  const transcoder = new Transcoder({
    source: feed,
    jobFor: (track) => ({
      source: track,
      rungs: [
        { ...rung, name: '480p', width: 854, height: 480, bitrate: 1_200_000 },
        { ...rung, name: '360p', width: 640, height: 360, bitrate: 600_000 },
      ],
      keyframes: job.keyframes,
      family: 'software',
      thumbnails: undefined,
    }),
    targetDuration: TARGET_DURATION,
    ffmpegPath: 'ffmpeg',
    clock: systemClock,
    log: silentLog,
    stills: () => undefined,
  });
  const logs = new Map<string, RungLog>();
  for (const name of ['480p', '360p']) logs.set(name, listen(feed.openRung(name)));
  const run = transcoder.run();
  context.after(async () => {
    if (!feed.closed) feed.close();
    await run;
  });
  return { feed, transcoder, run, logs, job };
}

function listen(rung: Feed): RungLog {
  const log: RungLog = { samples: [], tracks: [], discontinuities: [] };
  const cursor = rung.read();
  void (async () => {
    for (;;) {
      const changed = rung.changed.next();
      for (let event = cursor.take(); event !== undefined; event = cursor.take()) {
        if (event.type === 'sample') {
          log.samples.push({ atMs: performance.now(), sample: event.sample });
        } else if (event.type === 'discontinuity') log.discontinuities.push(event.reason);
        else if (event.track.kind === 'video') log.tracks.push(event.track);
      }
      if (rung.closed) return;
      await changed;
    }
  })();
  return log;
}

/** Publishes `source` in a loop, in real time, until `isOver`; gives what was published and when. */
export async function play(
  feed: Feed,
  source: Source,
  isOver: (elapsedS: number) => boolean,
): Promise<Map<number, { readonly atMs: number; readonly keyframe: boolean }>> {
  const published = new Map<number, { readonly atMs: number; readonly keyframe: boolean }>();
  const startedMs = performance.now();
  const frameTicks = TICKS / 30;
  for (let index = 0; ; index++) {
    const dueMs = startedMs + (index * 1000) / 30;
    const aheadMs = dueMs - performance.now();
    if (aheadMs > 1) await delay(aheadMs);
    if (isOver((performance.now() - startedMs) / 1000)) return published;
    const frame = source.frames[index % source.frames.length];
    assert.ok(frame !== undefined);
    const loopTicks = Math.floor(index / source.frames.length) * source.frames.length * frameTicks;
    const dts = frame.dts + loopTicks;
    const pts = frame.pts + loopTicks;
    const { keyframe, data } = frame;
    published.set(pts, { atMs: performance.now(), keyframe });
    feed.publish({ type: 'sample', sample: { kind: 'video', dts, pts, keyframe, data } });
  }
}

/** What came of a rung. */
export function logOf(logs: ReadonlyMap<string, RungLog>, name: string): RungLog {
  const log = logs.get(name);
  assert.ok(log !== undefined);
  return log;
}
