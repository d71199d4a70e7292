import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type Log, ManualClock, silentLog } from '../../base/index.ts';
import { Feed, type FeedCursor } from '../../live/index.ts';
import type { MediaEvent, VideoTrack } from '../../media/index.ts';
import type { EncodeJob } from './encode-arguments.ts';
import { FakeHost, fakeTrack, settle } from './fake-encoder.test-support.ts';
import { Transcoder } from './transcoder.ts';

const FRAME = 3_000;
const FRAME_MS = 1_000 / 30;
const GOP = 30;
const RUNGS = ['480p', '360p'] as const;

interface BenchOptions {
  readonly keyframes?: EncodeJob['keyframes'];
  readonly rungs?: readonly string[];
  readonly thumbnails?: boolean;
}

/** A broadcast whose clock moves with its frames, a transcoder on it, and a reader on each rung. */
class Bench {
  readonly feed = new Feed();
  readonly clock = new ManualClock();
  readonly host = new FakeHost();
  readonly logged: string[] = [];
  readonly cursors = new Map<string, FeedCursor>();
  readonly transcoder: Transcoder;
  readonly run: Promise<void>;
  gaveUp = 0;
  stills = 0;
  index = 0;
  gop = GOP;
  /** Frames that were published. */
  readonly published: number[] = [];

  constructor(context: TestContext, options: BenchOptions = {}) {
    const { keyframes = 'source', rungs = RUNGS, thumbnails = false } = options;
    this.transcoder = new Transcoder({
      source: this.feed,
      jobFor: (track) => this.#job(track, { keyframes, rungs, thumbnails }),
      targetDuration: 2,
      ffmpegPath: 'ffmpeg',
      clock: this.clock,
      log: this.#log(),
      observer: {
        gaveUp: () => {
          this.gaveUp += 1;
        },
        stills: () => {
          this.stills += 1;
        },
      },
      host: this.host,
    });
    for (const rung of RUNGS) this.cursors.set(rung, this.feed.openRung(rung).read());
    this.run = this.transcoder.run();
    context.after(() => this.close());
  }

  #job(track: VideoTrack, options: Required<BenchOptions>): EncodeJob {
    const rung = { codec: 'h264', preset: undefined, frameRate: undefined } as const;
    const heights = options.rungs.map((name) => Number.parseInt(name, 10));
    return {
      source: track,
      rungs: heights.map((height) => ({
        ...rung,
        name: `${height}p`,
        width: height * 2,
        height,
        bitrate: height * 2_000,
      })),
      keyframes: options.keyframes,
      family: 'software',
      thumbnails: options.thumbnails ? { everyS: 5 } : undefined,
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
      const dts = this.index * FRAME;
      const data = new Uint8Array([0, 0, 0, 4, 0x65, 0, 0, this.index & 0xff]);
      const keyframe = this.index % this.gop === 0;
      this.feed.publish({
        type: 'sample',
        sample: { kind: 'video', dts, pts: dts, keyframe, data },
      });
      this.published.push(dts);
      this.index += 1;
      // What an encoder does takes a few turns of the event loop, and no time.
      await settle();
      this.clock.advance(FRAME_MS);
    }
    await settle();
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
function story(events: readonly MediaEvent[]): string[] {
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

describe('Transcoder', () => {
  test('publishes each rung with the times of the source, from its first keyframe on', async (context) => {
    const bench = new Bench(context).track();
    bench.index = 10;
    await bench.play(80);
    for (const rung of RUNGS) assert.deepEqual(story(bench.read(rung)), ['track', '30-89']);
    assert.equal(bench.host.encoders.length, 1);
    assert.deepEqual(bench.transcoder.reading.state, 'running');
    assert.deepEqual(bench.logged, ['transcoding']);
  });

  test('run() ends when the source does, after what was still to come', async (context) => {
    const bench = new Bench(context).track();
    bench.host.onStart = (encoder) => {
      encoder.heldFrames = 10;
    };
    await bench.play(60);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-49']);
    bench.feed.close();
    await bench.run;
    assert.deepEqual(story(bench.read('360p')), ['50-59']);
    assert.ok(bench.feed.openRung('360p').closed);
    assert.equal(bench.transcoder.reading.discontinuities, 0);
  });

  test('stop() ends it before the source does', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(40);
    bench.transcoder.stop();
    await bench.run;
    assert.ok(bench.host.newest.hasEnded);
    assert.ok(bench.feed.openRung('480p').closed);
    assert.ok(!bench.feed.closed);
  });

  test('goes on at a keyframe behind a discontinuity after a crash', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(45);
    bench.host.newest.end(null, 'SIGKILL');
    await bench.play(45);
    for (const rung of RUNGS) {
      assert.deepEqual(story(bench.read(rung)), ['track', '0-44', 'encoder_ended', '60-89']);
    }
    assert.equal(bench.host.encoders.length, 2);
    assert.equal(
      bench.host.newest.taken[0]?.dts,
      60 * FRAME,
      'what is published is not made again',
    );
    assert.equal(bench.transcoder.reading.restarts.get('crash'), 1);
    assert.equal(bench.transcoder.reading.discontinuities, 2);
    assert.ok(bench.logged.includes('encoder ended'));
  });

  test('begins again at the last keyframe when nothing of it has come out', async (context) => {
    const bench = new Bench(context).track();
    bench.host.onStart = (encoder) => {
      encoder.heldFrames = 5;
    };
    await bench.play(63);
    bench.host.newest.end(null, 'SIGKILL');
    await bench.play(27);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-57', 'encoder_ended', '60-84']);
  });

  test('begins again at the last keyframe where keyframes are of its own making', async (context) => {
    const bench = new Bench(context, { keyframes: { everyS: 1 } }).track();
    bench.gop = 300;
    await bench.play(100);
    bench.host.newest.end(1, null);
    await bench.play(20);
    assert.equal(bench.host.newest.taken[0]?.dts, 0);
    assert.equal(bench.host.newest.taken.length, 120);
    // The fake encoder makes no keyframes; nothing is published that cannot be decoded.
    assert.deepEqual(story(bench.read('360p')), ['track', '0-99']);
  });

  test('kills an encoder that hangs and starts another', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(60);
    bench.host.newest.heldFrames = 1_000;
    await bench.play(170);
    assert.deepEqual([...bench.transcoder.reading.restarts], [['hang', 1]]);
    assert.ok(bench.logged.includes('encoder hangs'));
    assert.deepEqual(story(bench.read('480p')), ['track', '0-59', 'encoder_ended', '180-229']);
  });

  test('kills an encoder whose output is no MP4', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(10);
    bench.host.newest.outputs[0]?.push(new Uint8Array(16).fill(0xff));
    await bench.play(60);
    assert.equal(bench.host.encoders.length, 2);
    assert.deepEqual(story(bench.read('480p')), ['track', '0-9', 'encoder_ended', '30-69']);
  });

  test('gives up after six crashes, tells it once, and goes on when it is told to', async (context) => {
    const bench = new Bench(context).track();
    bench.host.onStart = (encoder) => setImmediate(() => encoder.end(1, null));
    await bench.play(30 * 20);
    assert.equal(bench.host.encoders.length, 6);
    assert.equal(bench.gaveUp, 1);
    assert.equal(bench.transcoder.reading.state, 'passthrough');
    await bench.play(60);
    assert.equal(bench.host.encoders.length, 6);
    bench.read('360p');
    bench.host.onStart = () => undefined;
    bench.transcoder.reset();
    await bench.play(60);
    assert.equal(bench.transcoder.reading.state, 'running');
    assert.deepEqual(story(bench.read('360p')), ['encoder_ended', '630-719']);
  });

  test('gives up where there is no FFmpeg', async (context) => {
    const bench = new Bench(context).track();
    bench.host.isMissing = true;
    await bench.play(30 * 20);
    assert.equal(bench.gaveUp, 1);
  });

  test('sheds the costliest rung at a keyframe, and loses nothing of the other', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(30);
    // A frame more is held back for every second that comes: half of real time.
    const slow = bench.host.newest;
    while (bench.host.encoders.length === 1) {
      slow.heldFrames += 1;
      await bench.play(2);
    }
    const shedAt = bench.index;
    await bench.play(60);
    const takenOver = Math.ceil(shedAt / GOP) * GOP;
    assert.equal(bench.host.newest.outputs.length, 1);
    assert.equal(bench.host.newest.taken[0]?.dts, takenOver * FRAME);
    assert.equal(slow.taken.at(-1)?.dts, (takenOver - 1) * FRAME);
    assert.deepEqual(story(bench.read('480p')), ['track', `0-${takenOver - 1}`]);
    assert.deepEqual(story(bench.read('360p')), ['track', `0-${bench.index - 1}`]);
    assert.deepEqual(bench.transcoder.reading.shedRungs, ['480p']);
    assert.equal(bench.transcoder.reading.restarts.get('shed'), 1);

    await bench.play(30 * 62);
    const back = bench.host.newest.taken[0]?.dts ?? 0;
    assert.equal(bench.host.newest.outputs.length, 2);
    assert.deepEqual(bench.transcoder.reading.shedRungs, []);
    const last = bench.index - 1;
    assert.deepEqual(story(bench.read('480p')), ['rung_shed', `${back / FRAME}-${last}`]);
    assert.deepEqual(story(bench.read('360p')), [`${shedAt + 60}-${last}`]);
  });

  test('hands over without a keyframe when none comes for two target durations', async (context) => {
    const bench = new Bench(context, { keyframes: { everyS: 1 } }).track();
    bench.gop = 100_000;
    await bench.play(30);
    const slow = bench.host.newest;
    while (bench.host.encoders.length === 1) {
      slow.heldFrames += 1;
      await bench.play(2);
    }
    await bench.play(30 * 3);
    assert.ok(!slow.hasEnded);
    await bench.play(30 * 2);
    assert.ok(slow.hasEnded);
    assert.equal(bench.host.newest.taken[0]?.dts, 0);
    assert.equal(bench.host.newest.taken.at(-1)?.dts, (bench.index - 1) * FRAME);
  });

  test('hears the next encoder when the one before has ended, in order', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(45);
    const first = bench.host.newest;
    first.isDeaf = true;
    first.heldFrames = 100;
    bench.track(fakeTrack(640, 360));
    bench.index = 60;
    await bench.play(30);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-44']);
    first.end(0, null);
    await settle();
    assert.deepEqual(story(bench.read('360p')), ['track', '60-89']);
    assert.equal(bench.transcoder.reading.discontinuities, 0);
  });

  test('does not wait for ever for the encoder before', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(45);
    const first = bench.host.newest;
    first.isDeaf = true;
    bench.track(fakeTrack(640, 360));
    bench.index = 60;
    await bench.play(85);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-44']);
    await bench.play(10);
    assert.ok(first.hasEnded);
    assert.deepEqual(story(bench.read('360p')), ['encoder_ended', 'track', '60-154']);
  });

  test('starts another encoder for another picture, and none for the same told again', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(45);
    bench.track(fakeTrack());
    await bench.play(15);
    assert.equal(bench.host.encoders.length, 1);
    bench.track(fakeTrack(640, 360));
    await bench.play(30);
    assert.equal(bench.host.encoders.length, 2);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-59', 'track', '60-89']);
    assert.deepEqual(bench.transcoder.reading.restarts, new Map());
  });

  test('joins what a source broke off without a hole of its own', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(45);
    bench.feed.publish({ type: 'discontinuity', reason: 'reconnected' });
    await bench.play(5);
    bench.index = 60;
    await bench.play(10);
    assert.equal(bench.host.encoders.length, 2);
    assert.deepEqual(story(bench.read('360p')), ['track', '0-44', '60-69']);
  });

  test('drops to the next keyframe when the encoder does not read, and tells it', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(30);
    bench.host.newest.isStuck = true;
    await bench.play(75);
    bench.host.newest.resume();
    await bench.play(30);
    assert.ok(bench.transcoder.reading.droppedSamples > 0);
    const [track, before, reason, after] = story(bench.read('360p'));
    assert.equal(track, 'track');
    // Two seconds and the frame that showed it.
    assert.match(before ?? '', /^0-9\d$/);
    assert.equal(reason, 'encoder_behind');
    assert.equal(after, '120-134');
    assert.equal(bench.host.encoders.length, 1);
  });

  test('does nothing for a source that has no rungs', async (context) => {
    const bench = new Bench(context, { rungs: [] }).track();
    await bench.play(60);
    assert.equal(bench.host.encoders.length, 0);
    assert.equal(bench.transcoder.reading.state, 'stopped');
  });

  test('hands the pipes of still pictures on', async (context) => {
    const bench = new Bench(context, { thumbnails: true }).track();
    await bench.play(10);
    assert.equal(bench.host.newest.outputs.length, 4);
    assert.equal(bench.stills, 1);
  });

  test('a fault of ours ends it, its encoder and its rungs, and reaches who runs it', async (context) => {
    const bench = new Bench(context).track();
    await bench.play(10);
    bench.feed.openRung('360p').close();
    const failed = assert.rejects(bench.run, { name: 'Fault' });
    await bench.play(10);
    await failed;
    assert.ok(bench.host.newest.hasEnded);
  });
});
