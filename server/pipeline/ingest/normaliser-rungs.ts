/**
 * Puts the rungs of a source beside its leading video. Viewers switch between them, so a rung has
 * no timeline of its own: whatever is repaired is repaired once, in the leading track, and a rung's
 * sample goes where the leading one with the same stamp went. One without such a partner, as of a
 * rung with another frame rate, keeps its distance from the nearest leading stamp:
 *
 *     atMs = nearest.atMs + (stampMs - nearest.stampMs)
 *
 * R1 A sample comes out after the leading one with its stamp, and a keyframe after the leading one
 *    that it is shown with, so that whoever reads both knows where the leading one was cut. Where
 *    only the rung has B-frames that is later: its decode times lie before its presentation times.
 * R2 The samples of a rung come out in the order of their arrival. One that finds no place is left
 *    out, and behind a `discontinuity` the rung goes on at its next keyframe.
 */
import type { VideoTrack } from '../../media/index.ts';
import type { RawSample, RawTrackEvent, SourceEvent } from './normaliser-input.ts';
import { MAX_COMPOSITION_OFFSET_MS, VideoLane } from './normaliser-lane.ts';
import type { Repairs } from './normaliser-repair.ts';

/** Leading samples whose places are remembered: two seconds at 60 frames a second. */
const MOST_PLACES = 128;
/** How far a stamp may lie from the nearest leading one. */
const REACH_MS = 1_000;
/**
 * Leading samples that a stamp without a partner waits for, unless the leading ones have yet to
 * reach it: those may be about to jump to where it is.
 */
const PATIENCE_FRAMES = 4;
/** Stamps are whole milliseconds, which two encoders may round apart. */
const SAME_PICTURE_MS = 2;
/** Events of one rung that may wait for the leading track; above it they are left out. */
export const MAX_WAITING_EVENTS = 256;
/** Bytes of all rungs that may wait, the same. */
export const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** Where a leading sample was put. */
interface Place {
  readonly stampMs: number;
  readonly nanos: number;
  /** In ms of the broadcast: where it is decoded, and where it is shown. */
  readonly atMs: number;
  readonly shownMs: number;
}

interface Waiting {
  readonly event: RawTrackEvent;
  /** Leading samples that had come before it. */
  readonly leadCount: number;
}

interface Rung {
  readonly name: string;
  readonly lane: VideoLane;
  waiting: Waiting[];
  begun: boolean;
  /** What comes next does not go on where the rung ended. */
  broken: boolean;
  /** A configuration that is not announced yet. */
  pending: VideoTrack | undefined;
  /** Configurations that the leading track had had at the rung's newest sample. */
  leadConfigs: number;
}

/** See the top of the file. */
export class RungPlacer {
  readonly #repairs: Repairs;
  readonly #rungs = new Map<string, Rung>();
  /** The newest places, the oldest of them overwritten by the next. */
  readonly #places: Place[] = [];
  #leadCount = 0;
  #leadConfigs = 0;
  #waitingBytes = 0;

  constructor(repairs: Repairs) {
    this.#repairs = repairs;
  }

  /** The leading track has another configuration from its next sample on. */
  leadChanges(): void {
    this.#leadConfigs++;
  }

  /** The leading track's `raw` was put at `atMs`; adds to `events` what waited for that. */
  lead(raw: RawSample, atMs: number, events: SourceEvent[]): void {
    const { stampMs, nanos } = raw;
    const shownMs = shownAt(raw, atMs);
    this.#places[this.#leadCount % MOST_PLACES] = { stampMs, nanos, atMs, shownMs };
    this.#leadCount++;
    for (const rung of this.#rungs.values()) this.#release(rung, events);
  }

  /** Takes an event of rung `name`; returns what of the rung has its place now. */
  push(name: string, event: RawTrackEvent): SourceEvent[] {
    const rung = this.#rung(name);
    rung.waiting.push({ event, leadCount: this.#leadCount });
    this.#waitingBytes += sizeOf(event);
    const events: SourceEvent[] = [];
    this.#release(rung, events);
    if (rung.waiting.length > MAX_WAITING_EVENTS) this.#giveUp(rung);
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#giveUp(this.#heaviest(rung));
    return events;
  }

  #rung(name: string): Rung {
    const known = this.#rungs.get(name);
    if (known !== undefined) return known;
    const lane = new VideoLane(this.#repairs);
    const state = { begun: false, broken: false, pending: undefined, leadConfigs: 0 };
    const rung: Rung = { name, lane, waiting: [], ...state };
    this.#rungs.set(name, rung);
    return rung;
  }

  #release(rung: Rung, events: SourceEvent[]): void {
    for (let next = rung.waiting[0]; next !== undefined; next = rung.waiting[0]) {
      const { event, leadCount } = next;
      if (event.type === 'sample') {
        const atMs = this.#locate(event.sample, this.#leadCount - leadCount);
        if (atMs === 'waits' || !this.#mayFollow(event.sample, atMs)) break;
        this.#put(rung, event.sample, { atMs, events });
      } else if (event.track.kind === 'video') rung.pending = event.track;
      rung.waiting.shift();
      this.#waitingBytes -= sizeOf(event);
    }
    if (!rung.begun && this.#leadCount > 0) this.#announce(rung, events);
  }

  /** Where a sample lies after `framesSince` leading ones have come; undefined for nowhere. */
  #locate(raw: RawSample, framesSince: number): number | 'waits' | undefined {
    const newest = this.#leadCount - 1;
    if (newest < 0) return 'waits';
    let nearestMs = Number.POSITIVE_INFINITY;
    let atMs = 0;
    for (let at = newest; at > newest - this.#places.length; at--) {
      const place = this.#places[at % MOST_PLACES];
      if (place === undefined) break;
      const aheadMs = stampDistance(raw, place);
      if (aheadMs === 0) return place.atMs;
      if (at === newest && aheadMs > 0 && aheadMs <= REACH_MS) return 'waits';
      if (Math.abs(aheadMs) >= Math.abs(nearestMs)) continue;
      nearestMs = aheadMs;
      atMs = place.atMs + aheadMs;
    }
    if (framesSince < PATIENCE_FRAMES) return 'waits';
    return Math.abs(nearestMs) <= REACH_MS ? atMs : undefined;
  }

  /** Whether the leading sample that a keyframe at `atMs` is shown with has come. */
  #mayFollow(raw: RawSample, atMs: number | undefined): boolean {
    if (atMs === undefined || !raw.keyframe) return true;
    const shownMs = shownAt(raw, atMs);
    return this.#places.some(
      (place) => place.atMs >= shownMs || Math.abs(place.shownMs - shownMs) < SAME_PICTURE_MS,
    );
  }

  #put(
    rung: Rung,
    raw: RawSample,
    { atMs, events }: { readonly atMs: number | undefined; readonly events: SourceEvent[] },
  ): void {
    if (atMs === undefined) rung.broken = true;
    if (atMs === undefined || (rung.broken && !raw.keyframe)) {
      this.#repairs.add('rung_sample_dropped');
      return;
    }
    const { name } = rung;
    // It begins another segment, which it does by itself where the leading track changes as well.
    if (this.#announce(rung, events) && rung.leadConfigs === this.#leadConfigs) rung.broken = true;
    if (rung.broken && rung.begun) {
      events.push({ type: 'rung', name, event: { type: 'discontinuity', reason: 'rung_broken' } });
    }
    rung.broken = false;
    rung.begun = true;
    rung.leadConfigs = this.#leadConfigs;
    const sample = rung.lane.write(raw, atMs);
    events.push({ type: 'rung', name, event: { type: 'sample', sample } });
  }

  /** A rung is announced with the first leading sample, its other configurations as they hold. */
  #announce(rung: Rung, events: SourceEvent[]): boolean {
    const { name, pending } = rung;
    if (pending === undefined) return false;
    rung.pending = undefined;
    rung.lane.begin(pending);
    events.push({ type: 'rung', name, event: { type: 'track', track: pending } });
    return true;
  }

  /** The rung that holds the most bytes: another one must not pay for it. */
  #heaviest(known: Rung): Rung {
    let heaviest = known;
    let most = waitingBytes(known);
    for (const rung of this.#rungs.values()) {
      const held = waitingBytes(rung);
      if (held > most) [heaviest, most] = [rung, held];
    }
    return heaviest;
  }

  /** Leaves out what waits, but for the configuration that holds afterwards. */
  #giveUp(rung: Rung): void {
    const left = rung.waiting;
    rung.waiting = left.filter(({ event }) => event.type === 'track').slice(-1);
    rung.broken = true;
    for (const { event } of left) {
      if (event.type === 'sample') this.#repairs.add('rung_sample_dropped');
      this.#waitingBytes -= sizeOf(event);
    }
    for (const { event } of rung.waiting) this.#waitingBytes += sizeOf(event);
  }
}

/** Where a sample decoded at `atMs` is shown; offsets that the lane will not believe are none. */
function shownAt({ compositionOffsetMs }: RawSample, atMs: number): number {
  const isWild = Math.abs(compositionOffsetMs) > MAX_COMPOSITION_OFFSET_MS;
  return isWild ? atMs : atMs + compositionOffsetMs;
}

/** How far `raw` is stamped after `place` in ms, wraps undone. */
function stampDistance(raw: RawSample, place: Place): number {
  return ((raw.stampMs - place.stampMs) | 0) + (raw.nanos - place.nanos) / 1e6;
}

function waitingBytes({ waiting }: Rung): number {
  return waiting.reduce((sum, { event }) => sum + sizeOf(event), 0);
}

function sizeOf(event: RawTrackEvent): number {
  return event.type === 'sample' ? event.sample.data.length : event.track.config.length;
}
