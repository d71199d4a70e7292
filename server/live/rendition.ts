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

/** One encoding of a presentation: a timeline and what is said of it. */
export class Rendition {
  readonly name: string;
  readonly timeline: Timeline;
  attributes: RenditionAttributes = {};
  #peakBitrate = 0;
  #bytes = 0;
  #seconds = 0;
  #partBytes = 0;
  #partSeconds = 0;

  constructor(name: string, targets: TimelineTargets) {
    this.name = name;
    this.timeline = new Timeline(targets);
  }

  /**
   * Bits per second of the heaviest segment with headroom, or of the parts so far before the
   * first segment is whole; 0 before the first part.
   */
  get peakBitrate(): number {
    const peak =
      this.#peakBitrate > 0 ? this.#peakBitrate : bitrate(this.#partBytes, this.#partSeconds);
    return peak * PEAK_HEADROOM;
  }

  /** Bits per second over all media measured; 0 before the first part. */
  get averageBitrate(): number {
    if (this.#seconds > 0) return bitrate(this.#bytes, this.#seconds);
    return bitrate(this.#partBytes, this.#partSeconds);
  }

  /** Counts a part of `sizeBytes` and `duration` seconds, for as long as no segment is whole. */
  estimate(sizeBytes: number, duration: number): void {
    if (this.#seconds > 0) return;
    this.#partBytes += sizeBytes;
    this.#partSeconds += duration;
  }

  /** Counts a segment of `sizeBytes` and `duration` seconds into the bitrates. */
  measure(sizeBytes: number, duration: number): void {
    if (duration <= 0) return;
    this.#peakBitrate = Math.max(this.#peakBitrate, bitrate(sizeBytes, duration));
    this.#bytes += sizeBytes;
    this.#seconds += duration;
  }
}

function bitrate(sizeBytes: number, seconds: number): number {
  return seconds > 0 ? (sizeBytes * 8) / seconds : 0;
}
