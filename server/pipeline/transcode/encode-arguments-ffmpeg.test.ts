// The arguments against the FFmpeg that is installed: what counts is what comes out, and when.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAvcC } from '../../media/index.ts';
import { type EncodeJob, encodeArguments } from './encode-arguments.ts';
import {
  type EncodeRun,
  encodeSource,
  type Frame,
  NEEDS_FFMPEG,
  readFrames,
  runEncode,
  type Source,
  trackOf,
} from './encode-run.test-support.ts';
import { parseLadder, rungsFor } from './ladder.ts';

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '20'];
const LIVE = [...X264, '-tune', 'zerolatency'];
const TWO_RUNGS = '180p=320x180@300k,90p=160x90@100k';

interface Asked {
  readonly source: Source;
  readonly ladder?: string;
  readonly keyframes?: EncodeJob['keyframes'];
  readonly thumbnails?: EncodeJob['thumbnails'];
  readonly paced?: boolean;
  readonly madeUntil?: EncodeJob['madeUntil'];
}

interface Encoded {
  readonly run: EncodeRun;
  readonly rungs: readonly (readonly Frame[])[];
}

async function encode(asked: Asked): Promise<Encoded> {
  const { source, ladder = TWO_RUNGS, keyframes = 'source', thumbnails, paced = false } = asked;
  const resumed = asked.madeUntil === undefined ? {} : { madeUntil: asked.madeUntil };
  const rungs = rungsFor(parseLadder(ladder), source.track);
  const base = { source: source.track, rungs, keyframes, family: 'software', thumbnails } as const;
  const job = { ...base, ...resumed };
  const pipes = rungs.length + (thumbnails === undefined ? 0 : 2);
  const run = await runEncode(encodeArguments(job), source, { pipes, paced });
  assert.deepEqual([run.code, run.stderr], [0, '']);
  return { run, rungs: run.pipes.slice(0, rungs.length).map(({ bytes }) => readFrames(bytes)) };
}

const timesOf = (frames: readonly Frame[]): number[] =>
  frames.map(({ pts }) => pts).sort((left, right) => left - right);
const keysOf = (frames: readonly Frame[]): number[] =>
  timesOf(frames.filter(({ keyframe }) => keyframe));

const picture = (rest = ''): string => `testsrc2=size=640x360:rate=30:duration=2${rest}`;
const HALF_OF_THEM = ",select='gt(random(1),0.5)'";
const FIELDS = ['-flags', '+ildct+ilme', '-x264-params', 'tff=1'];
const sources: readonly (readonly [string, string, readonly string[]])[] = [
  ['without B-frames', picture(), LIVE],
  ['with B-frames', picture(), [...X264, '-bf', '3']],
  ['of irregular times', picture(HALF_OF_THEM), [...X264, '-vsync', 'vfr', '-bf', '2']],
  ['of fields', picture(',interlace'), [...LIVE, ...FIELDS]],
  ['in 10-bit 4:2:2', picture(), [...X264.slice(0, 4), '-pix_fmt', 'yuv422p10le', '-g', '20']],
  ['of odd proportions', 'testsrc2=size=638x358:rate=30:duration=2', LIVE],
];
for (const [what, lavfi, coding] of sources) {
  test(
    `encodeArguments() keeps each time and keyframe of a source ${what}`,
    NEEDS_FFMPEG,
    async () => {
      const source = encodeSource(lavfi, coding);
      const { run, rungs } = await encode({ source });
      assert.ok(keysOf(source.frames).length >= 2);
      assert.equal(rungs.length, 2);
      for (const [index, frames] of rungs.entries()) {
        assert.deepEqual(timesOf(frames), timesOf(source.frames));
        assert.deepEqual(keysOf(frames), keysOf(source.frames));
        assert.ok(
          frames.every(({ pts, dts }) => pts === dts),
          'nothing is reordered',
        );
        const { width, height, codecString } = trackOf(run.pipes[index]?.bytes ?? new Uint8Array());
        assert.deepEqual([width % 2, height], [0, [180, 90][index]]);
        // High profile, 8 bits, 4:2:0.
        assert.match(codecString, /^avc1\.6400/);
      }
    },
  );
}

for (const [what, lavfi, coding] of sources.slice(0, 4)) {
  test(
    `encodeArguments() resumes to the frame within a GOP of a source ${what}`,
    NEEDS_FFMPEG,
    async () => {
      const source = encodeSource(lavfi, coding);
      const shown = timesOf(source.frames);
      // Rungs need not have come equally far.
      const last = [25, 27].map((index) => shown[index] ?? Number.NaN);
      const madeUntil = new Map(['180p', '90p'].map((name, at) => [name, last[at] ?? 0]));
      const after = (pts: number) => shown.filter((each) => each > pts);
      const bySource = await encode({ source, madeUntil });
      for (const [index, frames] of bySource.rungs.entries()) {
        const rest = after(last[index] ?? 0);
        assert.deepEqual(timesOf(frames), rest);
        const keyframes = keysOf(source.frames).filter((pts) => rest.includes(pts));
        assert.deepEqual(keysOf(frames), [...new Set([rest[0], ...keyframes])]);
      }
      const onGrid = await encode({ source, madeUntil, keyframes: { everyS: 1 } });
      for (const [index, [first, second, ...rest]] of onGrid.rungs.entries()) {
        const expected = after(last[index] ?? 0);
        assert.equal((first?.pts ?? NaN) % 90_000, 0, 'of no use, and it begins a slot');
        assert.deepEqual(timesOf([...(second ? [second] : []), ...rest]), expected);
        assert.equal(second?.keyframe, true);
      }
    },
  );
}

test(
  'encodeArguments() puts keyframes on the grid, at the same frames of every rung',
  NEEDS_FFMPEG,
  async () => {
    const source = encodeSource('testsrc2=size=640x360:rate=60:duration=3', LIVE);
    const ladder = '180p=320x180@300k:30fps,90p=160x90@100k:24fps';
    // Its first frame is somewhere in its slot.
    const late = (ticks: number): number => ticks + 60_100;
    const frames = source.frames.map((each) => ({
      ...each,
      pts: late(each.pts),
      dts: late(each.dts),
    }));
    const shifted = { ...source, frames };
    const { rungs } = await encode({ source: shifted, ladder, keyframes: { everyS: 1 } });
    const origin = source.frames[0]?.pts ?? 0;
    assert.equal(origin % 90_000, 0);
    for (const [index, [first, second, ...rest]] of rungs.entries()) {
      assert.equal(first?.pts, origin, 'of no use, and it begins a slot');
      assert.equal(second?.keyframe, true);
      const known = timesOf(shifted.frames);
      assert.ok(rest.every(({ pts }) => known.includes(pts)));
      const atOrAfter = (timeS: number) => known.find((pts) => pts >= origin + timeS * 90_000);
      assert.deepEqual(keysOf(rest), [atOrAfter(1), atOrAfter(2), atOrAfter(3)]);
      assert.equal(rest.length + 2, [90, 72][index]);
    }
  },
);

test('encodeArguments() gives each frame soon after it came in', NEEDS_FFMPEG, async () => {
  const source = encodeSource('testsrc2=size=1280x720:rate=30:duration=3', LIVE);
  const ladder = '480p=854x480@1200k,360p=640x360@600k';
  const { run, rungs } = await encode({ source, ladder, paced: true, thumbnails: { everyS: 1 } });
  for (const [index, frames] of rungs.entries()) {
    const delays = frames
      .map((_, at) => (run.pipes[index]?.arrivedMs[at] ?? Infinity) - (run.writtenMs[at] ?? 0))
      .sort((left, right) => left - right);
    const medianMs = delays[Math.floor(delays.length / 2)] ?? Infinity;
    // About 40 on an idle machine: one frame's duration, because the next frame ends a fragment.
    assert.ok(medianMs < 150, `rung ${index}: ${medianMs.toFixed(0)} ms`);
  }
  for (const { bytes } of run.pipes.slice(2)) {
    const jpegs = Buffer.from(bytes).toString('latin1').split('\xff\xd8\xff').length - 1;
    assert.equal(jpegs, 3);
  }
});

test(
  'encodeArguments() spends the bits it was given when the source lies about its rate',
  NEEDS_FFMPEG,
  async () => {
    const made = encodeSource(
      'testsrc2=size=640x360:rate=60:duration=4,noise=alls=60:allf=t',
      LIVE,
    );
    const [first] = made.frames;
    assert.ok(first !== undefined);
    // Says 60 and has 30; the track does not say.
    const frames = made.frames.map((frame) => ({
      ...frame,
      dts: first.dts + 2 * (frame.dts - first.dts),
      pts: first.pts + 2 * (frame.pts - first.pts),
    }));
    const source = { track: { ...made.track, frameRate: undefined }, frames };
    const { run } = await encode({ source, ladder: '180p=320x180@300k' });
    const bitrate = ((run.pipes[0]?.bytes.length ?? 0) * 8) / 8;
    assert.ok(bitrate > 240_000 && bitrate < 400_000, `${bitrate} bit/s`);
  },
);

test(
  'encodeArguments() lets FFmpeg go on after frames that are garbage',
  NEEDS_FFMPEG,
  async () => {
    const { track, frames } = encodeSource(picture(), LIVE);
    const broken = frames.map((frame, index) =>
      index >= 5 && index < 8 ? { ...frame, data: frame.data.map((byte) => byte ^ 0x5a) } : frame,
    );
    const rungs = rungsFor(parseLadder(TWO_RUNGS), track);
    const base = { source: track, rungs, keyframes: 'source', family: 'software' } as const;
    const args = encodeArguments({ ...base, thumbnails: undefined });
    const run = await runEncode(args, { track, frames: broken }, { pipes: 2, paced: false });
    assert.equal(run.code, 0, run.stderr);
    for (const { bytes } of run.pipes) {
      const got = readFrames(bytes);
      assert.ok(got.length >= frames.length - 3);
      assert.deepEqual(keysOf(got), keysOf(frames));
      const known = new Set(timesOf(frames));
      assert.ok(got.every(({ pts }) => known.has(pts)));
    }
  },
);

test(
  'encodeArguments() decodes no picture that is far larger than the source said',
  NEEDS_FFMPEG,
  async () => {
    const { track, frames } = encodeSource(picture(), LIVE);
    const huge = encodeSource('color=size=4096x2304:rate=30:duration=0.1', LIVE);
    const { sps, pps } = parseAvcC(huge.track.config);
    const inBand = [...sps, ...pps].flatMap((nal) => {
      const size = Buffer.alloc(4);
      size.writeUInt32BE(nal.length);
      return [size, nal];
    });
    const last = frames.at(-1);
    const late = huge.frames.map(({ data, keyframe }, index) => {
      const time = (last?.pts ?? 0) + (index + 1) * 3_000;
      const whole = keyframe ? Buffer.concat([...inBand, data]) : data;
      return { pts: time, dts: time, keyframe, data: whole };
    });
    const rungs = rungsFor(parseLadder(TWO_RUNGS), track);
    const base = { source: track, rungs, keyframes: 'source', family: 'software' } as const;
    const args = encodeArguments({ ...base, thumbnails: undefined });
    const source = { track, frames: [...frames, ...late] };
    const run = await runEncode(args, source, { pipes: 2, paced: false });
    assert.match(run.stderr, /Picture size 4096x2304 exceeds/i);
    for (const { bytes } of run.pipes) {
      assert.ok(readFrames(bytes).every(({ pts }) => pts <= (last?.pts ?? 0)));
    }
  },
);

test(
  'encodeArguments() makes a still of each slot from keyframes alone',
  NEEDS_FFMPEG,
  async () => {
    const long = 'testsrc2=size=320x180:rate=10:duration=12';
    for (const coding of [
      [...LIVE, '-g', '25'],
      [...X264, '-bf', '3', '-g', '25', '-sc_threshold', '0'],
      [...LIVE, ...FIELDS, '-g', '25'],
    ]) {
      const source = encodeSource(long, coding);
      const { run } = await encode({
        source,
        ladder: '720p=1280x720@2M',
        thumbnails: { everyS: 1 },
      });
      const [tiles, posters] = run.pipes.map(
        ({ bytes }) => Buffer.from(bytes).toString('latin1').split('\xff\xd8\xff').length - 1,
      );
      // Keyframes at 0, 2.5, 5, 7.5 and 10 s are in slots 0 to 10.
      assert.deepEqual([keysOf(source.frames).length, tiles, posters], [5, 11, 5]);
    }
  },
);

test('encodeArguments() makes stills alone when there is no rung', NEEDS_FFMPEG, async () => {
  const source = encodeSource(picture(), LIVE);
  const { run } = await encode({ source, ladder: '720p=1280x720@2M', thumbnails: { everyS: 1 } });
  for (const { bytes } of run.pipes) assert.deepEqual([...bytes.subarray(0, 2)], [0xff, 0xd8]);
  assert.equal(run.pipes.length, 2);
});
