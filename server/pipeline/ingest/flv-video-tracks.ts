/**
 * The video tracks of one publisher: one leads, each other is a rung, another encoding of the same
 * pictures (Enhanced RTMP v2, multitrack).
 *
 * V1 Track 0 leads, which is also what messages without a track id are about. Only where another
 *    track's first frame comes before track 0 has a configuration does that one lead.
 * V2 What leads and what a rung is called never change while the publisher sends.
 */
import { Violation } from '../../base/index.ts';
import type { FlvBody, FlvVideoCodec } from '../../format/flv/index.ts';
import { freeRungName } from '../../live/index.ts';
import type { Track, VideoTrack } from '../../media/index.ts';
import { type DropReason, FlvVideoTrack } from './flv-video-track.ts';
import type { RawEvent, RawTrackEvent } from './normaliser-input.ts';

/** Video tracks of one publisher: OBS sends six at most, and each costs memory and a playlist. */
export const MAX_VIDEO_TRACKS = 8;

interface NumberedTrack {
  readonly trackId: number;
  demuxer: FlvVideoTrack;
  /** What it is called as a rung; undefined before its first configuration. */
  name: string | undefined;
  /** A configuration that is not announced yet. */
  pending: VideoTrack | undefined;
}

const NOTHING: readonly RawEvent[] = [];

/** See the top of the file. */
export class FlvVideoTracks {
  readonly #drop: (reason: DropReason) => void;
  readonly #tracks = new Map<number, NumberedTrack>();
  #leadId: number | undefined;

  /** `drop` hears why a body gave no sample, or a lesser one. */
  constructor(drop: (reason: DropReason) => void) {
    this.#drop = drop;
  }

  /** What a body of track `trackId` brings. Violations of media for what leads and is malformed. */
  take(trackId: number, stampMs: number, body: FlvBody<FlvVideoCodec>): readonly RawEvent[] {
    const track = this.#tracks.get(trackId) ?? this.#add(trackId, body.type);
    const event = track && this.#read(track, stampMs, body);
    if (track === undefined || event === undefined) return NOTHING;
    if (event.type === 'track') return this.#configure(track, event.track);
    if (this.#leadId !== undefined) return [this.#named(track, event)];
    this.#leadId = trackId;
    return [...this.#announced(), this.#named(track, event)];
  }

  /** A malformed rung must not end what leads: it is forgotten, and may come anew. */
  #read(
    track: NumberedTrack,
    stampMs: number,
    body: FlvBody<FlvVideoCodec>,
  ): RawTrackEvent | undefined {
    try {
      return track.demuxer.take(stampMs, body);
    } catch (error) {
      if (!(error instanceof Violation) || track.trackId === (this.#leadId ?? 0)) throw error;
      this.#drop('malformed_config');
      track.demuxer = new FlvVideoTrack(this.#drop);
      track.pending = undefined;
      return undefined;
    }
  }

  /** Only what has a configuration takes a place; anything else is dropped by its reason. */
  #add(trackId: number, bodyType: FlvBody<FlvVideoCodec>['type']): NumberedTrack | undefined {
    if (this.#tracks.size >= MAX_VIDEO_TRACKS) {
      this.#drop('too_many_tracks');
      return undefined;
    }
    const demuxer = new FlvVideoTrack(this.#drop);
    const track = { trackId, demuxer, name: undefined, pending: undefined };
    if (bodyType === 'config') this.#tracks.set(trackId, track);
    return track;
  }

  #configure(track: NumberedTrack, configuration: Track): readonly RawEvent[] {
    if (configuration.kind !== 'video') return NOTHING;
    if (track.trackId === 0) this.#leadId ??= 0;
    if (track.trackId !== this.#leadId) track.name ??= this.#freeName(configuration.height);
    track.pending = configuration;
    return this.#leadId === undefined ? NOTHING : this.#announced();
  }

  /** The configurations that waited until it was known what leads. */
  #announced(): RawEvent[] {
    const events: RawEvent[] = [];
    for (const track of this.#tracks.values()) {
      if (track.pending === undefined) continue;
      events.push(this.#named(track, { type: 'track', track: track.pending }));
      track.pending = undefined;
    }
    return events;
  }

  #named(track: NumberedTrack, event: RawTrackEvent): RawEvent {
    if (track.trackId === this.#leadId || track.name === undefined) return event;
    return { type: 'rung', name: track.name, trackId: track.trackId, event };
  }

  #freeName(height: number): string {
    const taken = new Set([...this.#tracks.values()].map(({ name }) => name));
    return freeRungName(`${height}p`, (name) => taken.has(name));
  }
}
