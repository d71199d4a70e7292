/**
 * Writes one track's samples in ticks, given where each lies in the broadcast in milliseconds.
 * Video keeps its stamps and only ever moves a decode time to keep them increasing; audio is
 * counted in whole frames, because its stamps are rounded and its frames are not.
 */
import type { AudioTrack, Sample, VideoTrack } from '../../media/index.ts';
import type { RawSample } from './normaliser-input.ts';
import type { Repairs } from './normaliser-repair.ts';

/** Where a source's stamps lie in the broadcast: broadcast ms = source ms - `originMs`. */
export interface SourceTimeline {
  originMs: number;
}

/** A place that a source may have jumped to, and how many frames speak for it. */
export interface Suspicion {
  readonly originMs: number;
  frames: number;
}

/** Composition offsets beyond it are mistakes: 16 frames of reordering at 5 fps take 3.2 s. */
export const MAX_COMPOSITION_OFFSET_MS = 5_000;
/** The furthest that decode times are moved before their stamps for negative offsets. */
export const MAX_DECODE_LEAD_MS = 1_000;
/** Negative offsets after which they are the encoder's habit and not a slip. */
const NEGATIVE_OFFSETS_TO_LEARN = 3;
/** Clamped frames in a row after which the timeline is moved on rather than compressed further. */
export const MAX_CLAMPED_RUN = 8;
/** Off by more than this, stamps no longer jitter: audio is missing or overlaps. */
export const AUDIO_TOLERANCE_MS = 80;
/** The part of a frame that is taken for a lost one, stamps being rounded to whole ms. */
const AUDIO_SMALLEST_GAP = 3 / 4;
/** Off by more than this there is no doubt, so one frame is enough. */
const AUDIO_OBVIOUS_GAP_MS = 1_000;
/** Frames in a row that must agree on a gap above the tolerance, which a late stamp alone is not. */
const AUDIO_GAP_FRAMES = 3;
/** Frames in a row that must agree on a gap within the tolerance: one lost frame, or slow drift. */
const AUDIO_SMALL_GAP_FRAMES = 32;
/** Overlapping frames in a row after which the timeline is moved on. */
export const AUDIO_OVERLAP_FRAMES = 16;
/** Frame times are learned from steps up to this long; longer ones are holes. */
const MAX_FRAME_MS = 1_000;
const DEFAULT_FRAME_MS = 33;
/** Weight of the newest step in the learned frame time. */
const FRAME_MS_GAIN = 1 / 8;

/** What the normaliser asks of a track of either kind. */
export interface Lane {
  /** The timeline its samples are on; undefined before the first. */
  timeline: SourceTimeline | undefined;
  suspicion: Suspicion | undefined;
  /** Where the next sample is expected, in ms of the broadcast. */
  readonly expectedMs: number;
  /**
   * How far both tracks must be moved on before a sample at `atMs` can be written, because being
   * late has lasted; nearly always 0. Called once for each sample, before `write`.
   */
  lateMs(atMs: number): number;
  /** The sample with its final times. */
  write(raw: RawSample, atMs: number): Sample;
}

/** The video track's lane. */
export class VideoLane implements Lane {
  timeline: SourceTimeline | undefined;
  suspicion: Suspicion | undefined;
  readonly #repairs: Repairs;
  #ticksPerMs = 90;
  #frameMs = DEFAULT_FRAME_MS;
  #lastMs = Number.NEGATIVE_INFINITY;
  #lastDts = -1;
  #lastOffsetMs = 0;
  #clampedRun = 0;
  #negativeOffsets = 0;
  #worstNegativeMs = 0;
  #leadMs = 0;

  constructor(repairs: Repairs) {
    this.#repairs = repairs;
  }

  /** The samples that follow are of `track`. */
  begin(track: VideoTrack): void {
    this.#ticksPerMs = track.timescale / 1000;
    if (track.frameRate !== undefined) {
      this.#frameMs = Math.min(1000 / track.frameRate, MAX_FRAME_MS);
    }
    this.#negativeOffsets = 0;
    this.#worstNegativeMs = 0;
    this.#leadMs = 0;
  }

  get expectedMs(): number {
    return this.#lastMs + this.#frameMs;
  }

  lateMs(atMs: number): number {
    if (atMs > this.#lastMs) {
      this.#clampedRun = 0;
      return 0;
    }
    this.#clampedRun++;
    if (this.#clampedRun <= MAX_CLAMPED_RUN) return 0;
    this.#clampedRun = 0;
    return this.expectedMs - atMs;
  }

  write(raw: RawSample, atMs: number): Sample {
    const offsetMs = this.#offset(raw.compositionOffsetMs);
    if (atMs > this.#lastMs) {
      const stepMs = atMs - this.#lastMs;
      if (stepMs <= MAX_FRAME_MS) this.#frameMs += (stepMs - this.#frameMs) * FRAME_MS_GAIN;
      this.#lastMs = atMs;
    } else {
      this.#repairs.add('backwards_clamped');
    }
    const dts = Math.max(this.#lastDts + 1, Math.round((atMs - this.#leadMs) * this.#ticksPerMs));
    const pts = Math.max(dts, Math.round((atMs + offsetMs) * this.#ticksPerMs));
    this.#lastDts = dts;
    return { kind: 'video', dts, pts, keyframe: raw.keyframe, data: raw.data };
  }

  /**
   * The offset to use. An encoder that states negative ones counts its decode times without the
   * reordering delay; once that is a habit, decode times move ahead by the delay, so that
   * presentation times, which viewers see, stay exact and in order.
   */
  #offset(offsetMs: number): number {
    if (Math.abs(offsetMs) > MAX_COMPOSITION_OFFSET_MS) {
      this.#repairs.add('wild_offset');
      return this.#lastOffsetMs;
    }
    this.#lastOffsetMs = offsetMs;
    if (offsetMs >= 0) return offsetMs;
    this.#repairs.add('negative_offset');
    if (-offsetMs <= MAX_DECODE_LEAD_MS) {
      this.#worstNegativeMs = Math.max(this.#worstNegativeMs, -offsetMs);
      this.#negativeOffsets++;
      if (this.#negativeOffsets >= NEGATIVE_OFFSETS_TO_LEARN) this.#leadMs = this.#worstNegativeMs;
    }
    return offsetMs;
  }
}

/** The audio track's lane. */
export class AudioLane implements Lane {
  timeline: SourceTimeline | undefined;
  suspicion: Suspicion | undefined;
  readonly #repairs: Repairs;
  #ticksPerMs = 48;
  #nextDts = 0;
  #started = false;
  #overlapRun = 0;
  #gapRun = 0;
  /** The smallest gap seen in the run, in ticks. */
  #gapTicks = 0;

  constructor(repairs: Repairs) {
    this.#repairs = repairs;
  }

  /** The samples that follow are of `track`; time goes on in its timescale. */
  begin(track: AudioTrack): void {
    const ticksPerMs = track.timescale / 1000;
    this.#nextDts = Math.ceil((this.#nextDts / this.#ticksPerMs) * ticksPerMs);
    this.#ticksPerMs = ticksPerMs;
  }

  get expectedMs(): number {
    return this.#nextDts / this.#ticksPerMs;
  }

  lateMs(atMs: number): number {
    const lateMs = this.expectedMs - atMs;
    if (!this.#started || lateMs <= AUDIO_TOLERANCE_MS) {
      this.#overlapRun = 0;
      return 0;
    }
    this.#repairs.add('audio_overlap');
    this.#overlapRun++;
    if (this.#overlapRun < AUDIO_OVERLAP_FRAMES) return 0;
    this.#overlapRun = 0;
    return lateMs;
  }

  write(raw: RawSample, atMs: number): Sample {
    const atTicks = Math.round(atMs * this.#ticksPerMs);
    if (!this.#started) {
      this.#started = true;
      this.#nextDts = Math.max(this.#nextDts, atTicks);
    }
    const gap = this.#wholeGap(atTicks - this.#nextDts, raw.durationTicks);
    if (gap > 0) this.#repairs.add('audio_gap');
    const dts = this.#nextDts + gap;
    this.#nextDts = dts + raw.durationTicks;
    return { kind: 'audio', dts, pts: dts, keyframe: true, data: raw.data };
  }

  /** Ticks to leave out before a frame that its stamp puts `aheadTicks` after the counted time. */
  #wholeGap(aheadTicks: number, frameTicks: number): number {
    if (aheadTicks < frameTicks * AUDIO_SMALLEST_GAP) {
      this.#gapRun = 0;
      return 0;
    }
    this.#gapTicks = this.#gapRun === 0 ? aheadTicks : Math.min(this.#gapTicks, aheadTicks);
    this.#gapRun++;
    const aheadMs = aheadTicks / this.#ticksPerMs;
    const needed =
      aheadMs > AUDIO_OBVIOUS_GAP_MS
        ? 1
        : aheadMs > AUDIO_TOLERANCE_MS
          ? AUDIO_GAP_FRAMES
          : AUDIO_SMALL_GAP_FRAMES;
    if (this.#gapRun < needed) return 0;
    const ticks = needed === 1 ? aheadTicks : this.#gapTicks;
    this.#gapRun = 0;
    return Math.round(ticks / frameTicks) * frameTicks;
  }
}
