import { assert } from '../../base/index.ts';
import type { SharedEntry } from './redis-record.ts';

/** Latest entries by which a server and a Redis that forgot find where they agree. */
const MOST_AGREED = 500;

/**
 * The latest entries of a room: enough to know where Redis and this server agree, and all that
 * Redis does not have.
 */
export class EntryTail {
  /** Consecutive, oldest first, up to `#seq`. */
  #entries: SharedEntry[] = [];
  #seq: number;

  /** Of a room whose last number is `seq`. */
  constructor(seq: number) {
    this.#seq = seq;
  }

  /** The last number. */
  get seq(): number {
    return this.#seq;
  }

  /** The number before the first entry held. */
  get floorSeq(): number {
    return this.#seq - this.#entries.length;
  }

  /** Adds the next entry. */
  append(entry: SharedEntry): void {
    const { seq } = entry.numbered.entry;
    assert(seq === this.#seq + 1, `Cannot append entry ${seq}: ${this.#seq} is the last`);
    this.#seq = seq;
    this.#entries.push(entry);
  }

  /** The entry with this number, if it is held. */
  at(seq: number): SharedEntry | undefined {
    return this.#entries[seq - this.floorSeq - 1];
  }

  /** Entries held with numbers above `seq`. */
  behind(seq: number): readonly SharedEntry[] {
    return this.#entries.slice(Math.max(0, seq - this.floorSeq));
  }

  /** Entries held up to `seq`, as many as are of use. */
  upTo(seq: number): readonly SharedEntry[] {
    return this.#entries.slice(0, Math.max(0, seq - this.floorSeq)).slice(-MOST_AGREED);
  }

  /** Begins anew with entries that follow `seq`, up to which it keeps what it has if `isAgreed`. */
  restart(seq: number, entries: readonly SharedEntry[], isAgreed: boolean): void {
    const isHeld = isAgreed && seq <= this.#seq;
    const before = isHeld ? this.#entries.slice(0, Math.max(0, seq - this.floorSeq)) : [];
    this.#entries = [...before, ...entries].slice(-MOST_AGREED);
    this.#seq = seq + entries.length;
  }

  /** Forgets what is of no use once Redis has everything; not at every call, since it costs. */
  trim(): void {
    if (this.#entries.length > 2 * MOST_AGREED) this.#entries = this.#entries.slice(-MOST_AGREED);
  }

  /** Forgets the oldest `count`. */
  drop(count: number): void {
    this.#entries = this.#entries.slice(count);
  }
}
