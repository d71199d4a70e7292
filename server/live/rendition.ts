import { Timeline, type TimelineTargets } from './timeline.ts';

/** What the multivariant playlist says of a rendition, as declared by whoever encodes it. */
export interface RenditionAttributes {
  /** Peak and average bits per second. */
  readonly bandwidth?: number;
  readonly averageBandwidth?: number;
  readonly resolution?: { readonly width: number; readonly height: number };
  readonly frameRate?: number;
  /** RFC 6381 strings of what this rendition itself carries. */
  readonly codecs?: readonly string[];
  /** Group that a video rendition plays its audio from. */
  readonly audioGroupId?: string;
  /** Bits per second of its own track that its encoder aims at, while little is measured. */
  readonly statedBitrate?: number;
  /** Set for an audio rendition: its place in a group. */
  readonly audio?: {
    readonly groupId: string;
    readonly name: string;
    readonly isDefault: boolean;
    readonly language?: string;
    readonly channels?: number;
  };
}

/** The next segment may be heavier than any so far; BANDWIDTH that is too low makes players stall. */
const PEAK_HEADROOM = 1.1;
/** The same while so few segments are measured that they tell little; players read BANDWIDTH once. */
const EARLY_HEADROOM = 1.3;
const EARLY_SEGMENTS = 5;

/** One encoding of a presentation: a timeline and what is said of it. */
export class Rendition {
  readonly name: string;
  readonly timeline: Timeline;
  attributes: RenditionAttributes = {};
  #peakBitrate = 0;
  #segments = 0;
  #bytes = 0;
  #seconds = 0;
  #partBytes = 0;
  #partSeconds = 0;
  #takenS = 0;

  constructor(name: string, targets: TimelineTargets) {
    this.name = name;
    this.timeline = new Timeline(targets);
  }

  /**
   * Bits per second of the heaviest segment with headroom, or of the parts so far before the first
   * segment is whole, and not below what the encoder states; 0 before the first part.
   */
  get peakBitrate(): number {
    const measured =
      this.#peakBitrate > 0 ? this.#peakBitrate : bitrate(this.#partBytes, this.#partSeconds);
    if (measured === 0) return 0;
    const stated = (this.attributes.statedBitrate ?? 0) * PEAK_HEADROOM;
    if (this.#segments >= EARLY_SEGMENTS) return measured * PEAK_HEADROOM;
    return Math.max(measured * EARLY_HEADROOM, stated);
  }

  /** Bits per second over all media measured, early on not below what is stated; 0 before any. */
  get averageBitrate(): number {
    const measured =
      this.#seconds > 0
        ? bitrate(this.#bytes, this.#seconds)
        : bitrate(this.#partBytes, this.#partSeconds);
    if (measured === 0 || this.#segments >= EARLY_SEGMENTS) return measured;
    return Math.max(measured, this.attributes.statedBitrate ?? 0);
  }

  /** Seconds of media in its parts so far; gaps do not count. */
  get takenS(): number {
    return this.#takenS;
  }

  /** Counts a part of `sizeBytes` and `duration` seconds; into the bitrates while no segment is whole. */
  estimate(sizeBytes: number, duration: number): void {
    this.#takenS += duration;
    if (this.#seconds > 0) return;
    this.#partBytes += sizeBytes;
    this.#partSeconds += duration;
  }

  /** Counts a segment of `sizeBytes` and `duration` seconds into the bitrates. */
  measure(sizeBytes: number, duration: number): void {
    if (duration <= 0) return;
    this.#peakBitrate = Math.max(this.#peakBitrate, bitrate(sizeBytes, duration));
    this.#segments += 1;
    this.#bytes += sizeBytes;
    this.#seconds += duration;
  }
}

function bitrate(sizeBytes: number, seconds: number): number {
  return seconds > 0 ? (sizeBytes * 8) / seconds : 0;
}
