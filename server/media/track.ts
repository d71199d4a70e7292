/** An integer count of ticks of a track's timescale. Wraps are undone before a value gets here. */
export type Ticks = number;

/** One elementary video timeline and what a decoder needs before its first sample. */
export interface VideoTrack {
  readonly kind: 'video';
  /** Sample entry code (ISO/IEC 14496-15, AV1-ISOBMFF). */
  readonly codec: 'avc1' | 'hvc1' | 'av01';
  /** RFC 6381 string for CODECS, such as `avc1.64001f`. */
  readonly codecString: string;
  /** Ticks per second of this track's dts and pts. */
  readonly timescale: number;
  /** Displayed picture size in pixels, after cropping. */
  readonly width: number;
  readonly height: number;
  /** Frames per second as the bitstream states it; undefined when it does not. */
  readonly frameRate: number | undefined;
  /** Body of the avcC, hvcC or av1C box. */
  readonly config: Uint8Array;
  /** Bits per second that its encoder says it aims at. */
  readonly statedBitrate?: number;
}

/** One elementary audio timeline. Its timescale is its sampling rate, so frames are whole ticks. */
export interface AudioTrack {
  readonly kind: 'audio';
  readonly codec: 'mp4a' | 'opus';
  /** RFC 6381 string for CODECS, such as `mp4a.40.2`. */
  readonly codecString: string;
  /** Ticks per second: the sampling rate that the samples' durations count in. */
  readonly timescale: number;
  readonly channels: number;
  /** Ticks in one coded frame: 1024 for AAC-LC, 2048 for HE-AAC at the output rate, 960 for 20 ms Opus. */
  readonly frameTicks: number;
  /** AudioSpecificConfig (mp4a) or the body of the dOps box (Opus). */
  readonly config: Uint8Array;
  /** Bits per second that its encoder says it aims at. */
  readonly statedBitrate?: number;
}

/** A track of either kind; `kind` tells which. */
export type Track = VideoTrack | AudioTrack;

/** What a track carries. A broadcast has at most one track of each kind. */
export type TrackKind = Track['kind'];

/** Whether samples of `a` and `b` go into the same file; what is only said of them may differ. */
export function isSameTrack(a: Track, b: Track): boolean {
  if (a.codec !== b.codec || a.timescale !== b.timescale) return false;
  if (!isSameConfiguration(a.config, b.config)) return false;
  if (a.kind === 'video' && b.kind === 'video') {
    return a.width === b.width && a.height === b.height;
  }
  return a.kind === 'audio' && b.kind === 'audio' && a.channels === b.channels;
}

function isSameConfiguration(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
