/**
 * What a room remembers: the last entries by their numbers, and what a client that comes back has
 * missed.
 *
 * I1. Numbers of entries held are consecutive.
 * I2. The last `HOT_ENTRIES` are held, and beyond them those of the last `RESUME_MS`, up to
 *     `MOST_ENTRIES`.
 * I3. A client that is told an entry is told all behind it: either everything behind its position
 *     is held, or it is told that it is not.
 */
import type {
  ChatAuthor,
  ChatEntry,
  ChatMessage,
  ChatPosition,
  ResyncReason,
} from '../../../contract/index.ts';
import { assert } from '../../base/index.ts';

/** Entries held however old they are. */
export const HOT_ENTRIES = 200;
/** How long a client may be away during a storm and still be given what it missed. */
export const RESUME_MS = 120_000;
/** Entries held at most: about 10 MB, and twenty seconds of 500 messages a second. */
export const MOST_ENTRIES = 10_000;
/** What a trim leaves behind may wait for the next one: moving the array costs. */
const TRIM_EVERY = 256;

/** An entry with what is needed to send it again. */
export interface LoggedEntry {
  readonly entry: ChatEntry;
  /** Which run of the room numbered it. */
  readonly epoch: string;
  /** Monotonic milliseconds. */
  readonly atMs: number;
  /** The entry as JSON, written once. */
  readonly json: string;
  /** What its author called it; null: nothing. */
  readonly nonce: string | null;
}

/** See the top of the file. */
export class RoomLog {
  #epoch: string;
  /** The number of the first entry of the run `#epoch`. */
  #turnSeq: number;
  /** Oldest first; index 0 has the number `#firstSeq`. */
  #entries: LoggedEntry[] = [];
  #firstSeq: number;
  readonly #removed = new Set<string>();
  /** By author: all messages before this number are to be shown no more. */
  readonly #purged = new Map<string, number>();
  /** The same for every author. */
  #clearedSeq = 0;

  /** A room that goes on behind `lastSeq`. */
  constructor(epoch: string, lastSeq: number) {
    this.#epoch = epoch;
    this.#firstSeq = lastSeq + 1;
    this.#turnSeq = this.#firstSeq;
  }

  /** The run of the last entry, or of the next one where none is known. */
  get epoch(): string {
    return this.#epoch;
  }

  /** The first number of that run: who was told less knows another one. */
  get turnSeq(): number {
    return this.#turnSeq;
  }

  /** The next entries are of another run. */
  turn(epoch: string): void {
    this.#epoch = epoch;
    this.#turnSeq = this.lastSeq + 1;
  }

  /**
   * Forgets everything behind `seq`, which is what the next entry follows; and what lies before it
   * as well, unless it `isAgreed`.
   */
  cut(seq: number, isAgreed: boolean): void {
    const isHeld = isAgreed && seq >= this.floorSeq && seq <= this.lastSeq;
    this.#entries = isHeld ? this.#entries.slice(0, seq - this.floorSeq) : [];
    this.#firstSeq = seq + 1 - this.#entries.length;
    this.turn(this.#entries.at(-1)?.epoch ?? this.#epoch);
    this.#clearedSeq = Math.min(this.#clearedSeq, seq);
    for (const [authorId, purgedSeq] of this.#purged) {
      if (purgedSeq > seq) this.#purged.set(authorId, seq);
    }
  }

  /** The number of the last entry; 0: none was ever. */
  get lastSeq(): number {
    return this.#firstSeq + this.#entries.length - 1;
  }

  /** Adds the next entry: its number is `lastSeq + 1`. */
  append(logged: LoggedEntry): void {
    const { seq } = logged.entry;
    assert(seq === this.lastSeq + 1, `Cannot append entry ${seq}: ${this.lastSeq} is the last`);
    if (logged.epoch !== this.#epoch) this.turn(logged.epoch);
    this.#entries.push(logged);
    this.#hide(logged.entry);
    this.#trim(logged.atMs);
  }

  /** The latest messages up to `toSeq` that are still to be shown, oldest first. */
  recent(limit: number, toSeq = this.lastSeq): readonly LoggedEntry[] {
    const found: LoggedEntry[] = [];
    for (let index = toSeq - this.#firstSeq; index >= 0 && found.length < limit; index -= 1) {
      const logged = this.#entries[index];
      if (logged !== undefined && this.#isShown(logged)) found.push(logged);
    }
    return found.reverse();
  }

  /** Whether everything behind `position` is held; else why not. */
  resumable({ epoch, seq }: ChatPosition): true | ResyncReason {
    if (seq > this.lastSeq) return epoch === this.#epoch ? 'not_yet' : 'other_epoch';
    // What lay before the first entry held is known by nothing but its epoch.
    const isHeld = seq >= this.#firstSeq;
    const numberedBy = isHeld ? this.#at(seq)?.epoch : undefined;
    if (epoch !== this.#epoch && numberedBy !== epoch) return 'other_epoch';
    return seq >= this.#firstSeq - 1 ? true : 'too_old';
  }

  /**
   * Up to `limit` entries behind `seq`, up to and with `toSeq`. A message that was removed is not
   * among them, nor is anything before what is held.
   */
  behind(seq: number, toSeq: number, limit: number): readonly LoggedEntry[] {
    const begin = Math.max(0, seq + 1 - this.#firstSeq);
    const end = Math.min(toSeq + 1 - this.#firstSeq, begin + limit);
    return this.#entries.slice(begin, Math.max(begin, end));
  }

  /** Whether a removed message is what this is; it has a number and nothing to show. */
  isRemoved({ entry }: LoggedEntry): boolean {
    if (entry.type !== 'message') return false;
    const { id, seq, author } = entry;
    if (seq < this.#clearedSeq || this.#removed.has(id)) return true;
    return seq < (this.#purged.get(author.id) ?? 0);
  }

  /** The number before the first entry held: a reader at or behind it can go on from the log. */
  get floorSeq(): number {
    return this.#firstSeq - 1;
  }

  /** The message held with this id, and whether it is still to be shown. */
  find(id: string): { readonly message: ChatMessage; readonly isShown: boolean } | undefined {
    for (let index = this.#entries.length - 1; index >= 0; index -= 1) {
      const logged = this.#entries[index];
      if (logged?.entry.type !== 'message' || logged.entry.id !== id) continue;
      return { message: logged.entry, isShown: !this.isRemoved(logged) };
    }
    return undefined;
  }

  #hide(entry: ChatEntry): void {
    if (entry.type === 'removal') {
      for (const id of entry.ids) this.#removed.add(id);
    } else if (entry.type === 'purge') {
      this.#purged.delete(entry.authorId);
      this.#purged.set(entry.authorId, entry.seq);
    } else if (entry.type === 'clear') {
      this.#clearedSeq = entry.seq;
    }
  }

  /**
   * Who wrote with this id, else whoever wrote last under this name, in whatever case: nobody is
   * meant in another's place by taking that one's id as a name.
   */
  authorNamed(name: string): ChatAuthor | undefined {
    const sought = name.toLowerCase();
    return (
      this.#lastAuthor((author) => author.id === name) ??
      this.#lastAuthor((author) => author.name.toLowerCase() === sought)
    );
  }

  #lastAuthor(isSought: (author: ChatAuthor) => boolean): ChatAuthor | undefined {
    for (let index = this.#entries.length - 1; index >= 0; index -= 1) {
      const entry = this.#entries[index]?.entry;
      if (entry?.type === 'message' && isSought(entry.author)) return entry.author;
    }
    return undefined;
  }

  #at(seq: number): LoggedEntry | undefined {
    return this.#entries[seq - this.#firstSeq];
  }

  #isShown(logged: LoggedEntry): boolean {
    return logged.entry.type === 'message' && !this.isRemoved(logged);
  }

  /** What was removed when it was held no more, or has been cut off since. */
  #forgetRemoved(): void {
    const gone = new Set(this.#removed);
    for (const { entry } of this.#entries) if (entry.type === 'message') gone.delete(entry.id);
    for (const id of gone) this.#removed.delete(id);
  }

  #trim(nowMs: number): void {
    const spare = this.#entries.length - HOT_ENTRIES;
    if (spare < TRIM_EVERY) return;
    let cut = Math.max(0, this.#entries.length - MOST_ENTRIES);
    while (cut < spare && (this.#entries[cut]?.atMs ?? nowMs) < nowMs - RESUME_MS) cut += 1;
    if (cut === 0 || (cut < TRIM_EVERY && this.#entries.length <= MOST_ENTRIES)) return;
    for (const { entry } of this.#entries.slice(0, cut)) {
      if (entry.type === 'message') this.#removed.delete(entry.id);
    }
    this.#entries = this.#entries.slice(cut);
    this.#firstSeq += cut;
    if (this.#removed.size > TRIM_EVERY) this.#forgetRemoved();
    for (const [authorId, seq] of this.#purged) {
      if (seq >= this.#firstSeq) break;
      this.#purged.delete(authorId);
    }
  }
}
