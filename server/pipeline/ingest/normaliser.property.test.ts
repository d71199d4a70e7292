import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Sample, TrackKind } from '../../media/index.ts';
import { audioTrack, videoTrack } from '../../media/track.test-support.ts';
import { Normaliser } from './normaliser.ts';
import type { RawSample } from './normaliser-input.ts';

const VIDEO = videoTrack();

/** A sample on its way: where the source meant it, and the stamp that it got. */
interface Sent {
  readonly kind: TrackKind;
  readonly trueMs: number;
  readonly stampMs: number;
}

interface Source {
  readonly fps: number;
  readonly rate: number;
  readonly startMs: number;
  readonly audioLeadMs: number;
}

const source: fc.Arbitrary<Source> = fc.record({
  fps: fc.constantFrom(15, 24, 25, 30_000 / 1001, 30, 50, 60),
  rate: fc.constantFrom(44_100, 48_000),
  // Near 0, near the wrap of 32 bits and anywhere else.
  startMs: fc.oneof(
    fc.integer({ min: 0, max: 100 }),
    fc.integer({ min: 2 ** 32 - 5_000, max: 2 ** 32 - 1 }),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  ),
  audioLeadMs: fc.integer({ min: -400, max: 400 }),
});

/** Five seconds of both tracks in order of their true time. */
function schedule({ fps, rate, startMs, audioLeadMs }: Source): Sent[] {
  const sent: Sent[] = [];
  const add = (kind: TrackKind, trueMs: number): void => {
    sent.push({ kind, trueMs, stampMs: Math.round(trueMs) });
  };
  for (let frame = 0; frame < 5 * fps; frame++) add('video', startMs + 500 + (frame * 1000) / fps);
  for (let frame = 0; (frame * 1024) / rate < 5; frame++) {
    add('audio', startMs + 500 - audioLeadMs + (frame * 1_024_000) / rate);
  }
  return sent.sort((a, b) => a.trueMs - b.trueMs);
}

interface Result {
  readonly samples: Sample[];
  readonly discontinuities: number;
  readonly repairs: ReadonlyMap<string, number>;
}

function normalise(sent: readonly Sent[], rate: number): Result {
  const audio = audioTrack({ timescale: rate });
  const normaliser = new Normaliser();
  const events = [
    ...normaliser.push({ type: 'track', track: VIDEO }, 0),
    ...normaliser.push({ type: 'track', track: audio }, 0),
  ];
  const firstMs = sent[0]?.trueMs ?? 0;
  for (const { kind, trueMs, stampMs } of sent) {
    const raw: RawSample = {
      kind,
      stampMs: stampMs >>> 0,
      nanos: 0,
      compositionOffsetMs: 0,
      durationTicks: kind === 'audio' ? 1024 : 0,
      keyframe: true,
      data: new Uint8Array(),
    };
    events.push(...normaliser.push({ type: 'sample', sample: raw }, trueMs - firstMs));
  }
  events.push(...normaliser.end(10_000));
  return {
    samples: events.flatMap((event) => (event.type === 'sample' ? [event.sample] : [])),
    discontinuities: events.filter((event) => event.type === 'discontinuity').length,
    repairs: normaliser.repairs,
  };
}

/** What holds whatever the source does. */
function checkAlways({ samples }: Result, sent: readonly Sent[]): void {
  assert.deepEqual(
    samples.map((sample) => sample.kind),
    sent.map((one) => one.kind),
  );
  const video = samples.filter((sample) => sample.kind === 'video');
  video.forEach((sample, index) => {
    assert.ok(Number.isSafeInteger(sample.dts) && Number.isSafeInteger(sample.pts));
    assert.ok(sample.pts >= sample.dts && sample.dts > (video[index - 1]?.dts ?? -1));
  });
  const audio = samples.filter((sample) => sample.kind === 'audio');
  audio.forEach((sample, index) => {
    const before = audio[index - 1];
    assert.ok(Number.isSafeInteger(sample.dts) && sample.dts >= 0);
    if (before === undefined) return;
    const step = sample.dts - before.dts;
    assert.ok(step >= 1024 && step % 1024 === 0, `audio steps by ${step}`);
  });
}

/** How far the tracks lie from where the source meant them, each in ms. */
function errors({ samples }: Result, sent: readonly Sent[], rate: number): number[] {
  return samples.map((sample, index) => {
    const outMs = sample.dts / (sample.kind === 'video' ? 90 : rate / 1000);
    return outMs - (sent[index]?.trueMs ?? 0);
  });
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

test('Normaliser.push() repairs nothing in a clean source, wherever its stamps begin', () => {
  fc.assert(
    fc.property(source, (from) => {
      const sent = schedule(from);
      const result = normalise(sent, from.rate);
      checkAlways(result, sent);
      assert.deepEqual([...result.repairs], []);
      assert.ok(result.samples.some((sample) => sample.dts === 0));
      // Video is rounded to ms, audio is off by the rounding of its first stamp.
      assert.ok(spread(errors(result, sent, from.rate)) <= 2.1);
    }),
    { numRuns: 60 },
  );
});

test('Normaliser.push() keeps the tracks within a frame of the source under jitter', () => {
  const jitter = fc.infiniteStream(fc.integer({ min: -9, max: 9 }));
  fc.assert(
    fc.property(source, jitter, (from, noise) => {
      const sent = schedule(from).map((one) => ({
        ...one,
        stampMs: one.stampMs + noise.next().value,
      }));
      const result = normalise(sent, from.rate);
      checkAlways(result, sent);
      assert.equal(result.discontinuities, 0);
      assert.ok(spread(errors(result, sent, from.rate)) <= 2 * 18 + 2);
      const audio = result.samples.filter((sample) => sample.kind === 'audio');
      assert.equal((audio.at(-1)?.dts ?? 0) - (audio[0]?.dts ?? 0), 1024 * (audio.length - 1));
    }),
    { numRuns: 60 },
  );
});

test('Normaliser.push() is not moved by single wild stamps', () => {
  const wild = fc.integer({ min: 5_001, max: 2 ** 31 - 10_000 });
  fc.assert(
    fc.property(
      source,
      wild,
      fc.boolean(),
      fc.integer({ min: 7, max: 40 }),
      (from, by, up, nth) => {
        const sent = schedule(from).map((one, index) =>
          index % nth === nth - 1 ? { ...one, stampMs: one.stampMs + (up ? by : -by) } : one,
        );
        // The first of a track has nothing to be judged by.
        const firsts = (['video', 'audio'] as const).map((kind) =>
          sent.findIndex((one) => one.kind === kind),
        );
        fc.pre(firsts.every((index) => index % nth !== nth - 1));
        const result = normalise(sent, from.rate);
        checkAlways(result, sent);
        assert.equal(result.discontinuities, 0);
        assert.ok(spread(errors(result, sent, from.rate)) <= 1000 / from.fps + 24);
      },
    ),
    { numRuns: 100 },
  );
});

test('Normaliser.push() joins one lasting jump with one discontinuity and both tracks together', () => {
  const jump = fc.oneof(
    fc.integer({ min: 5_100, max: 2 ** 31 - 20_000 }),
    fc.integer({ min: -(2 ** 31) + 20_000, max: -5_100 }),
  );
  fc.assert(
    fc.property(source, jump, fc.double({ min: 0.2, max: 0.8, noNaN: true }), (from, by, where) => {
      const clean = schedule(from);
      const at = Math.floor(clean.length * where);
      const sent = clean.map((one, index) =>
        index >= at ? { ...one, stampMs: one.stampMs + by } : one,
      );
      const result = normalise(sent, from.rate);
      checkAlways(result, sent);
      assert.equal(result.discontinuities, 1);
      const off = errors(result, sent, from.rate);
      assert.ok(spread(off.slice(0, at)) <= 2.1);
      assert.ok(spread(off.slice(at + 64)) <= 1000 / from.fps + 24);
    }),
    { numRuns: 100 },
  );
});

test('Normaliser.push() fills holes of any length without an overlap', () => {
  const hole = fc.record({
    at: fc.integer({ min: 20, max: 200 }),
    frames: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(source, hole, (from, { at, frames }) => {
      let heard = 0;
      const sent = schedule(from).filter((one) => {
        if (one.kind === 'video') return true;
        heard++;
        return heard <= at || heard > at + frames;
      });
      const result = normalise(sent, from.rate);
      checkAlways(result, sent);
      assert.equal(result.discontinuities, 0);
      // Once a second has passed after the hole the tracks are a frame apart at most.
      const off = errors(result, sent, from.rate);
      const settledMs = (sent[0]?.trueMs ?? 0) + ((at + frames) * 1_024_000) / from.rate + 1_500;
      const late = off.filter((_, index) => (sent[index]?.trueMs ?? 0) > settledMs);
      if (late.length > 0) assert.ok(spread(late) <= 24 + 2, `spread is ${spread(late)}`);
    }),
    { numRuns: 100 },
  );
});

test('Normaliser.push() survives any stamps at all', () => {
  const stamp = fc.oneof(
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fc.integer({ min: 0, max: 10_000 }),
    fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1),
  );
  const arrival = fc.record({ kind: fc.constantFrom<TrackKind>('audio', 'video'), stampMs: stamp });
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 300 }), (arrivals) => {
      const sent = arrivals.map((one, index) => ({ ...one, trueMs: index * 10 }));
      checkAlways(normalise(sent, 48_000), sent);
    }),
    { numRuns: 200 },
  );
});
