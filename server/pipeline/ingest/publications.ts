/**
 * Who is publishing on which stream. A stream has one publisher at a time: the newest wins, the
 * one before is told and closed, and not one of its frames gets through afterwards.
 */
import type { Clock, Log } from '../../base/index.ts';
import type { Feed } from '../../live/index.ts';
import type { MediaEvent } from '../../media/index.ts';
import { Splice } from './splice.ts';

/** A publisher's own end of its connection. */
export interface PublisherConnection {
  /** Tells the publisher why and closes the connection. */
  close(reason: string): void;
}

/** Where a connection puts what it receives. */
export interface MediaSink {
  media(kind: 'audio' | 'video', timestampMs: number, payload: Uint8Array): void;
  metadata(values: ReadonlyMap<string, unknown>): void;
  /** The connection is gone or the publisher has said that it stops. */
  end(reason: string): void;
}

/** Turns one publisher's messages into clean samples that begin at 0. */
export interface MediaSource {
  media(kind: 'audio' | 'video', timestampMs: number, payload: Uint8Array): readonly MediaEvent[];
  /** Why the publisher cannot be taken, in words for its user; undefined while it can. */
  readonly unsupported: string | undefined;
}

/** What publications need of their owner. */
export interface PublicationsSettings {
  readonly clock: Clock;
  readonly log: Log;
  /** A source for one more connection. */
  source(metadata: () => ReadonlyMap<string, unknown>): MediaSource;
  /** Puts a new broadcast of the stream on air and returns the feed that it reads. */
  goLive(streamId: string): Feed;
  /** The feed of the stream has been closed for `reason`. */
  gone(streamId: string, reason: string): void;
}

interface Publication {
  readonly splice: Splice;
  connection: PublisherConnection;
  feed: Feed | undefined;
}

/** See the top of the file. */
export class Publications {
  readonly #settings: PublicationsSettings;
  readonly #byStream = new Map<string, Publication>();
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

  /** Makes `connection` the publisher of `streamId`. */
  publish(streamId: string, connection: PublisherConnection): MediaSink {
    const present = this.#byStream.get(streamId);
    const publication: Publication = present ?? {
      splice: new Splice(),
      connection,
      feed: undefined,
    };
    if (present !== undefined) {
      const replaced = present.connection;
      present.connection = connection;
      present.splice.nextSource();
      this.#takeovers += 1;
      this.#settings.log.info({ stream: streamId }, 'publisher replaced by a newer one');
      replaced.close('replaced by a newer publisher with the same key');
    }
    this.#byStream.set(streamId, publication);
    return this.#sink(streamId, publication, connection);
  }

  /** Ends what is published on `streamId` and closes its publisher; false when nobody publishes. */
  end(streamId: string, reason: string): boolean {
    const publication = this.#byStream.get(streamId);
    if (publication === undefined) return false;
    this.#finish(streamId, publication, reason);
    publication.connection.close(reason);
    return true;
  }

  /** Ends everything. */
  close(reason: string): void {
    for (const streamId of [...this.#byStream.keys()]) this.end(streamId, reason);
  }

  #sink(streamId: string, publication: Publication, connection: PublisherConnection): MediaSink {
    let metadata: ReadonlyMap<string, unknown> = new Map();
    const source = this.#settings.source(() => metadata);
    const owns = (): boolean =>
      publication.connection === connection && this.#byStream.get(streamId) === publication;
    return {
      media: (kind, timestampMs, payload) => {
        if (!owns()) return;
        for (const event of source.media(kind, timestampMs, payload)) {
          this.#forward(streamId, publication, event);
        }
        if (source.unsupported === undefined) return;
        this.#settings.log.warn({ stream: streamId, why: source.unsupported }, 'media refused');
        this.end(streamId, source.unsupported);
      },
      metadata: (values) => {
        metadata = values;
      },
      end: (reason) => {
        if (owns()) this.#finish(streamId, publication, reason);
      },
    };
  }

  /** A stream is live from its first sample on; configurations before it wait in the splice. */
  #forward(streamId: string, publication: Publication, event: MediaEvent): void {
    publication.feed ??= this.#settings.goLive(streamId);
    for (const joined of publication.splice.push(event)) publication.feed.publish(joined);
  }

  #finish(streamId: string, publication: Publication, reason: string): void {
    this.#byStream.delete(streamId);
    if (publication.feed === undefined) return;
    publication.feed.close();
    this.#settings.gone(streamId, reason);
  }
}
