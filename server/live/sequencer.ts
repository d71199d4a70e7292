/**
 * Puts segments and parts that come in any order onto a timeline in theirs. Knows no clock:
 * time comes in as `nowMs`.
 *
 * I1  What is published is the contiguous run from its start on, and nothing else.
 * I2  The same set of registrations leaves the same playlist, whatever order it came in, as long
 *     as no wait ran out and none was refused for being too far from the others.
 * I3  The start is the lowest sequence registered until it settles: when a playlist is served,
 *     or when segments have left the window and a lower one has been waited for long enough.
 * I4  A sequence number whose time ran out is listed as EXT-X-GAP, and stays that.
 * I5  What waits is bounded: by distance, and parts also by number.
 *
 *     nothing ──register──▶ unsettled ──served / long enough──▶ settled ──end──▶ ended
 *                           (may start over lower)              (only goes on)
 */
import type { ErrorCode, Refusal } from '../../contract/index.ts';
import { lowestAfter, Publication } from './sequencer-publication.ts';
import {
  differenceOf,
  type PartRegistration,
  type SegmentRegistration,
  type Slot,
  type SlotSnapshot,
  slotFrom,
  slotSnapshot,
} from './sequencer-slot.ts';
import { roundedDuration, type Timeline, type TimelineSnapshot } from './timeline.ts';

/** How far from the next expected sequence a segment may be, either way, to wait for the others. */
export const MAX_SEQUENCES_AHEAD = 1000;
/** Parts of one rendition that may wait for others. */
export const MAX_WAITING_PARTS = 2000;
/** The start settles when segments have left the window and the run has so many of them. */
export const MAX_UNSETTLED_RUN = 1000;
/** The start settles when segments have left the window and the run has begun so long ago. */
export const MAX_UNSETTLED_MS = 60_000;
/** How long a hole stays open when nothing else is said, in target durations. */
const GAP_TIMEOUT_TARGET_DURATIONS = 3;

/** A registration that was not refused. */
export interface Registered {
  /** `late`: its place was passed already, and nothing changed. */
  readonly status: 'created' | 'duplicate' | 'late';
  readonly nextExpectedSequence: number;
}

/** What a tick published because its time had run out. */
export interface Passed {
  /** The last sequence number that was waited for. */
  readonly upTo: number;
  readonly gaps: number;
  /** Segments that were closed without all of their parts. */
  readonly closedShort: number;
}

/** A sequencer as plain values that survive a restart. */
export interface SequencerSnapshot {
  readonly settled: boolean;
  readonly slots: readonly SlotSnapshot[];
  readonly timeline?: TimelineSnapshot;
}

/** See the top of the file. */
export class Sequencer {
  readonly timeline: Timeline;
  /** Milliseconds that a hole stays open; 0: for ever; undefined: three target durations. */
  gapTimeoutMs: number | undefined;
  /** What may still be asked about: the unsettled run, or the window; and all that waits. */
  #slots = new Map<number, Slot>();
  readonly #publication: Publication;
  #settled = false;
  /** The first and last sequence number registered. */
  #lowest = 0;
  #highest = -1;
  /** When the run began where it begins; what waits for it has waited since then at most. */
  #begunMs = 0;

  constructor(timeline: Timeline, gapTimeoutMs?: number) {
    this.timeline = timeline;
    this.#publication = new Publication(timeline);
    this.gapTimeoutMs = gapTimeoutMs;
  }

  /** The sequence number that would be published next; 0 before the first. */
  get nextExpectedSequence(): number {
    return this.timeline.nextMediaSequenceNumber ?? 0;
  }

  /** Whether anything was ever registered. */
  get started(): boolean {
    return this.timeline.nextMediaSequenceNumber !== undefined;
  }

  /** Whether the start of the run is final. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Sequence numbers that wait for others. */
  get waiting(): number {
    let count = 0;
    for (const sequence of this.#slots.keys()) if (sequence > this.nextExpectedSequence) count += 1;
    return count;
  }

  /** Registers a segment that came at `nowMs`. */
  register(segment: SegmentRegistration, nowMs: number): Registered | Refusal {
    const { sequence, duration } = segment;
    const slot = this.#slots.get(sequence);
    if (slot?.segment !== undefined) {
      if (sequence < this.#oldestListed()) return this.#answer('late');
      const difference = differenceOf(slot.segment, segment);
      if (difference === undefined) return this.#answer('duplicate');
      return this.#refuse('segment_conflict', segment, difference);
    }
    const misfit = this.#misfit(segment, slot);
    if (misfit !== undefined) return misfit;
    const target = this.timeline.declared.targetDuration;
    if (target !== undefined && roundedDuration(duration) > target) {
      const why = `its duration of ${duration} s rounds above the target duration of ${target} s`;
      return this.#refuse('exceeds_target_duration', segment, why);
    }
    const place = this.#place(sequence, nowMs);
    place.segment = segment;
    place.segmentArrivedMs = nowMs;
    this.#publish(sequence, nowMs);
    return this.#answer('created');
  }

  /** Registers a part that came at `nowMs`. */
  registerPart(part: PartRegistration, nowMs: number): Registered | Refusal {
    const { sequence, duration } = part;
    const slot = this.#slots.get(sequence);
    const known = slot?.parts.get(part.part);
    if (known !== undefined) {
      if (sequence < this.#oldestListed()) return this.#answer('late');
      const difference = differenceOf(known, part);
      if (difference === undefined) return this.#answer('duplicate');
      return this.#refuse('part_conflict', part, difference);
    }
    const misfit = this.#misfit(part, slot);
    if (misfit !== undefined) return misfit;
    if (this.#waitingParts() >= MAX_WAITING_PARTS) {
      return this.#refuse('too_far_ahead', part, `${MAX_WAITING_PARTS} parts wait for others`);
    }
    const target = this.timeline.declared.partTarget;
    if (target !== undefined && duration > target) {
      const why = `its duration of ${duration} s is above the part target of ${target} s`;
      return this.#refuse('exceeds_part_target', part, why);
    }
    this.#place(sequence, nowMs).parts.set(part.part, part);
    this.#publish(sequence, nowMs);
    return this.#answer('created');
  }

  /** A playlist was served: from here on the start does not move back. */
  served(): void {
    if (this.#settled || !this.timeline.listsMedia) return;
    this.#settle();
  }

  /** When `tick` may have something to do; undefined while nothing waits. */
  nextDeadlineMs(): number | undefined {
    if (this.timeline.ended || !this.started) return undefined;
    const next = this.nextExpectedSequence;
    const arrivedMs = this.#slots.get(next)?.segmentArrivedMs;
    const timeoutMs = this.#gapTimeout();
    // A segment that has come does not wait for ever for parts that are listed with it at best.
    if (arrivedMs !== undefined) {
      return Math.max(arrivedMs, this.#begunMs) + (timeoutMs ?? this.#defaultTimeout());
    }
    if (timeoutMs === undefined || this.#highest <= next) return undefined;
    let sinceMs = Number.POSITIVE_INFINITY;
    for (const [sequence, slot] of this.#slots) {
      if (sequence > next) sinceMs = Math.min(sinceMs, slot.arrivedMs);
    }
    return Math.max(sinceMs, this.#begunMs) + timeoutMs;
  }

  /** Gives up what was waited for too long; undefined when nothing was. */
  tick(nowMs: number): Passed | undefined {
    return this.#passWhile(nowMs, () => (this.nextDeadlineMs() ?? Infinity) <= nowMs);
  }

  /** Gives up waiting for anything up to `upTo`, as a tick or end of another run has done. */
  pass(upTo: number, nowMs: number): Passed | undefined {
    return this.#passWhile(nowMs, () => this.nextExpectedSequence <= upTo);
  }

  /** Ends the timeline. Holes can never be filled now: they become gaps, and nothing is lost. */
  end(nowMs: number): Passed | undefined {
    if (this.timeline.ended) return undefined;
    const passed = this.#passWhile(nowMs, () => true);
    this.#settle();
    this.timeline.end();
    return passed;
  }

  /** What `restore` needs to go on from here. */
  snapshot(): SequencerSnapshot {
    const slots = [...this.#slots].map(([sequence, slot]) => slotSnapshot(sequence, slot));
    return {
      settled: this.#settled,
      slots,
      ...(this.#settled && { timeline: this.timeline.snapshot() }),
    };
  }

  /** Goes on from a snapshot, on a timeline with the targets of then. */
  restore(snapshot: SequencerSnapshot, nowMs: number): void {
    this.#slots = new Map(snapshot.slots.map((slot) => [slot.sequence, slotFrom(slot, nowMs)]));
    this.#highest = Math.max(-1, ...this.#slots.keys());
    this.#lowest = snapshot.slots.reduce((low, { sequence }) => Math.min(low, sequence), Infinity);
    this.#settled = snapshot.settled;
    this.#begunMs = nowMs;
    if (!snapshot.settled) {
      if (this.#slots.size === 0) return;
      this.#publication.startOver(this.#lowest);
      this.#publication.advance(this.#slots, this.#highest);
      return;
    }
    this.#publication.resume(snapshot.timeline);
  }

  /** Passes one thing that is waited for after the other, as long as any is and `goesOn`. */
  #passWhile(nowMs: number, goesOn: () => boolean): Passed | undefined {
    let passed: Passed | undefined;
    while (this.#waits() && goesOn()) {
      const next = this.#passNext(nowMs);
      passed = {
        upTo: next.upTo,
        gaps: next.gaps + (passed?.gaps ?? 0),
        closedShort: next.closedShort + (passed?.closedShort ?? 0),
      };
    }
    if (passed !== undefined) this.#prune(nowMs);
    return passed;
  }

  /** Whether anything is known that is not listed only because something else is missing. */
  #waits(): boolean {
    const next = this.nextExpectedSequence;
    return this.started && (this.#highest > next || this.#slots.get(next)?.segment !== undefined);
  }

  /** Closes the next segment without all of its parts, or makes gaps up to what waits. */
  #passNext(nowMs: number): Passed {
    const next = this.nextExpectedSequence;
    const isWhole = this.#slots.get(next)?.segment !== undefined;
    const end = isWhole ? next + 1 : lowestAfter(this.#slots, next, this.#highest);
    for (let sequence = next; sequence < end; sequence += 1) {
      this.#place(sequence, nowMs).passed = true;
    }
    this.#publication.advance(this.#slots, this.#highest);
    return isWhole
      ? { upTo: next, gaps: 0, closedShort: 1 }
      : { upTo: end - 1, gaps: end - next, closedShort: 0 };
  }

  #answer(status: Registered['status']): Registered {
    return { status, nextExpectedSequence: this.nextExpectedSequence };
  }

  #refuse(refused: ErrorCode, what: SegmentRegistration | PartRegistration, why: string): Refusal {
    const name = 'part' in what ? `part ${what.part} of segment` : 'segment';
    return { refused, detail: `Cannot register ${name} ${what.sequence}: ${why}` };
  }

  /** The answer to something new that has no place here; undefined when it has one. */
  #misfit(
    what: SegmentRegistration | PartRegistration,
    slot: Slot | undefined,
  ): Registered | Refusal | undefined {
    if (!this.started) return undefined;
    const { sequence } = what;
    const next = this.nextExpectedSequence;
    if (slot?.passed === true) return this.#answer('late');
    if (sequence < next) {
      const reachable = this.#highest - sequence <= MAX_SEQUENCES_AHEAD;
      return this.#settled || !reachable ? this.#answer('late') : undefined;
    }
    if (sequence - next <= MAX_SEQUENCES_AHEAD) return undefined;
    const most = `more than ${MAX_SEQUENCES_AHEAD} ahead of the next expected, ${next}`;
    return this.#refuse('too_far_ahead', what, `it is ${most}`);
  }

  #place(sequence: number, nowMs: number): Slot {
    let slot = this.#slots.get(sequence);
    if (slot === undefined) {
      slot = { parts: new Map(), passed: false, arrivedMs: nowMs };
      this.#slots.set(sequence, slot);
    }
    return slot;
  }

  #publish(sequence: number, nowMs: number): void {
    const first = !this.started;
    this.#lowest = first ? sequence : Math.min(this.#lowest, sequence);
    this.#highest = Math.max(this.#highest, sequence);
    // Below the run, or into a part of it that is written already: it is written anew.
    if (first || sequence < this.nextExpectedSequence) {
      this.#begunMs = nowMs;
      this.#publication.startOver(this.#lowest);
    }
    this.#publication.advance(this.#slots, this.#highest);
    this.#prune(nowMs);
  }

  #oldestListed(): number {
    return this.timeline.segments[0]?.mediaSequenceNumber ?? this.nextExpectedSequence;
  }

  #gapTimeout(): number | undefined {
    const timeoutMs = this.gapTimeoutMs ?? this.#defaultTimeout();
    return timeoutMs === 0 ? undefined : timeoutMs;
  }

  #defaultTimeout(): number {
    return GAP_TIMEOUT_TARGET_DURATIONS * this.timeline.targetDuration * 1000;
  }

  #settle(): void {
    this.#settled = true;
    const oldest = this.#oldestListed();
    for (const sequence of this.#slots.keys()) if (sequence < oldest) this.#slots.delete(sequence);
  }

  /** Forgets what has left the window, once nothing lower is waited for. */
  #prune(nowMs: number): void {
    const oldest = this.#oldestListed();
    if (this.#settled) {
      for (let gone = oldest - 1; this.#slots.delete(gone); gone -= 1);
      return;
    }
    const run = this.nextExpectedSequence - this.#lowest;
    if (run <= this.timeline.segments.length) return;
    const old = nowMs - this.#begunMs >= MAX_UNSETTLED_MS;
    if (old || run >= MAX_UNSETTLED_RUN) this.#settle();
  }

  /** Parts that are known and not listed. */
  #waitingParts(): number {
    let count = -(this.timeline.open?.parts.length ?? 0);
    for (let sequence = this.nextExpectedSequence; sequence <= this.#highest; sequence += 1) {
      count += this.#slots.get(sequence)?.parts.size ?? 0;
    }
    return count;
  }
}
