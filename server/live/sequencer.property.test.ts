import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type MediaSegment, writeMediaPlaylist } from '../format/hls/index.ts';
import { Sequencer, type SequencerSnapshot } from './sequencer.ts';
import type { PartRegistration, SegmentRegistration } from './sequencer-slot.ts';
import { Timeline, type TimelineTargets } from './timeline.ts';

const FIRST = 100;

type Registration = SegmentRegistration | PartRegistration;

function make(targets: TimelineTargets): Sequencer {
  return new Sequencer(new Timeline(targets));
}

function register(sequencer: Sequencer, registration: Registration, nowMs: number): void {
  if ('part' in registration) sequencer.registerPart(registration, nowMs);
  else sequencer.register(registration, nowMs);
}

function text(sequencer: Sequencer): string {
  return writeMediaPlaylist(sequencer.timeline.playlist([]));
}

/** One segment of the input: what it is, how many parts it has, and whether it comes at all. */
const shape = fc.record({
  duration: fc.constantFrom(0.5, 1.2, 2, 2.4, 6),
  discontinuity: fc.boolean(),
  dated: fc.boolean(),
  parts: fc.constantFrom(0, 0, 1, 4),
  missing: fc.constantFrom(false, false, false, false, true),
});
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

const targetsOf = fc.record({
  windowSize: fc.integer({ min: 1, max: 8 }),
  targetDuration: fc.constantFrom(undefined, 6),
  partTarget: fc.constantFrom(undefined, 6),
});

/** The input in order: parts of a segment, then the segment. */
function registrations(shapes: readonly Shape[]): Registration[] {
  return shapes.flatMap(({ duration, discontinuity, dated, parts, missing }, index) => {
    if (missing) return [];
    const sequence = FIRST + index;
    const start = { discontinuity, ...(dated && { programDateTimeMs: index * 2000 }) };
    const list: Registration[] = [];
    for (let part = 0; part < parts; part += 1) {
      list.push({
        sequence,
        part,
        duration: duration / parts,
        path: `/s/${sequence}.${part}.m4s`,
        independent: part === 0,
        ...(part === 0 && start),
      });
    }
    return [...list, { sequence, duration, path: `/s/${sequence}.m4s`, ...start }];
  });
}

test('register() leaves the playlist of the sorted input for a shuffled, duplicated one', () => {
  const input = fc.tuple(targetsOf, fc.array(shape, { minLength: 1, maxLength: 40, size: 'max' }));
  const order = fc.array(fc.nat(), { minLength: 200, maxLength: 200 });
  fc.assert(
    fc.property(input, order, ([targets, shapes], picks) => {
      const sorted = registrations(shapes);
      const straight = make(targets);
      for (const registration of sorted) register(straight, registration, 0);
      const shuffled = make(targets);
      for (const pick of picks) {
        const registration = sorted[pick % sorted.length];
        if (registration !== undefined) register(shuffled, registration, 0);
      }
      for (const registration of sorted.toReversed()) register(shuffled, registration, 0);
      assert.equal(text(shuffled), text(straight));
      assert.equal(shuffled.nextExpectedSequence, straight.nextExpectedSequence);
    }),
    { numRuns: 300 },
  );
});

type Command =
  | { readonly kind: 'segment'; readonly offset: number; readonly duration: number }
  | { readonly kind: 'part'; readonly offset: number; readonly part: number }
  | { readonly kind: 'served' | 'tick' | 'restart' | 'end' };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 160,
    arbitrary: fc.record({
      kind: fc.constant('segment' as const),
      offset: fc.integer({ min: -8, max: 12 }),
      duration: fc.constantFrom(1, 2, 3.7),
    }),
  },
  {
    weight: 80,
    arbitrary: fc.record({
      kind: fc.constant('part' as const),
      offset: fc.integer({ min: -1, max: 2 }),
      part: fc.nat({ max: 5 }),
    }),
  },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('served' as const) }) },
  { weight: 40, arbitrary: fc.record({ kind: fc.constant('tick' as const) }) },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const) }) },
);

/** What viewers have been shown, and must therefore find again. */
class Witness {
  readonly #shown = new Map<number, string>();
  #first = 0;
  #next = 0;

  look(sequencer: Sequencer): void {
    const { timeline } = sequencer;
    let expected = timeline.segments[0]?.mediaSequenceNumber ?? 0;
    let discontinuities = timeline.playlist([]).discontinuitySequence;
    for (const segment of timeline.segments) {
      assert.equal(segment.mediaSequenceNumber, expected, 'the run is contiguous');
      expected += 1;
      if (segment.discontinuity) discontinuities += 1;
      if (sequencer.settled) this.#compare(segment, discontinuities);
    }
    if (!sequencer.settled) return;
    const { mediaSequence } = timeline.playlist([]);
    assert.ok(mediaSequence >= this.#first, 'the start never moves back once it is served');
    assert.ok(sequencer.nextExpectedSequence >= this.#next, 'the end never goes back');
    this.#first = mediaSequence;
    this.#next = sequencer.nextExpectedSequence;
  }

  #compare(segment: MediaSegment, discontinuities: number): void {
    const now = JSON.stringify([segment, discontinuities]);
    const before = this.#shown.get(segment.mediaSequenceNumber);
    if (before !== undefined) assert.equal(now, before, 'what is listed never changes');
    this.#shown.set(segment.mediaSequenceNumber, now);
  }
}

function restart(sequencer: Sequencer, targets: TimelineTargets, nowMs: number): Sequencer {
  const fresh = make(targets);
  const stored: SequencerSnapshot = JSON.parse(JSON.stringify(sequencer.snapshot()));
  fresh.restore(stored, nowMs);
  return fresh;
}

function run(sequencer: Sequencer, command: Command, nowMs: number): void {
  const base = sequencer.started ? sequencer.nextExpectedSequence : FIRST;
  if (command.kind === 'segment') {
    const { duration } = command;
    const sequence = Math.max(0, base + command.offset);
    sequencer.register({ sequence, duration, path: `/${sequence}` }, nowMs);
  } else if (command.kind === 'part') {
    const sequence = Math.max(0, base + command.offset);
    const { part } = command;
    const path = `/${sequence}.${part}`;
    sequencer.registerPart({ sequence, part, duration: 0.5, path, independent: true }, nowMs);
  } else if (command.kind === 'served') sequencer.served();
  else if (command.kind === 'tick') sequencer.tick(nowMs);
  else sequencer.end(nowMs);
}

test('Sequencer keeps its invariants through any commands, restarts included', () => {
  const commands = fc.array(fc.tuple(command, fc.nat({ max: 4000 })), {
    maxLength: 120,
    size: 'max',
  });
  fc.assert(
    fc.property(targetsOf, commands, (targets, list) => {
      let sequencer = make(targets);
      let nowMs = 0;
      const witness = new Witness();
      for (const [next, waitMs] of list) {
        if (sequencer.timeline.ended) break;
        nowMs += waitMs;
        if (next.kind === 'restart') {
          const before = text(sequencer);
          sequencer = restart(sequencer, targets, nowMs);
          assert.equal(text(sequencer), before);
        } else run(sequencer, next, nowMs);
        witness.look(sequencer);
        const deadlineMs = sequencer.nextDeadlineMs();
        if (next.kind === 'tick') assert.ok(deadlineMs === undefined || deadlineMs > nowMs);
      }
    }),
    { numRuns: 500 },
  );
});
