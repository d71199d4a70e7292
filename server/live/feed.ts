/**
 * The samples of one broadcast on their way from the publisher to every reader.
 *
 * A reader that falls behind the bounds loses what it has not read and goes on at the next
 * keyframe with a `discontinuity`; the publisher and the other readers never wait for it.
 *
 * Other encodings of the same video, by a transcoder or by the publisher itself, are rungs: each a
 * feed of one video track on the same media time.
 */
import { assert, Signal } from '../base/index.ts';
import type { MediaEvent, Track, TrackKind } from '../media/index.ts';

/** Unread events a reader may leave: about a minute of video and audio. */
export const MAX_BACKLOG_EVENTS = 4096;
/** Unread bytes a reader may leave. */
export const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;

/** Rungs a feed may have: a ladder is a handful, and each costs memory and a playlist. */
export const MAX_RUNGS = 16;

/** Reason of the `discontinuity` before the first sample of another publisher. */
export const PUBLISHER_REPLACED = 'publisher_replaced';

/** See the top of the file. */
export class Feed {
  /** Raised by what happens in the feed and in its rungs, so that one wait covers them all. */
  readonly changed = new Signal();
  /** The rungs that the present publisher sends itself; kept by who publishes for it. */
  readonly publisherRungs = new Set<string>();
  readonly #rungs = new Map<string, Feed>();
  #parent: Feed | undefined;
  /** Of a rung: what nobody has begun to read yet. */
  #unclaimed: FeedCursor | undefined;
  readonly #tracks = new Map<TrackKind, Track>();
  readonly #cursors = new Set<FeedCursor>();
  #closed = false;

  /** No more events will come; cursors still hand out what they hold. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The configuration in force of each track. */
  get tracks(): ReadonlyMap<TrackKind, Track> {
    return this.#tracks;
  }

  /** Other encodings of the same video by name, in the order in which they were opened. */
  get rungs(): ReadonlyMap<string, Feed> {
    return this.#rungs;
  }

  /**
   * The feed of rung `name`, made on first use. Who publishes to it closes it, after this one: what
   * a transcoder makes of the last samples comes later than they do.
   */
  openRung(name: string): Feed {
    let rung = this.#rungs.get(name);
    if (rung === undefined) {
      assert(!this.#closed, 'a closed feed gets no rungs');
      assert(this.#rungs.size < MAX_RUNGS, 'a feed has few rungs');
      rung = new Feed();
      rung.#parent = this;
      rung.#unclaimed = rung.read();
      this.#rungs.set(name, rung);
      this.#raise();
    }
    return rung;
  }

  /** Hands `event` to every reader. */
  publish(event: MediaEvent): void {
    assert(!this.#closed, 'a closed feed takes no events');
    if (event.type === 'track') this.#tracks.set(event.track.kind, event.track);
    for (const cursor of this.#cursors) cursor.offer(event);
    this.#raise();
  }

  /** Ends the feed. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#raise();
  }

  /**
   * A reader that begins with the tracks in force and the events from now on; the first one of a
   * rung begins where the rung does, since it learns of the rung by what is published there.
   */
  read(): FeedCursor {
    const unclaimed = this.#unclaimed;
    if (unclaimed !== undefined) {
      this.#unclaimed = undefined;
      return unclaimed;
    }
    const cursor = new FeedCursor(() => {
      this.#cursors.delete(cursor);
    });
    for (const track of this.#tracks.values()) cursor.offer({ type: 'track', track });
    this.#cursors.add(cursor);
    return cursor;
  }

  #raise(): void {
    this.changed.raise();
    this.#parent?.changed.raise();
  }
}

/** One reader's place in a feed. */
export class FeedCursor {
  readonly #leave: () => void;
  #events: MediaEvent[] = [];
  #next = 0;
  #backlogBytes = 0;
  #skipping = false;
  #skippedSamples = 0;
  #hasVideo = false;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  /** Samples that this reader was too slow for. */
  get skippedSamples(): number {
    return this.#skippedSamples;
  }

  /** The next unread event; undefined when there is none yet. */
  take(): MediaEvent | undefined {
    const event = this.#events[this.#next];
    if (event === undefined) {
      if (this.#next > 0) {
        this.#events = [];
        this.#next = 0;
      }
      return undefined;
    }
    this.#next += 1;
    if (event.type === 'sample') this.#backlogBytes -= event.sample.data.length;
    return event;
  }

  /** Stops reading; what is unread is dropped. */
  close(): void {
    this.#leave();
    this.#events = [];
    this.#next = 0;
  }

  /** Adds an event for the reader; called by the feed alone. */
  offer(event: MediaEvent): void {
    if (event.type === 'track' && event.track.kind === 'video') this.#hasVideo = true;
    if (event.type === 'sample') {
      if (this.#skipping && !this.#resumes(event.sample.kind, event.sample.keyframe)) {
        this.#skippedSamples += 1;
        return;
      }
      this.#backlogBytes += event.sample.data.length;
    }
    this.#events.push(event);
    const unread = this.#events.length - this.#next;
    if (unread > MAX_BACKLOG_EVENTS || this.#backlogBytes > MAX_BACKLOG_BYTES) this.#skip();
  }

  /** A video keyframe ends the skipping; without video any sample does. */
  #resumes(kind: TrackKind, keyframe: boolean): boolean {
    if (kind === 'audio' && this.#hasVideo) return false;
    if (!keyframe) return false;
    this.#skipping = false;
    this.#events.push({ type: 'discontinuity', reason: 'reader_fell_behind' });
    return true;
  }

  /** Drops what is unread but the last configuration of each track, which holds afterwards. */
  #skip(): void {
    const kept = new Map<TrackKind, MediaEvent>();
    for (const event of this.#events.slice(this.#next)) {
      if (event.type === 'track') kept.set(event.track.kind, event);
      if (event.type === 'sample') this.#skippedSamples += 1;
    }
    this.#events = [...kept.values()];
    this.#next = 0;
    this.#backlogBytes = 0;
    this.#skipping = true;
  }
}
