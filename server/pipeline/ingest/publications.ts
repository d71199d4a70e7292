/**
 * Who is publishing on which stream. A stream has one publisher at a time: the newest wins, the
 * one before is told and closed, and not one of its frames gets through afterwards.
 *
 * A publisher that says goodbye ends its broadcast. One that is lost is waited for: the next one
 * within the reconnect window goes on in the same broadcast, on its timeline where the clock is.
 *
 *     publishing --lost--> awaited --first sample of the next--> publishing
 *          |                  |
 *       goodbye, ended     window passed, ended  --> gone
 */
import type { Cancel, Clock, Log } from '../../base/index.ts';
import type { AmfMap } from '../../format/amf0/index.ts';
import { type Feed, PUBLISHER_REPLACED } from '../../live/index.ts';
import type { MediaEvent, TrackKind } from '../../media/index.ts';
import type { MediaKind } from '../../wire/rtmp/index.ts';
import type { SourceEvent } from './normaliser-input.ts';
import { PublicationRungs } from './publication-rungs.ts';
import type { MediaSink, RtmpPublisher } from './rtmp-connection.ts';
import { Splice } from './splice.ts';

/** Turns one publisher's messages into clean samples that begin at 0. */
export interface MediaSource {
  media(kind: MediaKind, timestampMs: number, payload: Uint8Array): readonly SourceEvent[];
  /** What is still held when the publisher has ended. */
  end(): readonly SourceEvent[];
  /** Why the publisher cannot be taken, in words for its user; undefined while it can. */
  readonly unsupported: string | undefined;
  /** Repairs to its timeline so far, by reason. */
  readonly repairs: ReadonlyMap<string, number>;
  /** Messages of its that gave no sample, or a lesser one, by reason. */
  readonly dropped: ReadonlyMap<string, number>;
}

/** A publisher's own way to say that it is done; any other end of its connection is a loss. */
const GOODBYE = 'unpublished';

/** What publications need of their owner. */
export interface PublicationsSettings {
  readonly log: Log;
  readonly clock: Clock;
  /** How long a lost publisher is waited for; 0: not at all. */
  readonly reconnectWindowMs: number;
  /** A source for one more publisher; `metadata` gives its newest onMetaData, empty before any. */
  source(streamId: string, metadata: () => AmfMap): MediaSource;
  /** Puts a new broadcast of the stream on air and returns the feed that it reads. */
  goLive(streamId: string): Feed;
  /** The publisher was lost for `reason`, and is waited for. */
  lost(streamId: string, reason: string): void;
  /** Media comes again after `lost`. */
  resumed(streamId: string): void;
  /** The feed of the stream has been closed for `reason`. */
  gone(streamId: string, reason: string): void;
}

/** What publishers publish to. */
interface OnAir {
  readonly feed: Feed;
  readonly rungs: PublicationRungs;
}

/** A publisher that was lost, and is waited for until `cancel` or the end of the window. */
interface Wait {
  readonly cancel: Cancel;
}

interface Publication {
  readonly splice: Splice;
  /** Configurations that came before the first sample. */
  readonly tracks: Map<TrackKind, MediaEvent>;
  /** Undefined after it was lost, until the next one comes. */
  publisher: RtmpPublisher | undefined;
  /** The next event is the first of another publisher. */
  changesSource: boolean;
  /** Undefined before the first sample. */
  onAir: OnAir | undefined;
  /**
   * Media time 0 on the monotonic clock, in milliseconds, as the first publisher says: what later
   * ones make of it would add up.
   */
  zeroMs: number;
  /** The first publisher is the present one. */
  isFirst: boolean;
  /** Until the next publisher's first sample. */
  wait: Wait | undefined;
}

/** See the top of the file. */
export class Publications {
  readonly #settings: PublicationsSettings;
  readonly #byStream = new Map<string, Publication>();
  readonly #sources = new Set<MediaSource>();
  /** Repairs of sources that have ended. */
  readonly #pastRepairs = new Map<string, number>();
  /** What sources that have ended dropped, and events of rungs that were refused. */
  readonly #pastDropped = new Map<string, number>();
  #takeovers = 0;

  constructor(settings: PublicationsSettings) {
    this.#settings = settings;
  }

  /** Streams that have a publisher now. */
  get count(): number {
    return this.#byStream.size;
  }

  /** How often a publisher has replaced another. */
  get takeovers(): number {
    return this.#takeovers;
  }

  /** Repairs to timelines since the start, by reason. */
  get repairs(): ReadonlyMap<string, number> {
    const total = new Map(this.#pastRepairs);
    for (const source of this.#sources) addTo(total, source.repairs);
    return total;
  }

  /** Messages that gave no sample since the start, and events of refused rungs, by reason. */
  get dropped(): ReadonlyMap<string, number> {
    const total = new Map(this.#pastDropped);
    for (const source of this.#sources) addTo(total, source.dropped);
    return total;
  }

  /** Makes `publisher` the one of `streamId`. */
  publish(streamId: string, publisher: RtmpPublisher): MediaSink {
    const present = this.#byStream.get(streamId);
    const publication: Publication = present ?? {
      splice: new Splice(),
      publisher,
      changesSource: false,
      tracks: new Map(),
      onAir: undefined,
      zeroMs: Number.POSITIVE_INFINITY,
      isFirst: true,
      wait: undefined,
    };
    if (present !== undefined) {
      const replaced = present.publisher;
      present.publisher = publisher;
      present.changesSource = true;
      if (replaced !== undefined) this.#replace(streamId, replaced);
    }
    this.#byStream.set(streamId, publication);
    return this.#sink(streamId, publication, publisher);
  }

  /** Ends what is published on `streamId` and closes its publisher; false when nobody publishes. */
  end(streamId: string, reason: string): boolean {
    const publication = this.#byStream.get(streamId);
    if (publication === undefined) return false;
    this.#finish(streamId, publication, reason);
    publication.publisher?.close(reason);
    return true;
  }

  /** Whether the stream's publisher was lost and is waited for. */
  awaits(streamId: string): boolean {
    return this.#byStream.get(streamId)?.wait !== undefined;
  }

  /** Ends everything. */
  close(reason: string): void {
    for (const streamId of [...this.#byStream.keys()]) this.end(streamId, reason);
  }

  #sink(streamId: string, publication: Publication, publisher: RtmpPublisher): MediaSink {
    let metadata: AmfMap = new Map();
    const source = this.#settings.source(streamId, () => metadata);
    this.#sources.add(source);
    const forward = (events: readonly SourceEvent[]): void => {
      for (const event of events) this.#forward(streamId, publication, event);
    };
    const owns = (): boolean =>
      publication.publisher === publisher && this.#byStream.get(streamId) === publication;
    return {
      media: (kind, timestampMs, payload) => {
        if (!owns()) return;
        forward(source.media(kind, timestampMs, payload));
        if (source.unsupported === undefined) return;
        this.#settings.log.warn({ stream: streamId, why: source.unsupported }, 'media refused');
        this.end(streamId, source.unsupported);
      },
      metadata: (values) => {
        metadata = values;
      },
      end: (reason) => {
        this.#sources.delete(source);
        addTo(this.#pastRepairs, source.repairs);
        addTo(this.#pastDropped, source.dropped);
        if (!owns()) return;
        forward(source.end());
        if (reason === GOODBYE) this.#finish(streamId, publication, reason);
        else this.#lose(streamId, publication, reason);
      },
    };
  }

  #replace(streamId: string, replaced: RtmpPublisher): void {
    this.#takeovers += 1;
    this.#settings.log.info({ stream: streamId }, 'publisher replaced by a newer one');
    replaced.close('replaced by a newer publisher with the same key');
  }

  /** Keeps the broadcast for whoever publishes next, as long as the window lasts. */
  #lose(streamId: string, publication: Publication, reason: string): void {
    const { clock, reconnectWindowMs, lost } = this.#settings;
    if (publication.onAir === undefined || reconnectWindowMs === 0) {
      this.#finish(streamId, publication, reason);
      return;
    }
    publication.publisher = undefined;
    // One that was lost again before it sent anything does not begin the window anew.
    if (publication.wait !== undefined) return;
    publication.wait = {
      cancel: clock.after(reconnectWindowMs, () => {
        this.end(streamId, `${reason}, and nobody came back in time`);
      }),
    };
    lost(streamId, reason);
  }

  #resume(streamId: string, publication: Publication): void {
    publication.wait?.cancel();
    publication.wait = undefined;
    this.#settings.resumed(streamId);
  }

  /** A stream is live from its first sample on; an encoder that sends none is not. */
  #forward(streamId: string, publication: Publication, event: SourceEvent): void {
    const nowMs = this.#settings.clock.monotonicMs();
    if (publication.changesSource) {
      publication.changesSource = false;
      publication.isFirst = false;
      publication.splice.nextSource((nowMs - publication.zeroMs) / 1000);
    }
    if (event.type === 'sample' && publication.wait !== undefined) {
      this.#resume(streamId, publication);
    }
    if (event.type === 'rung') {
      this.#forwardRung(publication, event.name, event.event);
      return;
    }
    if (publication.onAir === undefined) {
      if (event.type === 'track') publication.tracks.set(event.track.kind, event);
      if (event.type !== 'sample') return;
      const feed = this.#settings.goLive(streamId);
      publication.onAir = { feed, rungs: new PublicationRungs(feed) };
      for (const track of publication.tracks.values()) this.#join(publication, track);
    }
    this.#join(publication, event);
    if (!publication.isFirst) return;
    // The earliest arrival: what an encoder sends in a burst when it starts was there before.
    publication.zeroMs = Math.min(publication.zeroMs, nowMs - publication.splice.endS * 1000);
  }

  #join({ splice, onAir }: Publication, event: MediaEvent): void {
    for (const joined of splice.push(event)) {
      const isJoint = joined.type === 'discontinuity' && joined.reason === PUBLISHER_REPLACED;
      if (isJoint) onAir?.rungs.nextPublisher();
      onAir?.feed.publish(joined);
    }
  }

  /** Rungs come beside video that leads, so the stream is live when they do. */
  #forwardRung({ splice, onAir }: Publication, name: string, event: MediaEvent): void {
    const refusal = onAir?.rungs.publish(name, splice.pushRung(name, event));
    if (refusal !== undefined) addTo(this.#pastDropped, new Map([[refusal, 1]]));
  }

  #finish(streamId: string, { onAir, wait }: Publication, reason: string): void {
    this.#byStream.delete(streamId);
    wait?.cancel();
    if (onAir === undefined) return;
    onAir.feed.close();
    onAir.rungs.close();
    this.#settings.gone(streamId, reason);
  }
}

function addTo(total: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [reason, count] of counts) total.set(reason, (total.get(reason) ?? 0) + count);
}
