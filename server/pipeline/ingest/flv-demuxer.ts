/**
 * Turns the bodies of RTMP audio and video messages into tracks, rungs and raw samples. Samples
 * come only when they can be decoded: after their configuration, video from a keyframe on. Knows
 * no time: stamps go through as they came, the normaliser judges them.
 */
import {
  type FlvAudioCodec,
  type FlvBody,
  type FlvFrame,
  type FlvVideoCodec,
  parseAudioBody,
  parseVideoBody,
} from '../../format/flv/index.ts';
import {
  type AudioTrack,
  audioTrackFromAsc,
  audioTrackFromOpusHead,
  opusPacketTicks,
  type TrackKind,
} from '../../media/index.ts';
import { type DropReason, equalBytes } from './flv-video-track.ts';
import { FlvVideoTracks } from './flv-video-tracks.ts';
import type { RawEvent, RawSample } from './normaliser-input.ts';

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
  readonly #dropped = new Map<DropReason, number>();
  readonly #video = new FlvVideoTracks((reason) => this.#drop(reason));
  #audio: AudioState | undefined;
  #unsupported: UnsupportedCodec | undefined;

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
   * of format/flv and media for what is malformed, unless only a rung is.
   */
  media(kind: TrackKind, timestampMs: number, payload: Uint8Array): readonly RawEvent[] {
    return kind === 'video'
      ? this.#videoMessage(timestampMs, payload)
      : this.#audioMessage(timestampMs, payload);
  }

  #videoMessage(stampMs: number, payload: Uint8Array): readonly RawEvent[] {
    const body = parseVideoBody(payload);
    if (body.type !== 'tracks') return this.#videoBody(0, stampMs, body);
    return body.tracks.flatMap((track) => this.#videoBody(track.trackId, stampMs, track.body));
  }

  /** A rung that cannot be carried is left out; without what leads there is nothing to show. */
  #videoBody(trackId: number, stampMs: number, body: FlvBody<FlvVideoCodec>): readonly RawEvent[] {
    if (trackId === 0 && body.type === 'unsupported') {
      this.#unsupported ??= { kind: 'video', codecName: body.codecName };
    }
    return this.#video.take(trackId, stampMs, body);
  }

  #audioMessage(stampMs: number, payload: Uint8Array): readonly RawEvent[] {
    const body = parseAudioBody(payload);
    switch (body.type) {
      case 'frame':
        return this.#audioFrame(stampMs, body);
      case 'config':
        return this.#audioConfig(body.codec, body.config);
      case 'unsupported':
        this.#unsupported ??= { kind: 'audio', codecName: body.codecName };
        return this.#drop('unsupported');
      case 'ignored':
        return this.#drop(body.reason);
      case 'end':
        return NOTHING;
    }
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

  #drop(reason: DropReason): readonly RawEvent[] {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
    return NOTHING;
  }
}
