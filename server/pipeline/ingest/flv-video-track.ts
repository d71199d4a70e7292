/** Makes one video track's FLV bodies into its configuration and raw samples. */
import type { FlvBody, FlvFrame, FlvVideoCodec, IgnoredReason } from '../../format/flv/index.ts';
import {
  isAv1Keyframe,
  isAvcKeyframe,
  isHevcKeyframe,
  type NalLengthSize,
  parseAvcC,
  parseHvcC,
  type VideoTrack,
  videoTrackFromAv1C,
  videoTrackFromAvcC,
  videoTrackFromHvcC,
  withFourByteLengths,
  withoutTemporalDelimiter,
} from '../../media/index.ts';
import type { RawTrackEvent } from './normaliser-input.ts';

/** Why a message gave no sample, or one with less than it claimed. */
export type DropReason =
  | IgnoredReason
  | 'unsupported'
  | 'repeated_config'
  | 'before_config'
  | 'before_keyframe'
  /** Flagged as a keyframe, but a decoder cannot start there; passed on as an ordinary frame. */
  | 'false_keyframe'
  | 'malformed_packet'
  /** Of a track that does not lead: it is left out until it has one that can be read. */
  | 'malformed_config'
  /** The publisher sends more video tracks than a broadcast has. */
  | 'too_many_tracks';

interface Configured {
  readonly codec: FlvVideoCodec;
  /** The configuration as sent, to recognise its repetition. */
  readonly config: Uint8Array;
  readonly lengthSize: NalLengthSize;
}

/** See the top of the file. Samples come after a configuration, from a keyframe on. */
export class FlvVideoTrack {
  readonly #drop: (reason: DropReason) => void;
  #configured: Configured | undefined;
  #waitsForKeyframe = true;

  /** `drop` hears why a body gave no sample, or a lesser one. */
  constructor(drop: (reason: DropReason) => void) {
    this.#drop = drop;
  }

  /** What `body` brings; undefined when that is nothing. Violations of media for a bad config. */
  take(stampMs: number, body: FlvBody<FlvVideoCodec>): RawTrackEvent | undefined {
    switch (body.type) {
      case 'frame':
        return this.#frame(stampMs, body);
      case 'config':
        return this.#config(body.codec, body.config);
      case 'unsupported':
        return this.#nothing('unsupported');
      case 'ignored':
        return this.#nothing(body.reason);
      case 'end':
        return undefined;
    }
  }

  #config(codec: FlvVideoCodec, config: Uint8Array): RawTrackEvent | undefined {
    const known = this.#configured;
    if (known?.codec === codec && equalBytes(known.config, config)) {
      return this.#nothing('repeated_config');
    }
    const { track, lengthSize } = readVideoConfig(codec, config);
    this.#configured = { codec, config: new Uint8Array(config), lengthSize };
    // Frames in flight refer to pictures coded under the former configuration.
    this.#waitsForKeyframe = true;
    return { type: 'track', track };
  }

  #frame(stampMs: number, frame: FlvFrame<FlvVideoCodec>): RawTrackEvent | undefined {
    const configured = this.#configured;
    if (configured?.codec !== frame.codec) return this.#nothing('before_config');
    const { lengthSize } = configured;
    const keyframe = frame.keyframe && isKeyframe(frame, lengthSize);
    if (frame.keyframe && !keyframe) this.#drop('false_keyframe');
    if (this.#waitsForKeyframe && !keyframe) return this.#nothing('before_keyframe');
    const data =
      frame.codec === 'av01'
        ? withoutTemporalDelimiter(frame.data)
        : withFourByteLengths(frame.data, lengthSize);
    if (data.length === 0) return this.#nothing('empty');
    this.#waitsForKeyframe = false;
    const { nanos, compositionOffsetMs } = frame;
    const stamps = { stampMs, nanos, compositionOffsetMs, durationTicks: 0 };
    return { type: 'sample', sample: { kind: 'video', ...stamps, keyframe, data } };
  }

  #nothing(reason: DropReason): undefined {
    this.#drop(reason);
    return undefined;
  }
}

/** Whether two byte strings are the same. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function readVideoConfig(
  codec: FlvVideoCodec,
  config: Uint8Array,
): { track: VideoTrack; lengthSize: NalLengthSize } {
  switch (codec) {
    case 'avc1':
      return { track: videoTrackFromAvcC(config), lengthSize: parseAvcC(config).nalLengthSize };
    case 'hvc1':
      return { track: videoTrackFromHvcC(config), lengthSize: parseHvcC(config).nalLengthSize };
    case 'av01':
      return { track: videoTrackFromAv1C(config), lengthSize: 4 };
  }
}

function isKeyframe(frame: FlvFrame<FlvVideoCodec>, lengthSize: NalLengthSize): boolean {
  switch (frame.codec) {
    case 'avc1':
      return isAvcKeyframe(frame.data, lengthSize);
    case 'hvc1':
      return isHevcKeyframe(frame.data, lengthSize);
    case 'av01':
      return isAv1Keyframe(frame.data);
  }
}
