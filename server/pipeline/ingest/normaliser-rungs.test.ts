import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Sample } from '../../media/index.ts';
import { videoTrack } from '../../media/track.test-support.ts';
import { Normaliser } from './normaliser.ts';
import type { RawSample, SourceEvent } from './normaliser-input.ts';
import { MAX_WAITING_BYTES, MAX_WAITING_EVENTS } from './normaliser-rungs.ts';

const TRACK = videoTrack({ frameRate: 25 });

/** A normaliser at work on video that leads and one rung, with everything that came out of it. */
class Bench {
  readonly normaliser = new Normaliser();
  readonly events: SourceEvent[] = [];
  nowMs = 0;

  constructor() {
    this.normaliser.expectOnly('video');
    this.normaliser.push({ type: 'track', track: TRACK }, 0);
    this.configure();
  }

  configure(name = '360p'): void {
    const event = { type: 'track', track: TRACK } as const;
    this.#take({ type: 'rung', name, trackId: 1, event });
  }

  lead(stampMs: number, more: Partial<RawSample> = {}): void {
    this.#take({ type: 'sample', sample: raw(stampMs, more) });
  }

  rung(stampMs: number, more: Partial<RawSample> = {}, name = '360p'): void {
    const event = { type: 'sample', sample: raw(stampMs, more) } as const;
    this.#take({ type: 'rung', name, trackId: 1, event });
  }

  #take(event: Parameters<Normaliser['push']>[0]): void {
    this.events.push(...this.normaliser.push(event, this.nowMs));
  }

  get led(): Sample[] {
    return this.events.flatMap((event) => (event.type === 'sample' ? [event.sample] : []));
  }

  get placed(): Sample[] {
    return this.events.flatMap((event) =>
      event.type === 'rung' && event.event.type === 'sample' ? [event.event.sample] : [],
    );
  }

  /** The types of the rung's events, in order. */
  get types(): string[] {
    return this.events.flatMap((event) => (event.type === 'rung' ? [event.event.type] : []));
  }
}

function raw(stampMs: number, more: Partial<RawSample> = {}): RawSample {
  const stamps = { stampMs: stampMs >>> 0, nanos: 0, compositionOffsetMs: 0, durationTicks: 0 };
  return { kind: 'video', ...stamps, keyframe: true, data: new Uint8Array(), ...more };
}

const times = (samples: readonly Sample[]): number[] => samples.map(({ pts }) => pts / 90);

test('RungPlacer.push() hands a sample on after the leading one of its stamp', () => {
  const bench = new Bench();
  bench.rung(5_000);
  bench.rung(5_040);
  assert.deepEqual(bench.types, []);
  bench.lead(5_000);
  assert.deepEqual(times(bench.placed), [0]);
  bench.lead(5_040);
  bench.lead(5_080);
  bench.rung(5_080);
  assert.deepEqual(times(bench.placed), [0, 40, 80]);
  assert.deepEqual(
    bench.events.map((event) => (event.type === 'rung' ? event.event.type : `lead ${event.type}`)),
    [
      ...['lead track', 'lead sample', 'track', 'sample'],
      ...['lead sample', 'sample', 'lead sample', 'sample'],
    ],
  );
});

test('RungPlacer.push() puts a rung of another frame rate between the leading samples', () => {
  const bench = new Bench();
  for (let stampMs = 0; stampMs < 400; stampMs += 40) {
    bench.rung(stampMs);
    bench.rung(stampMs + 20);
    bench.lead(stampMs);
  }
  assert.deepEqual(
    times(bench.placed),
    Array.from({ length: 15 }, (_, index) => index * 20),
  );
});

test('RungPlacer.push() keeps nanoseconds, composition offsets and the habit of negative ones', () => {
  const bench = new Bench();
  for (let frame = 0; frame < 8; frame++) {
    const more = { nanos: 500_000, compositionOffsetMs: frame % 2 === 0 ? 40 : -40 };
    bench.lead(100 + frame * 40, more);
    bench.rung(100 + frame * 40, more);
  }
  assert.deepEqual(
    bench.placed.map(({ dts, pts }) => [dts, pts]),
    bench.led.map(({ dts, pts }) => [dts, pts]),
  );
});

test('RungPlacer.lead() announces with the first leading sample what rungs there are', () => {
  const bench = new Bench();
  assert.deepEqual(bench.types, []);
  bench.lead(0);
  assert.deepEqual(bench.types, ['track']);
  bench.lead(40);
  bench.rung(0);
  assert.deepEqual(bench.types, ['track', 'sample']);
});

test('RungPlacer.push() hands a keyframe on after the leading one it is shown with', () => {
  const bench = new Bench();
  bench.lead(1_000);
  // B-frames in the rung alone: shown 80 ms after they are decoded.
  const more = { compositionOffsetMs: 80, keyframe: false };
  bench.rung(1_000, { ...more, keyframe: true });
  bench.rung(1_040, more);
  bench.lead(1_040, { keyframe: false });
  assert.deepEqual(times(bench.placed), []);
  bench.lead(1_080);
  assert.deepEqual(times(bench.placed), [80, 120]);
  // In the leading track as well: it has come with the same stamp.
  const both = new Bench();
  both.lead(1_000, { compositionOffsetMs: 80 });
  both.rung(1_000, { compositionOffsetMs: 80 });
  both.lead(1_040, { compositionOffsetMs: 160 });
  both.rung(1_040, { compositionOffsetMs: 160 });
  assert.deepEqual(times(both.placed), [80, 200]);
});

test('RungPlacer.push() does not wait for a composition offset of hours', () => {
  const bench = new Bench();
  bench.lead(1_000);
  bench.rung(1_000, { compositionOffsetMs: 8_388_607 });
  assert.deepEqual(times(bench.placed), [0]);
});

test('RungPlacer.push() leaves out what lies beside nothing and goes on at the next keyframe', () => {
  const bench = new Bench();
  for (let frame = 0; frame < 12; frame++) {
    const keyframe = frame % 5 === 0;
    bench.lead(frame * 40, { keyframe });
    bench.rung(frame === 2 ? 1_000_000 : frame * 40, { keyframe });
  }
  assert.deepEqual(times(bench.placed), [0, 40, 200, 240, 280, 320, 360, 400, 440]);
  assert.deepEqual(bench.types.slice(0, 5), [
    'track',
    'sample',
    'sample',
    'discontinuity',
    'sample',
  ]);
  assert.deepEqual([...bench.normaliser.repairs], [['rung_sample_dropped', 3]]);
});

test('RungPlacer.push() breaks a rung whose configuration changes alone', () => {
  const bench = new Bench();
  bench.lead(0);
  bench.rung(0);
  bench.configure();
  bench.lead(40);
  bench.rung(40);
  assert.deepEqual(bench.types, ['track', 'sample', 'track', 'discontinuity', 'sample']);
});

test('RungPlacer.push() does not break a rung whose configuration changes with the leading one', () => {
  const bench = new Bench();
  bench.lead(0);
  bench.rung(0);
  bench.normaliser.push({ type: 'track', track: TRACK }, 0);
  bench.configure();
  bench.lead(40);
  bench.rung(40);
  assert.deepEqual(bench.types, ['track', 'sample', 'track', 'sample']);
});

test('RungPlacer.push() holds a bounded number of samples for a leading track that stays away', () => {
  const bench = new Bench();
  for (let frame = 0; frame <= MAX_WAITING_EVENTS; frame++) bench.rung(frame * 40);
  assert.equal(bench.normaliser.repairs.get('rung_sample_dropped'), MAX_WAITING_EVENTS + 1);
  bench.lead(20_000);
  bench.rung(20_000);
  assert.deepEqual(bench.types, ['track', 'sample']);
});

test('RungPlacer.push() holds a bounded number of bytes', () => {
  const bench = new Bench();
  const data = new Uint8Array(MAX_WAITING_BYTES / 4);
  for (let frame = 0; frame < 5; frame++) bench.rung(frame * 40, { data });
  assert.equal(bench.normaliser.repairs.get('rung_sample_dropped'), 5);
  for (let frame = 0; frame < 4; frame++) bench.rung(frame * 40, { data });
  assert.equal(bench.normaliser.repairs.get('rung_sample_dropped'), 5);
});

test('RungPlacer.push() gives up the rung that holds the most bytes, not the one that comes', () => {
  const bench = new Bench();
  bench.configure('240p');
  const data = new Uint8Array(MAX_WAITING_BYTES / 4);
  bench.rung(0, { data: new Uint8Array(1) }, '240p');
  for (let frame = 0; frame < 4; frame++) {
    if (frame === 3) bench.rung(40, { data: new Uint8Array(1) }, '240p');
    bench.rung(frame * 40, { data });
  }
  assert.equal(bench.normaliser.repairs.get('rung_sample_dropped'), 4);
  bench.rung(120, { data });
  for (let frame = 0; frame < 2; frame++) bench.rung(160, { data });
  bench.rung(160, { data: data.subarray(2) });
  assert.equal(bench.normaliser.repairs.get('rung_sample_dropped'), 4);
  bench.rung(80, { data: new Uint8Array(1) }, '240p');
  assert.equal(bench.normaliser.repairs.get('rung_sample_dropped'), 8);
});

/** One picture: how its stamp differs from the frame rate, and how much later the rung has it. */
type Picture = readonly [jumpMs: number, lag: number];

/** Sends every picture twice: in the leading track, and up to a few pictures off in the rung. */
function send(bench: Bench, pictures: readonly Picture[]): number[] {
  let stampMs = 2 ** 32 - 2_000;
  const stamps = pictures.map(([jumpMs]) => {
    stampMs = (stampMs + 40 + jumpMs) >>> 0;
    return stampMs;
  });
  let sent = 0;
  pictures.forEach(([, lag], index) => {
    const due = Math.min(pictures.length, index + 1 - lag);
    for (; sent < due; sent++) bench.rung(stamps[sent] ?? 0, { data: numbered(sent) });
    bench.lead(stamps[index] ?? 0, { data: numbered(index) });
    bench.nowMs += 40;
  });
  return stamps;
}

const numbered = (index: number): Uint8Array => Uint8Array.of(index >> 8, index & 255);
const numberOf = ({ data }: Sample): number => (data[0] ?? 0) * 256 + (data[1] ?? 0);

function checkOrder(placed: readonly Sample[]): void {
  placed.forEach(({ dts, pts }, index) => {
    assert.ok(dts > (placed[index - 1]?.dts ?? -1) && pts >= dts && Number.isSafeInteger(pts));
  });
}

const steady = { weight: 30, arbitrary: fc.constant(0) };
const lag = fc.integer({ min: -3, max: 3 });

test('RungPlacer.push() puts a rung on the leading ticks through jumps, holes and wraps', () => {
  const jump = fc.oneof(
    steady,
    fc.integer({ min: 0, max: 4_000 }),
    fc.integer({ min: 5_100, max: 2 ** 31 - 100_000 }),
    fc.integer({ min: -(2 ** 31) + 100_000, max: -5_100 }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(jump, lag), { minLength: 20, maxLength: 300 }), (pictures) => {
      const bench = new Bench();
      const stamps = send(bench, pictures);
      checkOrder(bench.placed);
      const led = new Map(bench.led.map((sample) => [numberOf(sample), sample.pts]));
      for (const sample of bench.placed) {
        const index = numberOf(sample);
        if (stamps.indexOf(stamps[index] ?? 0) !== stamps.lastIndexOf(stamps[index] ?? 0)) continue;
        assert.equal(sample.pts, led.get(index), `picture ${index} of ${stamps.length}`);
      }
      assert.ok(bench.placed.length >= pictures.length - 3, `${bench.placed.length} placed`);
    }),
    { numRuns: 200 },
  );
});

test('RungPlacer.push() survives any stamps at all', () => {
  const jump = fc.oneof(
    steady,
    fc.integer({ min: -4_000, max: 4_000 }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(jump, lag), { maxLength: 300 }), (pictures) => {
      const bench = new Bench();
      send(bench, pictures);
      checkOrder(bench.placed);
    }),
    { numRuns: 200 },
  );
});
