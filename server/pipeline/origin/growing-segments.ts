import type { Cancel, Clock, RightOfWay, Signal } from '../../base/index.ts';
import type { MediaRing } from '../../live/index.ts';
import type { BodyReader, BodyRest } from './delivery.ts';
import { type HeldCount, MAX_HELD } from './hold-list.ts';

/** What the segments of one rendition are followed by. */
export interface GrowthSettings {
  readonly ring: MediaRing;
  /** Raised after each part and each end of a segment. */
  readonly changed: Signal;
  readonly clock: Clock;
  /** Readers count among the held requests. */
  readonly count: HeldCount;
  /** How long a segment may stand still before its readers are let go. */
  readonly patienceMs: () => number;
  /** Taken when a part that was waited for is there. */
  readonly rightOfWay: RightOfWay;
}

/** One segment being made and who reads it: all have been sent the same parts. */
interface Followed {
  readonly readers: Set<BodyReader>;
  sentParts: number;
  cancelPatience: Cancel;
}

/**
 * Sends the parts of segments being made to those who asked for the whole segment, as they come.
 * A reader costs one entry, a part one pass. Slow readers are for the transport to drop: what it
 * queues for one is bounded by the segment.
 */
export class GrowingSegments {
  readonly #settings: GrowthSettings;
  readonly #followed = new Map<number, Followed>();
  #watching = false;

  constructor(settings: GrowthSettings) {
    this.#settings = settings;
  }

  /** Whether one more reader may come. */
  get hasRoom(): boolean {
    return this.#settings.count.now < MAX_HELD;
  }

  /** The parts of segment `msn` so far and what brings the others; undefined unless it grows. */
  open(
    msn: number,
  ): { readonly parts: readonly Uint8Array[]; readonly rest: BodyRest } | undefined {
    this.#flush();
    const { parts, state } = this.#settings.ring.growth(msn);
    if (state !== 'growing') return undefined;
    const sentParts = parts.length;
    return {
      parts: parts.slice(),
      rest: { follow: (reader) => this.#follow(msn, sentParts, reader) },
    };
  }

  /** Lets go of all readers, for shutting down. */
  release(): void {
    for (const msn of [...this.#followed.keys()]) this.#finish(msn, 'fail');
  }

  #follow(msn: number, sentParts: number, reader: BodyReader): Cancel {
    this.#flush();
    const { parts, state } = this.#settings.ring.growth(msn);
    for (const part of parts.slice(sentParts)) reader.take(part);
    if (state !== 'growing') {
      if (state === 'whole') reader.end();
      else reader.fail();
      return () => {};
    }
    let followed = this.#followed.get(msn);
    if (followed === undefined) {
      followed = { readers: new Set(), sentParts: parts.length, cancelPatience: () => {} };
      this.#followed.set(msn, followed);
      this.#arm(msn, followed);
    }
    followed.readers.add(reader);
    this.#settings.count.now += 1;
    this.#watch();
    return () => this.#forget(msn, reader);
  }

  #forget(msn: number, reader: BodyReader): void {
    const followed = this.#followed.get(msn);
    if (!followed?.readers.delete(reader)) return;
    this.#settings.count.now -= 1;
    if (followed.readers.size > 0) return;
    followed.cancelPatience();
    this.#followed.delete(msn);
  }

  /** One loop serves all: it runs while anybody reads. */
  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    void this.#settings.changed.next().then(() => {
      this.#watching = false;
      this.#flush();
      if (this.#followed.size > 0) this.#watch();
    });
  }

  #flush(): void {
    for (const [msn, followed] of this.#followed) {
      const { parts, state } = this.#settings.ring.growth(msn);
      if (parts.length > followed.sentParts) this.#arm(msn, followed);
      while (followed.sentParts < parts.length) {
        const part = parts[followed.sentParts];
        followed.sentParts += 1;
        if (part === undefined) break;
        this.#settings.rightOfWay.take();
        for (const reader of [...followed.readers]) reader.take(part);
      }
      if (state !== 'growing') this.#finish(msn, state === 'whole' ? 'end' : 'fail');
    }
  }

  #finish(msn: number, how: 'end' | 'fail'): void {
    const followed = this.#followed.get(msn);
    if (followed === undefined) return;
    this.#followed.delete(msn);
    followed.cancelPatience();
    this.#settings.count.now -= followed.readers.size;
    for (const reader of followed.readers) reader[how]();
  }

  #arm(msn: number, followed: Followed): void {
    followed.cancelPatience();
    const { clock, patienceMs } = this.#settings;
    followed.cancelPatience = clock.after(patienceMs(), () => this.#finish(msn, 'fail'));
  }
}
