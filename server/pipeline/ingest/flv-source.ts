/** One publisher's RTMP media messages made into clean samples: demuxer and normaliser in a row. */
import type { Clock } from '../../base/index.ts';
import type { MediaEvent, TrackKind } from '../../media/index.ts';
import { type DropReason, FlvDemuxer } from './flv-demuxer.ts';
import { Normaliser } from './normaliser.ts';
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
  media(kind: TrackKind, timestampMs: number, payload: Uint8Array): readonly MediaEvent[] {
    const raw = this.#demuxer.media(kind, timestampMs, payload);
    if (raw.length === 0) return [];
    this.#readMetadata();
    const nowMs = this.#settings.clock.monotonicMs();
    const [only] = raw;
    const events =
      raw.length === 1 && only !== undefined
        ? this.#normaliser.push(only, nowMs)
        : raw.flatMap((event) => this.#normaliser.push(event, nowMs));
    return events.some(({ type }) => type === 'track') ? events.map(this.#withBitrate) : events;
  }

  /** The publisher has ended: what a start of a second was still holding. */
  end(): readonly MediaEvent[] {
    return this.#normaliser.end(this.#settings.clock.monotonicMs());
  }

  readonly #withBitrate = (event: MediaEvent): MediaEvent => {
    if (event.type !== 'track') return event;
    const kilobits = this.#metadata?.get(STATED_KILOBITS[event.track.kind]);
    if (typeof kilobits !== 'number' || !(kilobits > 0)) return event;
    if (kilobits > MAX_STATED_KILOBITS) return event;
    return { type: 'track', track: { ...event.track, statedBitrate: kilobits * 1000 } };
  };

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
