/**
 * The timeline normaliser: the one place where a source's stamps are judged. In go 32-bit
 * milliseconds as an encoder sent them, out come samples on one timeline that every stage after
 * it may trust. It holds nothing back but the very start, until it knows which track is earlier.
 *
 * I1 The decode times of a track strictly increase, and begin at 0 with the earlier track.
 * I2 Audio frames lie on a grid of their own exact duration and never overlap.
 * I3 Both tracks move together: whatever is done to one track's origin is done to the other's.
 * I4 Every sample that goes in comes out, in the order of its arrival; a rung's beside the leading
 *    video's (normaliser-rungs.ts), whose repairs it shares.
 *
 *     follows ──stamp off by more than 1 s──> suspected: restamped where it was expected
 *        ^                                        │
 *        │<── next stamp of the track is normal ──┤  (a wild stamp)
 *        └<── three frames agree on a new place ──┘  (joined; > 5 s: behind a discontinuity)
 */
import type { Track, TrackKind } from '../../media/index.ts';
import type { RawEvent, RawSample, SourceEvent } from './normaliser-input.ts';
import {
  AudioLane,
  type Lane,
  type SourceTimeline,
  type Suspicion,
  VideoLane,
} from './normaliser-lane.ts';
import { type RepairReason, Repairs } from './normaliser-repair.ts';
import { RungPlacer } from './normaliser-rungs.ts';

/** A stamp further than this from where it is expected is suspected. */
export const SUSPECTED_STEP_MS = 1_000;
/** A jump longer than this is another timeline, joined behind a discontinuity. */
export const DISCONTINUITY_STEP_MS = 5_000;
/** Frames that must agree before a jump is believed. */
export const LASTING_FRAMES = 3;
/** How long, in media or in wall clock time, a start waits for the second track. */
export const START_PATIENCE_MS = 1_000;
/** The most samples held at the start; above it the start waits no longer. */
export const MAX_HELD_SAMPLES = 512;

/** See the top of the file. Knows no clock: `nowMs` is any monotonic one of the caller's. */
export class Normaliser {
  readonly #repairs = new Repairs();
  readonly #video = new VideoLane(this.#repairs);
  readonly #audio = new AudioLane(this.#repairs);
  /** Undefined while the source has no rungs. */
  #rungs: RungPlacer | undefined;
  /** Tracks to be announced with their next sample. */
  readonly #pending = new Map<TrackKind, Track>();
  #only: TrackKind | undefined;
  #held: RawSample[] | undefined = [];
  #heldSinceMs = 0;
  /** The newest believed source time, unwrapped, against which wraps are undone. */
  #sourceMs = 0;
  /** The furthest believed time of the broadcast, and when it arrived. */
  #headMs = 0;
  #headNowMs = 0;
  /** The timeline joined last; both tracks are on it but for the moments around a jump. */
  #newest: SourceTimeline = { originMs: 0 };

  /** How often each kind of repair was made. */
  get repairs(): ReadonlyMap<RepairReason, number> {
    return this.#repairs.counts;
  }

  /** The source says that it has this track alone, so the start need not wait for another. */
  expectOnly(kind: TrackKind): void {
    this.#only = kind;
  }

  /** Takes a track or a sample that arrived at `nowMs`; returns what is ready, mostly one sample. */
  push(event: RawEvent, nowMs: number): SourceEvent[] {
    if (event.type === 'track') {
      this.#pending.set(event.track.kind, event.track);
      return [];
    }
    if (event.type === 'rung') {
      this.#rungs ??= new RungPlacer(this.#repairs);
      return this.#rungs.push(event.name, event.event);
    }
    if (this.#held === undefined) return this.#place(event.sample, nowMs);
    if (this.#held.length === 0) this.#heldSinceMs = nowMs;
    this.#held.push(event.sample);
    return this.#mayStart(this.#held, nowMs) ? this.#start(this.#held, nowMs) : [];
  }

  /** The source has ended: returns what a start was still holding. */
  end(nowMs: number): SourceEvent[] {
    return this.#held === undefined ? [] : this.#start(this.#held, nowMs);
  }

  #mayStart(held: readonly RawSample[], nowMs: number): boolean {
    const first = held[0];
    const newest = held.at(-1);
    if (first === undefined || newest === undefined) return false;
    if (newest.kind !== first.kind || newest.kind === this.#only) return true;
    if (held.length >= MAX_HELD_SAMPLES || nowMs - this.#heldSinceMs >= START_PATIENCE_MS) {
      return true;
    }
    return Math.abs((newest.stampMs - first.stampMs) | 0) >= START_PATIENCE_MS;
  }

  /** Puts the earlier track's first sample at 0 and lets go of what was held. */
  #start(held: readonly RawSample[], nowMs: number): SourceEvent[] {
    this.#held = undefined;
    const first = held[0];
    if (first === undefined) return [];
    const firstMs = first.stampMs + first.nanos / 1e6;
    this.#sourceMs = firstMs;
    this.#headNowMs = nowMs;
    let originMs = firstMs;
    const other = held.find((sample) => sample.kind !== first.kind);
    if (other !== undefined) {
      const otherMs = this.#unwrap(other);
      // Further apart than that they were never on one timeline; #firstTimeline sees to it.
      if (Math.abs(firstMs - otherMs) <= DISCONTINUITY_STEP_MS) {
        originMs = Math.min(firstMs, otherMs);
      }
    }
    this.#newest = { originMs };
    const events: SourceEvent[] = [];
    for (const kind of ['video', 'audio'] as const) {
      if (held.some((sample) => sample.kind === kind)) this.#announce(kind, events);
    }
    for (const sample of held) this.#placeInto(events, sample, nowMs);
    return events;
  }

  #place(raw: RawSample, nowMs: number): SourceEvent[] {
    const events: SourceEvent[] = [];
    this.#placeInto(events, raw, nowMs);
    return events;
  }

  #placeInto(events: SourceEvent[], raw: RawSample, nowMs: number): void {
    if (this.#pending.size > 0) this.#announce(raw.kind, events);
    const lane = this.#lane(raw.kind);
    let atMs = this.#locate(lane, this.#unwrap(raw), { nowMs, events });
    const lateMs = lane.lateMs(atMs);
    if (lateMs > 0) atMs = this.#slide(lane, atMs, lateMs);
    events.push({ type: 'sample', sample: lane.write(raw, atMs) });
    if (raw.kind === 'video') this.#rungs?.lead(raw, atMs, events);
  }

  #announce(kind: TrackKind, events: SourceEvent[]): void {
    const track = this.#pending.get(kind);
    if (track === undefined) return;
    this.#pending.delete(kind);
    if (track.kind === 'audio') this.#audio.begin(track);
    else {
      this.#video.begin(track);
      this.#rungs?.leadChanges();
    }
    events.push({ type: 'track', track });
  }

  /** Where in the broadcast a sample lies, in ms: by its stamp when that can be believed. */
  #locate(lane: Lane, sourceMs: number, { nowMs, events }: Arrival): number {
    if (lane.timeline === undefined) {
      lane.timeline = this.#firstTimeline(sourceMs);
      return this.#believe(lane, sourceMs, nowMs);
    }
    if (this.#fits(lane, sourceMs - lane.timeline.originMs, nowMs)) {
      return this.#believe(lane, sourceMs, nowMs);
    }
    const moved = this.#other(lane).timeline;
    if (moved !== undefined && moved !== lane.timeline) {
      if (this.#fits(lane, sourceMs - moved.originMs, nowMs)) {
        this.#repairs.add('track_followed');
        lane.timeline = moved;
        return this.#believe(lane, sourceMs, nowMs);
      }
    }
    const expectedMs = lane.expectedMs;
    const suspicion = this.#suspect(lane, sourceMs);
    if (suspicion.frames < LASTING_FRAMES) {
      this.#repairs.add('wild_restamped');
      return expectedMs;
    }
    this.#join(lane.timeline, suspicion, events);
    return this.#believe(lane, sourceMs, nowMs);
  }

  /** The timeline for the first sample of a track, near what the other track has reached. */
  #firstTimeline(sourceMs: number): SourceTimeline {
    const atMs = sourceMs - this.#newest.originMs;
    if (Math.abs(atMs - this.#headMs) > DISCONTINUITY_STEP_MS) {
      // Stamped from another epoch: all that says how the tracks lie is that they arrive together.
      return { originMs: Math.round(sourceMs - this.#headMs) };
    }
    if (atMs < 0) this.#newest.originMs += atMs;
    return this.#newest;
  }

  /**
   * Whether a place in the broadcast is near where the track is expected, or near what the stream
   * has reached: a track that paused comes back there, and a source that paused as a whole comes
   * back as far ahead as time has passed.
   */
  #fits(lane: Lane, atMs: number, nowMs: number): boolean {
    const expectedMs = lane.expectedMs;
    if (atMs < expectedMs - SUSPECTED_STEP_MS) return false;
    if (atMs <= expectedMs + SUSPECTED_STEP_MS) return true;
    const passedMs = nowMs - this.#headNowMs + SUSPECTED_STEP_MS;
    return atMs <= this.#headMs + Math.min(passedMs, DISCONTINUITY_STEP_MS);
  }

  #believe(lane: Lane, sourceMs: number, nowMs: number): number {
    if (lane.suspicion !== undefined) {
      // Refuted for the other track too, which may not send for long enough to see it.
      lane.suspicion.frames = 0;
      lane.suspicion = undefined;
    }
    this.#sourceMs = sourceMs;
    const atMs = sourceMs - (lane.timeline ?? this.#newest).originMs;
    if (atMs >= this.#headMs) {
      this.#headMs = atMs;
      this.#headNowMs = nowMs;
    }
    return atMs;
  }

  /** The place that a stamp speaks for: one already suspected, by either track, or a new one. */
  #suspect(lane: Lane, sourceMs: number): Suspicion {
    const expectedMs = lane.expectedMs;
    const known = [lane.suspicion, this.#other(lane).suspicion].find(
      (suspicion) =>
        suspicion !== undefined &&
        Math.abs(sourceMs - suspicion.originMs - expectedMs) <= SUSPECTED_STEP_MS,
    );
    const suspicion = known ?? { originMs: Math.round(sourceMs - expectedMs), frames: 0 };
    suspicion.frames++;
    lane.suspicion = suspicion;
    return suspicion;
  }

  /** Believes a suspicion: a short way ahead is a hole, anything else another timeline. */
  #join(left: SourceTimeline, suspicion: Suspicion, events: SourceEvent[]): void {
    const agreeing = [this.#video, this.#audio].filter((lane) => lane.suspicion === suspicion);
    for (const lane of agreeing) lane.suspicion = undefined;
    const jumpMs = suspicion.originMs - left.originMs;
    if (jumpMs > 0 && jumpMs <= DISCONTINUITY_STEP_MS) {
      this.#repairs.add('gap_kept');
      return;
    }
    this.#newest = { originMs: suspicion.originMs };
    for (const lane of agreeing) lane.timeline = this.#newest;
    if (Math.abs(jumpMs) > DISCONTINUITY_STEP_MS) {
      this.#repairs.add('jump_joined');
      events.push({ type: 'discontinuity', reason: 'timestamp_jump' });
    } else {
      this.#repairs.add('step_back_joined');
    }
  }

  /** Moves the lane's timeline, and with it the other track on it, on by `lateMs`. */
  #slide(lane: Lane, atMs: number, lateMs: number): number {
    const byMs = Math.ceil(lateMs);
    (lane.timeline ?? this.#newest).originMs -= byMs;
    this.#repairs.add('timeline_slid');
    return atMs + byMs;
  }

  /** The source time of a sample, the 32-bit wrap undone against the newest believed one. */
  #unwrap(raw: RawSample): number {
    const near = Math.floor(this.#sourceMs);
    return near + ((raw.stampMs - near) | 0) + raw.nanos / 1e6;
  }

  #lane(kind: TrackKind): Lane {
    return kind === 'video' ? this.#video : this.#audio;
  }

  #other(lane: Lane): Lane {
    return lane === this.#video ? this.#audio : this.#video;
  }
}

interface Arrival {
  readonly nowMs: number;
  readonly events: SourceEvent[];
}
