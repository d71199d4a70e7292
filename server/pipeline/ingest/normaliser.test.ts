import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sample, TrackKind } from '../../media/index.ts';
import { audioTrack, videoTrack } from '../../media/track.test-support.ts';
import { Normaliser } from './normaliser.ts';
import type { RawSample, SourceEvent } from './normaliser-input.ts';

const VIDEO = videoTrack({ frameRate: 25 });
const AUDIO = audioTrack();

/** A normaliser at work, with everything that came out of it. */
class Bench {
  readonly normaliser = new Normaliser();
  readonly events: SourceEvent[] = [];
  nowMs = 0;

  constructor(...kinds: readonly TrackKind[]) {
    if (kinds.includes('video')) this.normaliser.push({ type: 'track', track: VIDEO }, 0);
    if (kinds.includes('audio')) this.normaliser.push({ type: 'track', track: AUDIO }, 0);
  }

  /** Pushes one sample; returns what came out. */
  push(kind: TrackKind, stampMs: number, more: Partial<RawSample> = {}): SourceEvent[] {
    const sample: RawSample = {
      kind,
      stampMs: Math.round(stampMs) >>> 0,
      nanos: 0,
      compositionOffsetMs: 0,
      durationTicks: kind === 'audio' ? AUDIO.frameTicks : 0,
      keyframe: true,
      data: new Uint8Array(),
      ...more,
    };
    const out = this.normaliser.push({ type: 'sample', sample }, this.nowMs);
    this.events.push(...out);
    return out;
  }

  /** 40 ms video frames and 21.3 ms audio frames from `fromMs` for `lengthMs`, in order of time. */
  run(fromMs: number, lengthMs: number, kinds: readonly TrackKind[] = ['video', 'audio']): void {
    let audioMs = 0;
    for (let videoMs = 0; videoMs < lengthMs; videoMs += 40) {
      if (kinds.includes('video')) this.push('video', fromMs + videoMs);
      for (; audioMs < videoMs + 40; audioMs += 64 / 3) {
        if (kinds.includes('audio')) this.push('audio', fromMs + audioMs);
      }
      this.nowMs += 40;
    }
  }

  samples(kind: TrackKind): Sample[] {
    return this.events.flatMap((event) =>
      event.type === 'sample' && event.sample.kind === kind ? [event.sample] : [],
    );
  }

  /** Decode times of a track in ms. */
  times(kind: TrackKind): number[] {
    const perMs = kind === 'video' ? 90 : 48;
    return this.samples(kind).map((sample) => sample.dts / perMs);
  }

  repairs(): Record<string, number> {
    return Object.fromEntries(this.normaliser.repairs);
  }

  discontinuities(): number {
    return this.events.filter((event) => event.type === 'discontinuity').length;
  }
}

/** Steps between neighbours. */
function steps(values: readonly number[]): number[] {
  return values.slice(1).map((value, index) => value - (values[index] ?? 0));
}

test('Normaliser.push() puts the earlier track at 0 and keeps the offset of the other', () => {
  const bench = new Bench('video', 'audio');
  assert.deepEqual(bench.push('video', 5_070), []);
  const out = bench.push('audio', 5_000);
  assert.deepEqual(
    out.map((event) => (event.type === 'track' ? event.track.kind : event.type)),
    ['video', 'audio', 'sample', 'sample'],
  );
  assert.deepEqual([bench.times('video'), bench.times('audio')], [[70], [0]]);
});

test('Normaliser.push() holds nothing once it has started', () => {
  const bench = new Bench('video', 'audio');
  bench.run(0, 400);
  for (const stamp of [440, 480, 3_600_000, 520]) {
    assert.equal(bench.push('video', stamp).filter((event) => event.type === 'sample').length, 1);
  }
});

test('Normaliser.push() starts without a second track after a second of media', () => {
  for (const kind of ['audio', 'video'] as const) {
    const bench = new Bench(kind);
    for (let stamp = 0; stamp < 1_000; stamp += 40) assert.deepEqual(bench.push(kind, stamp), []);
    assert.equal(bench.push(kind, 1_000).length, 1 + 26);
    assert.equal(bench.times(kind)[0], 0);
    assert.equal(bench.push(kind, 1_040).length, 1);
  }
});

test('Normaliser.push() starts without a second track after a second of wall clock', () => {
  const bench = new Bench('video');
  bench.push('video', 0);
  bench.nowMs = 999;
  assert.deepEqual(bench.push('video', 40), []);
  bench.nowMs = 1_000;
  assert.equal(bench.push('video', 80).length, 4);
});

test('Normaliser.expectOnly() lets a lone track start at once', () => {
  const bench = new Bench('video');
  bench.normaliser.expectOnly('video');
  assert.equal(bench.push('video', 7_000).length, 2);
  assert.deepEqual(bench.times('video'), [0]);
});

test('Normaliser.push() announces a track that joins late, in time with the other', () => {
  const bench = new Bench('video');
  bench.run(1_000, 3_000, ['video']);
  bench.normaliser.push({ type: 'track', track: AUDIO }, bench.nowMs);
  const out = bench.push('audio', 4_010);
  assert.deepEqual(
    out.map((event) => event.type),
    ['track', 'sample'],
  );
  assert.deepEqual(bench.times('audio'), [3_010]);
});

test('Normaliser.push() lets tracks from different epochs begin together', () => {
  const bench = new Bench('video', 'audio');
  bench.push('video', 3_600_000);
  bench.push('audio', 20);
  assert.deepEqual([bench.times('video'), bench.times('audio')], [[0], [0]]);
});

test('Normaliser.end() gives back what a start was holding', () => {
  const bench = new Bench('video');
  bench.push('video', 10);
  assert.equal(bench.normaliser.end(0).length, 2);
  assert.deepEqual(bench.normaliser.end(0), []);
});

test('Normaliser.push() undoes the 32-bit wrap', () => {
  const bench = new Bench('video', 'audio');
  bench.run(2 ** 32 - 1_000, 2_000);
  assert.deepEqual([...new Set(steps(bench.times('video')))], [40]);
  assert.deepEqual([...new Set(steps(bench.samples('audio').map((s) => s.dts)))], [1024]);
  assert.deepEqual(bench.repairs(), {});
});

test('Normaliser.push() counts audio in whole frames however its stamps are rounded', () => {
  const bench = new Bench('audio');
  for (let frame = 0; frame < 500; frame++) {
    bench.push('audio', (frame * 64) / 3 + (frame % 7 === 0 ? 25 : 0));
  }
  assert.deepEqual([...new Set(steps(bench.samples('audio').map((s) => s.dts)))], [1024]);
  assert.deepEqual(bench.repairs(), {});
});

test('Normaliser.push() restamps a single wild stamp, an hour ahead or hours back', () => {
  for (const wild of [3_600_000, -9_720_000]) {
    const bench = new Bench('video', 'audio');
    bench.run(10_000_000, 2_000);
    bench.push('video', 10_002_000 + wild);
    bench.push('audio', 10_002_005 + wild);
    bench.run(10_002_040, 1_000);
    assert.deepEqual([...new Set(steps(bench.times('video')))], [40]);
    assert.ok(steps(bench.samples('audio').map((s) => s.dts)).every((step) => step === 1024));
    assert.deepEqual(bench.repairs(), { wild_restamped: 2 });
    assert.equal(bench.discontinuities(), 0);
  }
});

test('Normaliser.push() joins a jump that lasts, behind one discontinuity, tracks together', () => {
  for (const jump of [3_600_000, 6_000, -6_000, -9_720_000]) {
    const bench = new Bench('video', 'audio');
    bench.run(10_000_000, 2_000);
    bench.run(10_002_000 + jump, 2_000);
    const [video, audio] = [bench.times('video'), bench.times('audio')];
    assert.ok(steps(video).every((step) => step >= 39 && step <= 41));
    assert.ok(steps(bench.samples('audio').map((s) => s.dts)).every((step) => step === 1024));
    assert.ok(Math.abs((video.at(-1) ?? 0) - 3_960) <= 2, `ends at ${video.at(-1)}`);
    assert.ok(Math.abs((audio.at(-1) ?? 0) - 3_990) <= 22, `ends at ${audio.at(-1)}`);
    assert.equal(bench.discontinuities(), 1);
    assert.equal(bench.repairs().jump_joined, 1);
  }
});

test('Normaliser.push() puts the discontinuity before the pair sample of the new place', () => {
  const bench = new Bench('video');
  bench.run(0, 2_000, ['video']);
  assert.deepEqual(
    bench.push('video', 100_000).map((e) => e.type),
    ['sample'],
  );
  assert.deepEqual(
    bench.push('video', 100_040).map((e) => e.type),
    ['sample'],
  );
  assert.deepEqual(
    bench.push('video', 100_080).map((e) => e.type),
    ['discontinuity', 'sample'],
  );
  assert.deepEqual(
    bench.push('video', 100_120).map((e) => e.type),
    ['sample'],
  );
});

test('Normaliser.push() keeps the tracks together when the source starts anew with an offset', () => {
  const bench = new Bench('video', 'audio');
  bench.run(100_000, 2_000);
  // The new timeline begins with audio; its video comes 120 ms later than it.
  for (const stamp of [0, 21, 43, 64, 85, 107]) bench.push('audio', stamp);
  bench.push('video', 120);
  const offset = (bench.times('video').at(-1) ?? 0) - (bench.times('audio').at(-1) ?? 0);
  assert.ok(Math.abs(offset - 13) <= 2, `offset is ${offset}`);
  assert.equal(bench.discontinuities(), 1);
});

test('Normaliser.push() joins a jump of one track alone without moving the other', () => {
  const bench = new Bench('video', 'audio');
  bench.run(0, 2_000);
  for (let pair = 0; pair < 50; pair++) {
    bench.push('video', 2_000 + pair * 40);
    bench.push('audio', 50_000 + pair * 42.667);
    bench.push('audio', 50_021 + pair * 42.667);
  }
  assert.deepEqual([...new Set(steps(bench.times('video')))], [40]);
  const last = bench.times('audio').at(-1) ?? 0;
  assert.ok(Math.abs(last - 4_133) < 25, `ends at ${last}`);
  assert.equal(bench.discontinuities(), 1);
});

test('Normaliser.push() keeps video increasing when stamps go back and catch up', () => {
  const bench = new Bench('video');
  bench.run(0, 2_000, ['video']);
  for (const stamp of [1_930, 1_960, 2_000, 2_040]) bench.push('video', stamp);
  assert.deepEqual(
    bench
      .samples('video')
      .slice(-5)
      .map((sample) => sample.dts - 1_960 * 90),
    [0, 1, 2, 40 * 90, 80 * 90],
  );
  assert.deepEqual(bench.repairs(), { backwards_clamped: 2 });
});

test('Normaliser.push() does not compress video for ever when it stays behind', () => {
  const bench = new Bench('video', 'audio');
  bench.run(10_000, 4_000);
  bench.run(13_200, 8_000);
  const video = bench.times('video');
  assert.ok(steps(video).filter((step) => step < 1).length <= 8);
  assert.equal(
    steps(video)
      .slice(-150)
      .every((step) => step === 40),
    true,
  );
  // Whatever was done was done to both tracks.
  const apart = (video.at(-1) ?? 0) - (bench.times('audio').at(-1) ?? 0);
  assert.ok(Math.abs(apart) <= 64, `tracks are ${apart} ms apart`);
  assert.equal(bench.discontinuities(), 0);
});

test('Normaliser.push() steps back by some seconds without a discontinuity', () => {
  const bench = new Bench('video', 'audio');
  bench.run(10_000, 4_000);
  bench.run(11_000, 4_000);
  assert.ok(steps(bench.times('video')).every((step) => step >= 39 && step <= 41));
  assert.equal(bench.discontinuities(), 0);
  assert.equal(bench.repairs().step_back_joined, 1);
});

test('Normaliser.push() leaves out missing audio frames, whole ones, without an overlap', () => {
  const bench = new Bench('video', 'audio');
  bench.run(0, 2_000);
  bench.run(2_000, 300, ['video']);
  bench.run(2_300, 2_000);
  const ticks = steps(bench.samples('audio').map((sample) => sample.dts));
  assert.ok(ticks.every((step) => step >= 1024 && step % 1024 === 0));
  const apart = (bench.times('video').at(-1) ?? 0) - (bench.times('audio').at(-1) ?? 0);
  assert.ok(Math.abs(apart) <= 42, `tracks are ${apart} ms apart`);
  assert.deepEqual(bench.repairs(), { audio_gap: 1 });
});

test('Normaliser.push() finds even one lost audio frame within a second', () => {
  const bench = new Bench('audio');
  for (let frame = 0; frame < 200; frame++) {
    if (frame !== 100) bench.push('audio', (frame * 64) / 3);
  }
  const ticks = steps(bench.samples('audio').map((sample) => sample.dts));
  assert.deepEqual(
    ticks.filter((step) => step !== 1024),
    [2048],
  );
  assert.equal(bench.times('audio').at(-1), (199 * 64) / 3);
});

test('Normaliser.push() takes audio back where the stream is after a long pause', () => {
  const bench = new Bench('video', 'audio');
  bench.run(0, 2_000);
  bench.run(2_000, 20_000, ['video']);
  bench.run(22_000, 2_000);
  assert.equal(bench.discontinuities(), 0);
  const apart = (bench.times('video').at(-1) ?? 0) - (bench.times('audio').at(-1) ?? 0);
  assert.ok(Math.abs(apart) <= 42, `tracks are ${apart} ms apart`);
});

test('Normaliser.push() keeps a pause of the whole source that the wall clock saw too', () => {
  const bench = new Bench('video', 'audio');
  bench.run(0, 2_000);
  bench.nowMs += 3_000;
  bench.run(5_000, 1_000);
  assert.deepEqual(
    steps(bench.times('video')).filter((step) => step !== 40),
    [3_040],
  );
  assert.deepEqual(bench.repairs(), { audio_gap: 1 });
});

test('Normaliser.push() shows B-frames where their composition offsets say', () => {
  const bench = new Bench('video');
  bench.normaliser.expectOnly('video');
  const offsets = [80, 160, 40, 0, 80];
  offsets.forEach((compositionOffsetMs, index) => {
    bench.push('video', index * 40, { compositionOffsetMs, nanos: 500_000 });
  });
  assert.deepEqual(
    bench.samples('video').map((sample) => [sample.dts / 90, sample.pts / 90]),
    [
      [0, 80],
      [40, 200],
      [80, 120],
      [120, 120],
      [160, 240],
    ],
  );
});

test('Normaliser.push() never shows a frame before it is decoded', () => {
  const bench = new Bench('video');
  bench.normaliser.expectOnly('video');
  // I P B B without a composition delay: the B-frames are shown before their decode time.
  const offsets = [0, 80, -40, -40];
  for (let frame = 0; frame < 40; frame++) {
    const compositionOffsetMs = frame === 0 ? 0 : (offsets[((frame - 1) % 3) + 1] ?? 0);
    bench.push('video', frame * 40, { compositionOffsetMs });
  }
  const samples = bench.samples('video');
  assert.ok(samples.every((sample) => sample.pts >= sample.dts));
  assert.ok(steps(samples.map((sample) => sample.dts)).every((step) => step > 0));
  // Once the delay is learned every frame is shown at its own time.
  const settled = samples.slice(10).map((sample) => sample.pts / 90 / 40);
  assert.deepEqual(
    [...settled].sort((a, b) => a - b),
    steps([9, ...settled]).map((_, i) => i + 10),
  );
});

test('Normaliser.push() announces a changed track before its first sample and goes on in time', () => {
  const bench = new Bench('audio');
  bench.normaliser.expectOnly('audio');
  for (let frame = 0; frame < 75; frame++) bench.push('audio', (frame * 64) / 3);
  const track = audioTrack({ timescale: 44_100 });
  assert.deepEqual(bench.normaliser.push({ type: 'track', track }, 0), []);
  const out = bench.push('audio', 1_600);
  assert.deepEqual(out[0], { type: 'track', track });
  assert.equal(bench.samples('audio').at(-1)?.dts, (1_600 * 44_100) / 1000);
});
