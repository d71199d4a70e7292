import type { Track } from '../../media/index.ts';

/** What the encoder's owner should be told once. */
export type WarningCode =
  /** No keyframe came in time, so a segment began without one. */
  | 'keyframe_interval_too_long'
  /** Video frames lie further apart than a part may last. */
  | 'frame_rate_too_low'
  /** A track that had begun brings nothing more while the other goes on. */
  | 'video_stopped'
  | 'audio_stopped';

/** `video` and `audio` are the publisher's own tracks, any other name is a rung's. */
export type RenditionName = string;

/** Where a segment begins in all renditions, known before any of its samples is written. */
export interface LadderCut {
  readonly msn: number;
  /** Media time at which it opens, in seconds: of decoding, and of showing its first sample. */
  readonly startS: number;
  readonly presentedS: number;
  readonly discontinuity: boolean;
  /** Its first sample in the leading rendition is a keyframe. */
  readonly independent: boolean;
}

/** Where a segment stands, known before its first part. */
interface SegmentPlace {
  readonly rendition: RenditionName;
  readonly msn: number;
  /** Media time that it is dated by, in seconds from the broadcast's start. */
  readonly startTimeS: number;
  readonly discontinuity: boolean;
  readonly initIndex: number;
}

/**
 * What a packager hands on, in order: `targets` first and once; `cut` for each segment; for each
 * segment of a rendition `init` when it changed, `segment-start`, its parts, `segment`. Durations are in seconds, exact
 * ticks over timescale.
 */
export type PackagedEvent =
  | {
      readonly type: 'targets';
      /** EXT-X-TARGETDURATION, whole seconds; fixed for the broadcast. */
      readonly targetDuration: number;
      /** PART-TARGET in seconds, whole milliseconds; fixed for the broadcast. */
      readonly partTarget: number;
    }
  /** A segment opens: what the rungs are cut by. */
  | ({ readonly type: 'cut' } & LadderCut)
  | {
      readonly type: 'init';
      readonly rendition: RenditionName;
      /** Counts up from 0 in each rendition. */
      readonly initIndex: number;
      readonly track: Track;
      readonly bytes: Uint8Array;
    }
  | ({ readonly type: 'segment-start' } & SegmentPlace)
  | {
      readonly type: 'part';
      readonly rendition: RenditionName;
      readonly msn: number;
      readonly partIndex: number;
      readonly duration: number;
      /** Its first sample is a keyframe. */
      readonly independent: boolean;
      /** One CMAF chunk in a buffer that belongs to it alone. */
      readonly bytes: Uint8Array;
    }
  /** A part for which a rung has no media: it ends where the leading rendition's part does. */
  | {
      readonly type: 'gap-part';
      readonly rendition: RenditionName;
      readonly msn: number;
      readonly partIndex: number;
      readonly duration: number;
    }
  /** Comes right after its last part; its bytes are those of its parts, one after another. */
  | ({ readonly type: 'segment'; readonly duration: number } & SegmentPlace)
  /** A segment of which the rendition has no media or not all, so that all stay in step. */
  | ({ readonly type: 'gap'; readonly duration: number } & SegmentPlace)
  | { readonly type: 'warning'; readonly code: WarningCode; readonly message: string };

/** Takes events as they are made, in order. */
export type Emit = (event: PackagedEvent) => void;
