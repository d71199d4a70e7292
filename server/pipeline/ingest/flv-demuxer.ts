/**
 * Turns the bodies of RTMP audio and video messages into tracks and raw samples. Samples come
 * only when they can be decoded: after their configuration, video from a keyframe on. Knows no
 * time: stamps go through as they came, the normaliser judges them.
 */
import {
  type FlvAudioCodec,
  type FlvFrame,
  type FlvVideoCodec,
  type IgnoredReason,
  parseAudioBody,
  parseVideoBody,
} from '../../format/flv/index.ts';
import {
  type AudioTrack,
  audioTrackFromAsc,
  audioTrackFromOpusHead,
  isAv1Keyframe,
  isAvcKeyframe,
  isHevcKeyframe,
  type NalLengthSize,
  opusPacketTicks,
  parseAvcC,
  parseHvcC,
  type TrackKind,
  type VideoTrack,
  videoTrackFromAv1C,
  videoTrackFromAvcC,
  videoTrackFromHvcC,
  withFourByteLengths,
  withoutTemporalDelimiter,
} from '../../media/index.ts';
import type { RawEvent, RawSample } from './normaliser-input.ts';

/** Why a message gave no sample, or one with less than it claimed. */
export type DropReason =
  | IgnoredReason
  | 'unsupported'
  | 'repeated_config'
  | 'before_config'
  | 'before_keyframe'
  /** Flagged as a keyframe, but a decoder cannot start there; passed on as an ordinary frame. */
  | 'false_keyframe'
  | 'malformed_packet';

interface VideoState {
  readonly codec: FlvVideoCodec;
  /** The configuration as sent, to recognise its repetition. */
  readonly config: Uint8Array;
  readonly lengthSize: NalLengthSize;
  waitsForKeyframe: boolean;
}

interface AudioState {
  readonly codec: FlvAudioCodec;
  readonly config: Uint8Array;
  track: AudioTrack;
  announced: boolean;
}

/** A codec that we do not carry. */
export interface UnsupportedCodec {
  readonly kind: TrackKind;
  /** As its users call it, such as `VP6` or `Speex`. */
  readonly codecName: string;
}

const NOTHING: readonly RawEvent[] = [];

/** See the top of the file. */
export class FlvDemuxer {
  #video: VideoState | undefined;
  #audio: AudioState | undefined;
  #unsupported: UnsupportedCodec | undefined;
  readonly #dropped = new Map<DropReason, number>();

  /** The first codec met that we do not carry; undefined while there was none. */
  get unsupported(): UnsupportedCodec | undefined {
    return this.#unsupported;
  }

  /** Messages that gave no sample, or a lesser one, by reason. */
  get dropped(): ReadonlyMap<DropReason, number> {
    return this.#dropped;
  }

  /**
   * Takes the body of one message, whose bytes then belong to the samples. Throws the Violations
   * of format/flv and media for what is malformed.
   */
  media(kind: TrackKind, timestampMs: number, payload: Uint8Array): readonly RawEvent[] {
    return kind === 'video'
      ? this.#videoMessage(timestampMs, payload)
      : this.#audioMessage(timestampMs, payload);
  }

  #videoMessage(stampMs: number, payload: Uint8Array): readonly RawEvent[] {
    const body = parseVideoBody(payload);
    switch (body.type) {
      case 'frame':
        return this.#videoFrame(stampMs, body);
      case 'config':
        return this.#videoConfig(body.codec, body.config);
      case 'unsupported':
        return this.#refuse({ kind: 'video', codecName: body.codecName });
      case 'ignored':
        return this.#drop(body.reason);
      case 'end':
        return NOTHING;
    }
  }

  #audioMessage(stampMs: number, payload: Uint8Array): readonly RawEvent[] {
    const body = parseAudioBody(payload);
    switch (body.type) {
      case 'frame':
        return this.#audioFrame(stampMs, body);
      case 'config':
        return this.#audioConfig(body.codec, body.config);
      case 'unsupported':
        return this.#refuse({ kind: 'audio', codecName: body.codecName });
      case 'ignored':
        return this.#drop(body.reason);
      case 'end':
        return NOTHING;
    }
  }

  #videoConfig(codec: FlvVideoCodec, config: Uint8Array): readonly RawEvent[] {
    if (this.#video?.codec === codec && equalBytes(this.#video.config, config)) {
      return this.#drop('repeated_config');
    }
    const { track, lengthSize } = readVideoConfig(codec, config);
    // Frames in flight refer to pictures coded under the former configuration.
    this.#video = { codec, config: new Uint8Array(config), lengthSize, waitsForKeyframe: true };
    return [{ type: 'track', track }];
  }

  #audioConfig(codec: FlvAudioCodec, config: Uint8Array): readonly RawEvent[] {
    if (this.#audio?.codec === codec && equalBytes(this.#audio.config, config)) {
      return this.#drop('repeated_config');
    }
    const track = codec === 'opus' ? audioTrackFromOpusHead(config) : audioTrackFromAsc(config);
    // How long Opus packets are, only the packets tell: the track waits for the first of them.
    const announced = codec !== 'opus';
    this.#audio = { codec, config: new Uint8Array(config), track, announced };
    return announced ? [{ type: 'track', track }] : NOTHING;
  }

  #videoFrame(stampMs: number, frame: FlvFrame<FlvVideoCodec>): readonly RawEvent[] {
    const state = this.#video;
    if (state?.codec !== frame.codec) return this.#drop('before_config');
    const keyframe = frame.keyframe && isKeyframe(frame, state.lengthSize);
    if (frame.keyframe && !keyframe) this.#drop('false_keyframe');
    if (state.waitsForKeyframe && !keyframe) return this.#drop('before_keyframe');
    const data =
      frame.codec === 'av01'
        ? withoutTemporalDelimiter(frame.data)
        : withFourByteLengths(frame.data, state.lengthSize);
    if (data.length === 0) return this.#drop('empty');
    state.waitsForKeyframe = false;
    const { nanos, compositionOffsetMs } = frame;
    const stamps = { stampMs, nanos, compositionOffsetMs, durationTicks: 0 };
    return [{ type: 'sample', sample: { kind: 'video', ...stamps, keyframe, data } }];
  }

  #audioFrame(stampMs: number, frame: FlvFrame<FlvAudioCodec>): readonly RawEvent[] {
    const state = this.#audio;
    if (state?.codec !== frame.codec) return this.#drop('before_config');
    const isOpus = frame.codec === 'opus';
    const durationTicks = isOpus ? opusPacketTicks(frame.data) : state.track.frameTicks;
    if (durationTicks === 0) return this.#drop('malformed_packet');
    const { nanos, keyframe, data } = frame;
    const stamps = { stampMs, nanos, compositionOffsetMs: 0, durationTicks };
    const sample: RawSample = { kind: 'audio', ...stamps, keyframe, data };
    if (state.announced) return [{ type: 'sample', sample }];
    state.announced = true;
    state.track = { ...state.track, frameTicks: durationTicks };
    return [
      { type: 'track', track: state.track },
      { type: 'sample', sample },
    ];
  }

  #refuse(codec: UnsupportedCodec): readonly RawEvent[] {
    this.#unsupported ??= codec;
    return this.#drop('unsupported');
  }

  #drop(reason: DropReason): readonly RawEvent[] {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
    return NOTHING;
  }
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

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
