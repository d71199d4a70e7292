import { gapOf } from './sequencer-gap.ts';
import { PathPredictor } from './sequencer-hint.ts';
import {
  holdsMedia,
  type PartRegistration,
  resourceOf,
  type SegmentRegistration,
  type Slot,
  startOfSlot,
} from './sequencer-slot.ts';
import type { Timeline, TimelineSnapshot } from './timeline.ts';

/** Parts add up to their segment when no more than this is missing: durations are rounded. */
const PART_SUM_SLACK_S = 0.05;

/** What is known, by sequence number. */
export type Slots = ReadonlyMap<number, Slot>;

/** The first sequence number after `sequence` of which media is known; `highest` is the last. */
export function lowestAfter(slots: Slots, sequence: number, highest: number): number {
  for (let after = sequence + 1; after < highest; after += 1) {
    const slot = slots.get(after);
    if (slot !== undefined && holdsMedia(slot)) return after;
  }
  return Math.max(highest, sequence + 1);
}

/** Writes what is contiguous onto a timeline, with the gaps and hints that it takes. */
export class Publication {
  readonly #timeline: Timeline;
  #predictor = new PathPredictor();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** Takes back all that is written, to begin at `start`. */
  startOver(start: number): void {
    this.#predictor = new PathPredictor();
    this.#timeline.restore();
    this.#timeline.start(start);
  }

  /** Goes on from a timeline of another run of the server. */
  resume(snapshot: TimelineSnapshot | undefined): void {
    const timeline = this.#timeline;
    timeline.restore(snapshot);
    this.#predictor = new PathPredictor();
    for (const { mediaSequenceNumber, parts } of timeline.segments) {
      for (const [part, { uri }] of parts.entries()) {
        this.#predictor.observe(mediaSequenceNumber, part, uri);
      }
    }
    for (const [part, { uri }] of (timeline.open?.parts ?? []).entries()) {
      this.#predictor.observe(timeline.nextMediaSequenceNumber ?? 0, part, uri);
    }
  }

  /** Publishes from `slots` all that can be. */
  advance(slots: Slots, highest: number): void {
    for (;;) {
      const sequence = this.#timeline.nextMediaSequenceNumber ?? 0;
      const slot = slots.get(sequence);
      if (slot === undefined) return;
      this.#appendParts(sequence, slot);
      if (slot.segment !== undefined) {
        if (!slot.passed && !this.#addsUp(slot, slot.segment)) {
          this.#restateOpen(slot);
          return;
        }
        this.#close(sequence, slot, slot.segment);
      } else if (slot.passed) {
        this.#appendGap(slots, sequence, highest);
      } else {
        return;
      }
    }
  }

  #appendParts(sequence: number, slot: Slot): void {
    const timeline = this.#timeline;
    // The target duration follows the first segment, and must be known before anything is listed.
    const undeclared = timeline.declared.targetDuration === undefined;
    if (undeclared && timeline.segments.length === 0 && slot.segment === undefined) return;
    for (let index = timeline.open?.parts.length ?? 0; ; index += 1) {
      const part = slot.parts.get(index);
      if (part === undefined) return;
      if (index === 0) timeline.openSegment(startOfSlot(slot, timeline.segments.at(-1)));
      this.#predictor.observe(sequence, index, part.path);
      const { duration, independent } = part;
      timeline.appendPart({ ...resourceOf(part), duration, independent }, this.#hint(part));
    }
  }

  /** Where the part after `part` will be: as its transcoder says, else as its names tell. */
  #hint(part: PartRegistration): string | undefined {
    if (part.hintPath !== undefined) return part.hintPath;
    if (part.byteRange !== undefined) return undefined;
    const count = part.part + 1;
    const usual = this.#timeline.segments.at(-1)?.parts.length;
    return usual === count
      ? this.#predictor.predict(part.sequence + 1, 0)
      : this.#predictor.predict(part.sequence, count);
  }

  /** A segment may say what its first part did not; parts that come in before it must change nothing. */
  #restateOpen(slot: Slot): void {
    const timeline = this.#timeline;
    if (timeline.open === undefined) return;
    timeline.restateOpen(startOfSlot(slot, timeline.segments.at(-1)));
  }

  /** Whether nothing is missing of a segment that has come. */
  #addsUp(slot: Slot, segment: SegmentRegistration): boolean {
    if (slot.parts.size === 0) return !this.#expectsParts();
    const open = this.#timeline.open?.parts ?? [];
    const sum = open.reduce((seconds, part) => seconds + part.duration, 0);
    return sum >= segment.duration - PART_SUM_SLACK_S;
  }

  /** After a segment with parts, one whose parts are not there yet is likely to get them. */
  #expectsParts(): boolean {
    const last = this.#timeline.segments.findLast((segment) => !segment.gap);
    return last !== undefined && last.parts.length > 0;
  }

  #close(sequence: number, slot: Slot, segment: SegmentRegistration): void {
    const timeline = this.#timeline;
    const start = startOfSlot(slot, timeline.segments.at(-1));
    const end = { ...resourceOf(segment), duration: segment.duration };
    const listed = timeline.open?.parts.length ?? 0;
    if (listed === 0) {
      timeline.appendSegment(start, end);
      return;
    }
    const last = slot.parts.get(listed - 1);
    const hint =
      last?.byteRange === undefined ? this.#predictor.predict(sequence + 1, 0) : undefined;
    timeline.closeSegment(end, last?.hintPath ?? hint, start);
  }

  #appendGap(slots: Slots, sequence: number, highest: number): void {
    const timeline = this.#timeline;
    const after = lowestAfter(slots, sequence, highest);
    const slot = slots.get(after);
    const { start, end } = gapOf({
      sequence,
      count: after - sequence,
      before: timeline.segments.at(-1),
      afterMs: slot && startOfSlot(slot, undefined).programDateTimeMs,
      afterDuration: slot?.segment?.duration,
      parts: timeline.open?.parts ?? [],
      targetDuration: timeline.targetDuration,
    });
    timeline.appendGap(end, start);
  }
}
