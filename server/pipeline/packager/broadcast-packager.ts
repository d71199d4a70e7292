import type { Cancel, Clock } from '../../base/index.ts';
import type { Feed, FeedCursor } from '../../live/index.ts';
import type { Sample, TrackKind } from '../../media/index.ts';
import { BroadcastPublication, type PublicationSettings } from './broadcast-publication.ts';
import { LeadSegments } from './lead-segment.ts';
import type { PackagedEvent } from './packaged.ts';
import type { Packager } from './packager.ts';
import type { RungPackager } from './rung-packager.ts';

/** How long the rungs of a broadcast that has ended may take to finish. */
const RUNGS_END_MS = 3_000;

/** What a broadcast's packager needs of its owner. */
export interface BroadcastPackagerSettings extends PublicationSettings {
  readonly feed: Feed;
  readonly packager: Packager;
}

/** One rung of the feed, and its packager once the targets are known. */
interface Rung {
  readonly feed: Feed;
  readonly cursor: FeedCursor;
  packager: RungPackager | undefined;
}

/** Reads a feed and its rungs, packages them, and puts what comes out on the broadcast's timelines. */
export class BroadcastPackager {
  readonly #settings: BroadcastPackagerSettings;
  readonly #publication: BroadcastPublication;
  readonly #timescales = new Map<TrackKind, number>();
  readonly #rungs = new Map<string, Rung>();
  readonly #leading = new LeadSegments();

  constructor(settings: BroadcastPackagerSettings) {
    this.#settings = settings;
    this.#publication = new BroadcastPublication(settings);
  }

  /** Runs until the feed and its rungs are closed and read; then the broadcast has ended. */
  async run(): Promise<void> {
    const { feed, broadcast, clock, packager } = this.#settings;
    const cursor = feed.read();
    const patience = new Patience(clock, feed);
    try {
      for (let ended = false; ; ) {
        const changed = feed.changed.next();
        // First what came of the rungs: how late they are is judged where the leading video goes on.
        this.#drainRungs();
        this.#drain(cursor);
        if (feed.closed && !ended) {
          ended = true;
          this.#apply(packager.end());
          patience.start(RUNGS_END_MS);
        }
        if (feed.closed && (patience.isOver || this.#rungsHaveEnded)) break;
        await changed;
      }
      for (const rung of this.#rungs.values()) rung.packager?.end();
    } finally {
      patience.end();
      cursor.close();
      for (const rung of this.#rungs.values()) rung.cursor.close();
      broadcast.end(clock.monotonicMs());
    }
  }

  get #rungsHaveEnded(): boolean {
    return [...this.#rungs.values()].every((rung) => rung.feed.closed);
  }

  #drain(cursor: FeedCursor): void {
    const { broadcast, packager } = this.#settings;
    for (let event = cursor.take(); event !== undefined; event = cursor.take()) {
      if (event.type === 'track') {
        this.#timescales.set(event.track.kind, event.track.timescale);
        broadcast.presentation.expect(event.track.kind);
      } else if (event.type === 'sample') {
        const timescale = this.#timescales.get(event.sample.kind);
        if (timescale !== undefined) this.#publication.arrived(event.sample, timescale);
      }
      this.#apply(packager.push(event));
      if (event.type === 'sample' && event.sample.kind === 'video') this.#lead(event.sample);
    }
  }

  #lead({ pts }: Sample): void {
    const timescale = this.#timescales.get('video');
    if (timescale === undefined) return;
    for (const rung of this.#rungs.values()) rung.packager?.leadTo(pts / timescale);
  }

  #drainRungs(): void {
    for (const [name, feed] of this.#settings.feed.rungs) this.#drainRung(name, feed);
  }

  #drainRung(name: string, feed: Feed): void {
    const rung = this.#rung(name, feed);
    rung.packager ??= this.#openRung(name);
    if (rung.packager === undefined) return;
    const { cursor, packager } = rung;
    for (let event = cursor.take(); event !== undefined; event = cursor.take()) {
      packager.push(event);
    }
  }

  #rung(name: string, feed: Feed): Rung {
    let rung = this.#rungs.get(name);
    if (rung === undefined) {
      rung = { feed, cursor: feed.read(), packager: undefined };
      this.#rungs.set(name, rung);
      this.#settings.broadcast.presentation.expect(name);
    }
    return rung;
  }

  #openRung(name: string): RungPackager | undefined {
    const rung = this.#settings.packager.openRung(name, (event) => this.#publication.apply(event));
    const { newest } = this.#leading;
    if (newest !== undefined) rung?.cut(newest);
    return rung;
  }

  #apply(events: readonly PackagedEvent[]): void {
    const { broadcast, packager } = this.#settings;
    for (const event of events) {
      const segment = this.#leading.take(event);
      if (segment !== undefined) {
        for (const rung of this.#rungs.values()) rung.packager?.cut(segment);
      }
      if (event.type === 'segment') {
        broadcast.presentation.independentSegments = packager.independentSegments;
      }
      this.#publication.apply(event);
      // Rungs can be packaged from here on, and cuts come next.
      if (event.type === 'targets') this.#drainRungs();
    }
  }
}

/** Waits for what may never come, and wakes who waits for it when that is long enough. */
class Patience {
  readonly #clock: Clock;
  readonly #feed: Feed;
  #cancel: Cancel | undefined;
  #isOver = false;

  constructor(clock: Clock, feed: Feed) {
    this.#clock = clock;
    this.#feed = feed;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  start(delayMs: number): void {
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#isOver = true;
      this.#feed.changed.raise();
    });
  }

  end(): void {
    this.#cancel?.();
  }
}
