/** Video codecs that we carry, by their sample entry codes. */
export type FlvVideoCodec = 'avc1' | 'hvc1' | 'av01';

/** Audio codecs that we carry. */
export type FlvAudioCodec = 'mp4a' | 'opus';

/** Why a body says nothing to us. All of these are legal. */
export type IgnoredReason =
  | 'empty'
  | 'command'
  | 'metadata'
  | 'multichannel_config'
  | 'mpeg2ts_config'
  | 'other_track'
  | 'unknown_packet_type';

/** A decoder configuration: the body of avcC, hvcC or av1C, an AudioSpecificConfig or an OpusHead. */
export interface FlvConfig<Codec> {
  readonly type: 'config';
  readonly codec: Codec;
  readonly config: Uint8Array;
}

/** A coded frame. */
export interface FlvFrame<Codec> {
  readonly type: 'frame';
  readonly codec: Codec;
  /** What the message claims, not what the bitstream holds; true for audio. */
  readonly keyframe: boolean;
  /** Presentation minus decode time, signed; 0 for audio. */
  readonly compositionOffsetMs: number;
  /** Nanoseconds to add to the message's timestamp, 0 to 999,999 (Enhanced RTMP v2 ModEx). */
  readonly nanos: number;
  readonly data: Uint8Array;
}

/** What one message body holds. Byte arrays are views of the message's payload. */
export type FlvBody<Codec> =
  | FlvConfig<Codec>
  | FlvFrame<Codec>
  /** The encoder ends the track's sequence. */
  | { readonly type: 'end' }
  | { readonly type: 'ignored'; readonly reason: IgnoredReason }
  /** A codec that we do not carry, by the name its users know. */
  | { readonly type: 'unsupported'; readonly codecName: string };

/**
 * A message about numbered tracks (Enhanced RTMP v2), each of them in it once. Where it may be
 * about several, their byte arrays are copies.
 */
export interface FlvTracks<Codec> {
  readonly type: 'tracks';
  readonly tracks: readonly { readonly trackId: number; readonly body: FlvBody<Codec> }[];
}

/** The body that means nothing to us, for `reason`. */
export function ignored(reason: IgnoredReason): {
  readonly type: 'ignored';
  readonly reason: IgnoredReason;
} {
  return { type: 'ignored', reason };
}
