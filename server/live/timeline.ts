/**
 * The window of segments and parts from which one rendition's media playlist is written.
 * Knows no clock, no socket and no text; whoever waits for it takes `changed.next()`.
 *
 * I1  Media sequence numbers of `segments` are contiguous and only grow.
 * I2  A listed segment or part never changes; segments leave from the front, parts with them.
 * I3  A declared target never changes, and nothing longer than it is taken. A target that was
 *     not declared is the longest so far (whole seconds: rounded up); it may rise, never falls.
 * I4  After `end` nothing changes any more.
 *
 * RFC 8216bis 6.2.1 and 6.2.2 (window), 6.2.5.2 (blocking reload).
 *
 *     empty ──start──▶ running ──end──▶ ended
 */
import { assert, Signal } from '../base/index.ts';
import type {
  MediaPlaylist,
  MediaSegment,
  OpenSegment,
  PartialSegment,
  RenditionReport,
  Resource,
  SegmentStart,
} from '../format/hls/index.ts';
import { type EdgeAnswer, judgeEdge } from './live-edge.ts';

/** A removal must leave at least this much media, in target durations (6.2.2). */
const LEAST_WINDOW_TARGET_DURATIONS = 3;

/** What is declared of a rendition before its first segment. */
export interface TimelineTargets {
  /** Segments to keep listed. */
  readonly windowSize: number;
  /** Seconds, an integer; undefined lets it follow the longest segment. */
  readonly targetDuration: number | undefined;
  /** Seconds; undefined lets it follow the longest part, and there are none before the first. */
  readonly partTarget: number | undefined;
}

/** How a segment ends: what is known only when it is whole. */
export interface SegmentEnd extends Resource {
  /** Seconds. */
  readonly duration: number;
}

/** The live edge as rendition reports state it. */
export interface EdgePosition {
  readonly mediaSequenceNumber: number;
  readonly part: number | undefined;
}

/** Media time that `bytes` long segments rounds to, by 4.4.3.1: the nearest integer. */
export function roundedDuration(seconds: number): number {
  return Math.round(seconds);
}

/** Everything a timeline is, as plain values that survive a restart. */
export interface TimelineSnapshot {
  readonly nextMediaSequenceNumber?: number | undefined;
  /** Seconds. */
  readonly targetDuration: number;
  /** Seconds. */
  readonly partTarget?: number | undefined;
  readonly targetRises: number;
  readonly discontinuitySequence: number;
  readonly segments: readonly MediaSegment[];
  /** Seconds of `segments`, as added up: another order of adding could round otherwise. */
  readonly windowDuration: number;
  readonly open?: OpenSegment | undefined;
  readonly hint?: string | undefined;
  readonly ended: boolean;
}

/** EXTINF is written to a hundredth of a millisecond; what is below it does not round up. */
const ROUNDING_SLACK_S = 0.000_005;

/** See the top of the file. */
export class Timeline {
  readonly changed = new Signal();
  #declared: TimelineTargets;
  #targetDuration: number;
  #partTarget: number | undefined;
  #segments: MediaSegment[] = [];
  #nextMediaSequenceNumber: number | undefined;
  #open: { start: SegmentStart; parts: PartialSegment[] } | undefined;
  #hint: string | undefined;
  #discontinuitySequence = 0;
  #windowDuration = 0;
  #ended = false;
  #version = 0;
  #targetRises = 0;

  constructor(targets: TimelineTargets) {
    assert(targets.windowSize >= 1, 'window holds at least one segment');
    this.#declared = targets;
    this.#targetDuration = targets.targetDuration ?? 1;
    this.#partTarget = targets.partTarget;
  }

  /** What was declared, which is more than what the targets happen to be. */
  get declared(): TimelineTargets {
    return this.#declared;
  }

  /** Grows with each change of what the playlist says; equal versions have equal playlists. */
  get version(): number {
    return this.#version;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Seconds. */
  get targetDuration(): number {
    return this.#targetDuration;
  }

  /** Seconds; undefined while the rendition has no parts. */
  get partTarget(): number | undefined {
    return this.#partTarget;
  }

  /** How often an undeclared target had to rise after it was first stated. */
  get targetRises(): number {
    return this.#targetRises;
  }

  get segments(): readonly MediaSegment[] {
    return this.#segments;
  }

  get open(): OpenSegment | undefined {
    const open = this.#open;
    return open === undefined ? undefined : { ...open.start, parts: open.parts };
  }

  /** Number of the segment that is open or comes next; undefined before `start`. */
  get nextMediaSequenceNumber(): number | undefined {
    return this.#nextMediaSequenceNumber;
  }

  /** Whether there is anything that a playlist could list. */
  get listsMedia(): boolean {
    return this.#segments.length > 0 || (this.#open?.parts.length ?? 0) > 0;
  }

  /**
   * Declares targets anew: before the first media all of them, after it only the window size,
   * which then takes effect with the next segment.
   */
  declare(targets: TimelineTargets): void {
    assert(targets.windowSize >= 1, 'window holds at least one segment');
    const { targetDuration, partTarget } = targets;
    if (
      targetDuration !== this.#declared.targetDuration ||
      partTarget !== this.#declared.partTarget
    ) {
      assert(!this.listsMedia, 'targets are declared before the first media');
      this.#targetDuration = targetDuration ?? 1;
      this.#partTarget = partTarget;
      this.#touch();
    }
    this.#declared = targets;
  }

  /** What `restore` needs to go on from here. */
  snapshot(): TimelineSnapshot {
    return {
      nextMediaSequenceNumber: this.#nextMediaSequenceNumber,
      targetDuration: this.#targetDuration,
      partTarget: this.#partTarget,
      targetRises: this.#targetRises,
      discontinuitySequence: this.#discontinuitySequence,
      segments: [...this.#segments],
      windowDuration: this.#windowDuration,
      open: this.#open && { ...this.#open.start, parts: [...this.#open.parts] },
      hint: this.#hint,
      ended: this.#ended,
    };
  }

  /**
   * Puts the timeline where `snapshot` was taken, or back to its beginning without one. Viewers
   * must not have seen more than that: it is for restarts, and for runs nobody was shown yet.
   */
  restore(snapshot?: TimelineSnapshot): void {
    this.#nextMediaSequenceNumber = snapshot?.nextMediaSequenceNumber;
    this.#targetDuration = snapshot?.targetDuration ?? this.#declared.targetDuration ?? 1;
    this.#partTarget = snapshot === undefined ? this.#declared.partTarget : snapshot.partTarget;
    this.#targetRises = snapshot?.targetRises ?? 0;
    this.#discontinuitySequence = snapshot?.discontinuitySequence ?? 0;
    this.#segments = [...(snapshot?.segments ?? [])];
    this.#windowDuration = snapshot?.windowDuration ?? 0;
    const open = snapshot?.open;
    this.#open = open && { start: startOf(open), parts: [...open.parts] };
    this.#hint = snapshot?.hint;
    this.#ended = snapshot?.ended ?? false;
    this.#touch();
  }

  /**
   * Sets the number of the first segment, and how many discontinuities came before it in the other
   * renditions (6.2.4). Once, before anything else.
   */
  start(mediaSequenceNumber: number, discontinuitySequence = 0): void {
    assert(this.#nextMediaSequenceNumber === undefined, 'timeline starts once');
    this.#nextMediaSequenceNumber = mediaSequenceNumber;
    this.#discontinuitySequence = discontinuitySequence;
  }

  /** Begins the next segment; its parts follow. `hint` is the URI of its first part, if known. */
  openSegment(start: SegmentStart, hint?: string): void {
    assert(this.#open === undefined, 'a segment opens after the one before it closed');
    this.#assertRunning();
    this.#open = { start, parts: [] };
    this.#hint = hint;
    this.#touch();
  }

  /** States anew how the open segment begins, for who learns some of it only now. */
  restateOpen(start: SegmentStart): void {
    assert(this.#open !== undefined, 'only an open segment is stated anew');
    this.#assertRunning();
    this.#open.start = start;
    this.#touch();
  }

  /** Lists a part of the open segment; `hint` is the URI of the part after it, if known. */
  appendPart(part: PartialSegment, hint?: string): void {
    assert(this.#open !== undefined, 'a part belongs to an open segment');
    this.#assertRunning();
    this.#raisePartTarget(part.duration);
    this.#open.parts.push(part);
    this.#hint = hint;
    this.#touch();
  }

  /**
   * Lists the open segment as whole; `hint` is the URI of the next segment's first part, if known.
   * `start` stands in for what was said when it opened, for who learns some of it only now.
   */
  closeSegment(end: SegmentEnd, hint?: string, start?: SegmentStart): void {
    const open = this.#open;
    assert(open !== undefined, 'a segment closes after it opened');
    this.#open = undefined;
    this.#list({ ...(start ?? open.start), ...end, parts: open.parts }, false);
    this.#hint = hint;
  }

  /** Lists a whole segment that had no parts. */
  appendSegment(start: SegmentStart, end: SegmentEnd): void {
    assert(this.#open === undefined, 'a whole segment follows a closed one');
    this.#hint = undefined;
    this.#list({ ...start, ...end, parts: [] }, false);
  }

  /**
   * Lists the next segment as missing (EXT-X-GAP). Parts of it that are listed already stay;
   * the segment that follows a gap states its own start. `hint` is the URI of its first part, if
   * known.
   */
  appendGap(end: SegmentEnd, start: SegmentStart = { discontinuity: false }, hint?: string): void {
    const open = this.#open;
    this.#open = undefined;
    this.#list({ ...(open?.start ?? start), ...end, parts: open?.parts ?? [] }, true);
    this.#hint = hint;
  }

  /**
   * Closes the timeline for ever: the playlist gets EXT-X-ENDLIST. Parts that are listed already
   * stay, since the end of a playlist never goes back (6.2.1). Idempotent.
   */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#hint = undefined;
    this.#touch();
  }

  /**
   * Whether a Blocking Playlist Reload for `mediaSequenceNumber` and `part` can be answered now
   * (6.2.5.2): `ready`, `wait`, or refused as too far ahead.
   */
  respond(mediaSequenceNumber: number, part: number | undefined): EdgeAnswer {
    if (this.#ended) return 'ready';
    const next = this.#nextMediaSequenceNumber;
    if (next === undefined) return 'wait';
    return judgeEdge(
      {
        next,
        openParts: this.#open?.parts.length ?? 0,
        lastParts: this.#segments.at(-1)?.parts.length ?? 0,
        partTarget: this.#partTarget,
      },
      mediaSequenceNumber,
      part,
    );
  }

  /** The last segment or part that is listed, for rendition reports; undefined when none is. */
  edge(): EdgePosition | undefined {
    const next = this.#nextMediaSequenceNumber;
    const openParts = this.#open?.parts.length ?? 0;
    if (next !== undefined && openParts > 0) {
      return { mediaSequenceNumber: next, part: openParts - 1 };
    }
    const last = this.#segments.at(-1);
    if (last === undefined) return undefined;
    const part = last.parts.length > 0 ? last.parts.length - 1 : undefined;
    return { mediaSequenceNumber: last.mediaSequenceNumber, part };
  }

  /** What the playlist says now. `reports` speak of the other renditions. */
  playlist(reports: readonly RenditionReport[]): MediaPlaylist {
    return {
      targetDuration: this.#targetDuration,
      partTarget: this.#partTarget,
      mediaSequence: this.#segments[0]?.mediaSequenceNumber ?? this.#nextMediaSequenceNumber ?? 0,
      discontinuitySequence: this.#discontinuitySequence,
      segments: this.#segments,
      open: this.open,
      preloadHint: this.#hint,
      renditionReports: reports,
      ended: this.#ended,
    };
  }

  #assertRunning(): void {
    assert(!this.#ended, 'an ended timeline never changes');
    assert(this.#nextMediaSequenceNumber !== undefined, 'timeline has started');
  }

  #list(segment: Omit<MediaSegment, 'mediaSequenceNumber' | 'gap'>, gap: boolean): void {
    this.#assertRunning();
    const mediaSequenceNumber = this.#nextMediaSequenceNumber ?? 0;
    this.#raiseTargetDuration(segment.duration);
    this.#segments.push({ ...segment, gap, mediaSequenceNumber });
    this.#windowDuration += segment.duration;
    this.#nextMediaSequenceNumber = mediaSequenceNumber + 1;
    this.#slide();
    this.#touch();
  }

  #slide(): void {
    const least = LEAST_WINDOW_TARGET_DURATIONS * this.#targetDuration;
    for (;;) {
      const first = this.#segments[0];
      if (first === undefined || this.#segments.length <= this.#declared.windowSize) return;
      if (this.#windowDuration - first.duration < least) return;
      this.#segments.shift();
      this.#windowDuration -= first.duration;
      // The tag leaves with its segment, and what stays keeps its number only by counting it.
      if (first.discontinuity) this.#discontinuitySequence += 1;
    }
  }

  #raiseTargetDuration(duration: number): void {
    if (this.#declared.targetDuration !== undefined) {
      const fits = roundedDuration(duration) <= this.#targetDuration;
      assert(fits, 'segment passes the declared target');
      return;
    }
    const rounded = Math.ceil(duration - ROUNDING_SLACK_S);
    if (rounded <= this.#targetDuration) return;
    if (this.#segments.length > 0) this.#targetRises += 1;
    this.#targetDuration = rounded;
  }

  #raisePartTarget(duration: number): void {
    if (this.#partTarget !== undefined && duration <= this.#partTarget) return;
    assert(this.#declared.partTarget === undefined, 'part passes the declared target');
    if (this.#partTarget !== undefined) this.#targetRises += 1;
    this.#partTarget = duration;
  }

  #touch(): void {
    this.#version += 1;
    this.changed.raise();
  }
}

/** A segment's start without its parts. */
function startOf(open: OpenSegment): SegmentStart {
  const { parts: _, ...start } = open;
  return start;
}
