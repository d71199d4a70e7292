import type { MediaEvent, Track, TrackKind } from '../../media/index.ts';

/** A sample as the source stamped it, before its time can be trusted. */
export interface RawSample {
  readonly kind: TrackKind;
  /** Decode time as sent: unsigned 32 bits of milliseconds, which wrap every 49.7 days. */
  readonly stampMs: number;
  /** Nanoseconds to add to the stamp, 0 to 999,999. */
  readonly nanos: number;
  /** Presentation minus decode time, signed; 0 for audio. */
  readonly compositionOffsetMs: number;
  /** Exact duration in ticks of the track for audio; 0 for video, which only its stamps can tell. */
  readonly durationTicks: number;
  readonly keyframe: boolean;
  readonly data: Uint8Array;
}

/** A track's configuration, valid for the samples of its kind after it, or one of those. */
export type RawTrackEvent =
  | { readonly type: 'track'; readonly track: Track }
  | { readonly type: 'sample'; readonly sample: RawSample };

/** What a demuxer hands on: of the tracks that lead, or of a rung, which holds video alone. */
export type RawEvent =
  | RawTrackEvent
  | {
      readonly type: 'rung';
      readonly name: string;
      /** The number that the publisher gave it. */
      readonly trackId: number;
      readonly event: RawTrackEvent;
    };

/** What a source hands on: of its leading tracks, or of rung `name`, on the same media time. */
export type SourceEvent =
  | MediaEvent
  | { readonly type: 'rung'; readonly name: string; readonly event: MediaEvent };
