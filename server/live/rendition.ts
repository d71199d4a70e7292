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

/** One encoding of a presentation: a timeline and what is said of it. */
export class Rendition {
  readonly name: string;
  readonly timeline: Timeline;
  attributes: RenditionAttributes = {};
  #peakBitrate = 0;
  #bytes = 0;
  #seconds = 0;

  constructor(name: string, targets: TimelineTargets) {
    this.name = name;
    this.timeline = new Timeline(targets);
  }

  /** Bits per second of the heaviest segment measured; 0 before the first. */
  get peakBitrate(): number {
    return this.#peakBitrate;
  }

  /** Bits per second over all media measured; 0 before the first. */
  get averageBitrate(): number {
    return this.#seconds > 0 ? (this.#bytes * 8) / this.#seconds : 0;
  }

  /** Counts a segment of `sizeBytes` and `duration` seconds into the bitrates. */
  measure(sizeBytes: number, duration: number): void {
    if (duration <= 0) return;
    this.#peakBitrate = Math.max(this.#peakBitrate, (sizeBytes * 8) / duration);
    this.#bytes += sizeBytes;
    this.#seconds += duration;
  }
}
