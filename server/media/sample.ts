import type { Ticks, Track, TrackKind } from './track.ts';

/** One coded access unit. Its bytes belong to the sample: nobody writes to them afterwards. */
export interface Sample {
  readonly kind: TrackKind;
  /** Decode time in ticks of the track's timescale, from the broadcast's start; never decreases. */
  readonly dts: Ticks;
  /** Presentation time; `pts - dts` is the composition offset. */
  readonly pts: Ticks;
  /** A decoder can start here. Always true for audio. */
  readonly keyframe: boolean;
  /** NAL units with 4-byte lengths (AVC, HEVC), OBUs (AV1), a raw AAC frame or an Opus packet. */
  readonly data: Uint8Array;
}

/** What flows from a publisher to the packager and every other reader, in order of decode time. */
export type MediaEvent =
  /** A track begins or its configuration changes; it holds for the samples after it. */
  | { readonly type: 'track'; readonly track: Track }
  | { readonly type: 'sample'; readonly sample: Sample }
  /** The source's own timeline broke here and was joined: dts goes on, content does not. */
  | { readonly type: 'discontinuity'; readonly reason: string };
