/** One publisher's RTMP media messages made into clean samples: demuxer and normaliser in a row. */
import type { Clock } from '../../base/index.ts';
import type { Track, TrackKind } from '../../media/index.ts';
import { FlvDemuxer } from './flv-demuxer.ts';
import type { DropReason } from './flv-video-track.ts';
import { Normaliser } from './normaliser.ts';
import type { RawEvent, SourceEvent } from './normaliser-input.ts';
import type { RepairReason } from './normaliser-repair.ts';

/** What a source needs: a clock, and the newest onMetaData of the publisher (empty before any). */
export interface FlvSourceSettings {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  metadata(): ReadonlyMap<string, unknown>;
}

/** Kilobits a second above which a statement in onMetaData is taken for a mistake. */
const MAX_STATED_KILOBITS = 200_000;
const STATED_KILOBITS = { video: 'videodatarate', audio: 'audiodatarate' } as const;
const CARRIED = { video: 'H.264, HEVC or AV1', audio: 'AAC or Opus' } as const;

/** See the top of the file. */
export class FlvSource {
  readonly #settings: FlvSourceSettings;
  readonly #demuxer = new FlvDemuxer();
  readonly #normaliser = new Normaliser();
  #metadata: ReadonlyMap<string, unknown> | undefined;

  constructor(settings: FlvSourceSettings) {
    this.#settings = settings;
  }

  /** Why the publisher cannot be taken, in words for its user; undefined while it can. */
  get unsupported(): string | undefined {
    const codec = this.#demuxer.unsupported;
    if (codec === undefined) return undefined;
    return `${codec.codecName} ${codec.kind} is not supported: send ${CARRIED[codec.kind]}`;
  }

  /** Repairs to the timeline so far, by reason. */
  get repairs(): ReadonlyMap<RepairReason, number> {
    return this.#normaliser.repairs;
  }

  /** Messages that gave no sample, or a lesser one, by reason. */
  get dropped(): ReadonlyMap<DropReason, number> {
    return this.#demuxer.dropped;
  }

  /** Takes one message body, whose bytes then belong to the samples; a Violation if malformed. */
  media(kind: TrackKind, timestampMs: number, payload: Uint8Array): readonly SourceEvent[] {
    const raw = this.#demuxer.media(kind, timestampMs, payload);
    if (raw.length === 0) return [];
    this.#readMetadata();
    const nowMs = this.#settings.clock.monotonicMs();
    const [only] = raw;
    const events =
      raw.length === 1 && only !== undefined
        ? this.#normaliser.push(this.#stated(only), nowMs)
        : raw.flatMap((event) => this.#normaliser.push(this.#stated(event), nowMs));
    return events.some(({ type }) => type === 'track') ? events.map(this.#withBitrate) : events;
  }

  /** The publisher has ended: what a start of a second was still holding. */
  end(): readonly SourceEvent[] {
    return this.#normaliser.end(this.#settings.clock.monotonicMs());
  }

  readonly #withBitrate = (event: SourceEvent): SourceEvent => {
    if (event.type !== 'track') return event;
    const kilobits = this.#metadata?.get(STATED_KILOBITS[event.track.kind]);
    return { type: 'track', track: withStatedBitrate(event.track, kilobits) };
  };

  /** What the metadata says of each numbered track is for rungs; of what leads it speaks itself. */
  #stated(raw: RawEvent): RawEvent {
    if (raw.type !== 'rung' || raw.event.type !== 'track') return raw;
    const byTrack = this.#metadata?.get('videoTrackIdInfoMap');
    const stated = byTrack instanceof Map ? byTrack.get(String(raw.trackId)) : undefined;
    const kilobits = stated instanceof Map ? stated.get(STATED_KILOBITS.video) : undefined;
    const track = withStatedBitrate(raw.event.track, kilobits);
    return { ...raw, event: { type: 'track', track } };
  }

  /** An encoder that names one codec alone has one track, so nothing need wait for another. */
  #readMetadata(): void {
    const metadata = this.#settings.metadata();
    if (metadata === this.#metadata) return;
    this.#metadata = metadata;
    const video = metadata.get('hasVideo') ?? metadata.has('videocodecid');
    const audio = metadata.get('hasAudio') ?? metadata.has('audiocodecid');
    if (video === true && audio === false) this.#normaliser.expectOnly('video');
    if (audio === true && video === false) this.#normaliser.expectOnly('audio');
  }
}

function withStatedBitrate(track: Track, kilobits: unknown): Track {
  if (typeof kilobits !== 'number' || !(kilobits > 0)) return track;
  return kilobits > MAX_STATED_KILOBITS ? track : { ...track, statedBitrate: kilobits * 1000 };
}
