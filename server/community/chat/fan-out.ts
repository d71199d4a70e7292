/**
 * Sends what is in a room's log to everybody who reads it. A batch is framed once and the same bytes
 * go to every reader, a slice of them at a time. A large one is spread over most of the time until the
 * next: in one burst it would be before whatever else goes to the same people.
 *
 *              join                    nothing behind
 *     (none) ------> catching up ---------------------> live --too slow, left--> gone
 *                     |  ^   | the log has moved past it: resync ^
 *                     +--+   +-----------------------------------+
 *                     drained
 *
 * When servers that were apart put together what was said meanwhile, everybody is moved back to where
 * they agree, and catches up from there.
 *
 * I1. A live reader was sent everything up to `#sentSeq`, or is in the slices still to come of the
 *     batch that ends there.
 * I2. What waits for one reader is at most `MOST_UNSENT_BYTES` and one batch.
 */
import type { ChatCloseReason, ChatEntry, ChatFrame } from '../../../contract/index.ts';
import type { Cancel, Clock } from '../../base/index.ts';
import type { BatchPace } from './batch-pace.ts';
import type { Audience } from './bus.ts';
import { fairSample } from './fair-sample.ts';
import type { Reader } from './reader.ts';
import type { LoggedEntry, RoomLog } from './room-log.ts';
import { inSlices } from './slices.ts';
import { frameOf, listFrame } from './text-frame.ts';

/** With more than this unsent a reader is too slow: minutes of a busy room. */
export const MOST_UNSENT_BYTES = 256 * 1024;
/** Who catches up is sent more only below this. */
const CATCH_UP_BYTES = 64 * 1024;
const CATCH_UP_ENTRIES = 100;
/** What one reader is sent at once when everybody is moved, about: pages of what it has missed. */
const MOVED_BYTES = 32 * 1024;
/** Messages that who comes is shown. */
export const WELCOME_MESSAGES = 50;

/** One reader's seat in a room. */
interface Seat {
  readonly reader: Reader;
  state: 'catching up' | 'live' | 'moved' | 'gone';
  /** While catching up: the last number sent. */
  seq: number;
  /** While live: where it is in the list. */
  index: number;
}

/** What a room gives its fan-out. */
export interface FanOutSettings {
  readonly log: RoomLog;
  readonly pace: BatchPace;
  readonly clock: Clock;
  /** 0 to below 1. */
  readonly random: () => number;
  /** Runs a task after others had their turn; see `RightOfWay`. */
  readonly yieldTo: (task: () => void) => void;
  /** Whether a reader is shown what is for moderators. */
  readonly isModerator: (reader: Reader) => boolean;
}

/** See the top of the file. */
export class FanOut {
  readonly #settings: FanOutSettings;
  readonly #seats = new Map<Reader, Seat>();
  /** Without their seats: each thing that a write passes through is one more to fetch from memory. */
  #live: Reader[] = [];
  /** Connections by author's id and by lower-case name: whose messages are never left out. */
  readonly #known = new Map<string, Set<Reader>>();
  /** Readers that have seen more than was sent here: they came from another server. */
  readonly #early = new Set<Seat>();
  #sentSeq: number;
  #cancel: Cancel | undefined;
  #isSending = false;
  #isLate = false;
  /** How often everybody was moved: frames of before are of no use then. */
  #moves = 0;
  #history: { readonly seq: number; readonly frame: Buffer } | undefined;

  constructor(settings: FanOutSettings) {
    this.#settings = settings;
    this.#sentSeq = settings.log.lastSeq;
  }

  /** Readers now. */
  get size(): number {
    return this.#seats.size;
  }

  /** The last number that everybody was sent, or is being sent; see I1. */
  get sentSeq(): number {
    return this.#sentSeq;
  }

  /** Takes a reader that has seen everything up to `seq`, or is to be shown recent history. */
  join(reader: Reader, seq: number | undefined): void {
    const seat: Seat = { reader, state: 'catching up', seq: seq ?? this.#sentSeq, index: -1 };
    this.#seats.set(reader, seat);
    for (const key of keysOf(reader)) {
      const known = this.#known.get(key);
      if (known === undefined) this.#known.set(key, new Set([reader]));
      else known.add(reader);
    }
    if (seq === undefined) reader.write(this.#historyFrame());
    this.#catchUp(seat);
  }

  /** Lets a reader go. */
  leave(reader: Reader): void {
    const seat = this.#seats.get(reader);
    if (seat === undefined) return;
    this.#seats.delete(reader);
    for (const key of keysOf(reader)) {
      const known = this.#known.get(key);
      known?.delete(reader);
      if (known?.size === 0) this.#known.delete(key);
    }
    if (seat.state === 'live') this.#takeOff(seat);
    this.#early.delete(seat);
    seat.state = 'gone';
  }

  /** The log has one more entry. */
  arrived(): void {
    const { pace, clock } = this.#settings;
    const delayMs = pace.arrived(clock.monotonicMs(), this.#seats.size);
    if (this.#cancel !== undefined) return;
    if (this.#isSending) {
      this.#isLate = true;
    } else if (delayMs === 0) {
      this.#flush();
    } else {
      this.#flushIn(delayMs);
    }
  }

  /** The connections of an author. */
  readersOf(authorId: string): readonly Reader[] {
    return [...(this.#known.get(`id ${authorId}`) ?? [])];
  }

  /** The log has other entries behind `seq` than were sent: everybody begins anew there. */
  rebase(seq: number): void {
    const { log } = this.#settings;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#moves += 1;
    this.#sentSeq = log.lastSeq;
    this.#history = undefined;
    this.#live = [];
    this.#early.clear();
    for (const seat of this.#seats.values()) seat.state = 'moved';
    const moves = this.#moves;
    const resync = frameOf({ type: 'resync', reason: 'merged', epoch: log.epoch });
    const recent = log.recent(WELCOME_MESSAGES, seq);
    const history = listFrame('history', recent, { seq, skipped: 0 });
    const work = {
      all: [...this.#seats.values()],
      sizeBytes: MOVED_BYTES,
      spreadMs: 0,
      task: (seat: Seat) => {
        if (seat.state !== 'moved') return;
        seat.reader.write(resync);
        seat.reader.write(history);
        seat.seq = seq;
        seat.state = 'catching up';
        this.#catchUp(seat);
      },
      // Whoever is moved once more is told so by that.
      isWanted: () => moves === this.#moves,
      done: () => {},
    };
    inSlices(work, this.#settings);
  }

  /** Sends a frame that has no number to those it is for. */
  tell(value: ChatFrame, to: Audience): void {
    const frame = frameOf(value);
    const work = {
      all: this.#audience(to),
      sizeBytes: frame.length,
      spreadMs: 0,
      task: (reader: Reader) => this.#write(reader, frame),
      isWanted: () => true,
      done: () => {},
    };
    inSlices(work, this.#settings);
  }

  #audience(to: Audience): readonly Reader[] {
    if (typeof to === 'object') return this.readersOf(to.authorId);
    const readers = [...this.#seats.keys()];
    return to === 'everybody' ? readers : readers.filter(this.#settings.isModerator);
  }

  /** Ends everybody's connection. */
  sendAway(reason: ChatCloseReason): void {
    for (const reader of [...this.#seats.keys()]) {
      this.leave(reader);
      reader.close(reason);
    }
  }

  /** Ends what is still to be sent. */
  close(): void {
    this.#cancel?.();
    this.#isLate = false;
    this.#moves += 1;
    for (const reader of [...this.#seats.keys()]) this.leave(reader);
  }

  #flushIn(delayMs: number): void {
    this.#cancel = this.#settings.clock.after(delayMs, () => {
      this.#cancel = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    const { log, pace, clock } = this.#settings;
    const batch = log.behind(this.#sentSeq, log.lastSeq, Number.MAX_SAFE_INTEGER);
    if (batch.length === 0) return;
    const budget = pace.sent(clock.monotonicMs(), batch.length);
    const { lastSeq: seq } = log;
    this.#sentSeq = seq;
    const { shared, own } = this.#framesOf(batch, seq, budget);
    const moves = this.#moves;
    this.#isSending = true;
    const readers = this.#live.slice();
    // Whoever becomes live now is sent this batch by that.
    for (const seat of this.#early) this.#catchUp(seat);
    const work = {
      all: readers,
      sizeBytes: shared.length,
      spreadMs: pace.spreadMs(clock.monotonicMs(), this.#seats.size),
      task: (reader: Reader) => this.#write(reader, own?.(reader) ?? shared),
      isWanted: () => moves === this.#moves,
      done: () => this.#flushed(),
    };
    inSlices(work, this.#settings);
  }

  #flushed(): void {
    const { pace, clock } = this.#settings;
    const nowMs = clock.monotonicMs();
    pace.done(nowMs);
    this.#isSending = false;
    if (!this.#isLate) return;
    this.#isLate = false;
    this.#flushIn(pace.delayMs(nowMs, this.#seats.size));
  }

  /**
   * The frame for everybody, and how to make those of the few who would miss something of their
   * own: each when its turn comes, since hundreds in one go would take as long as a slice.
   */
  #framesOf(batch: readonly LoggedEntry[], seq: number, budget: number) {
    const shown = batch.filter((logged) => !this.#settings.log.isRemoved(logged));
    const epoch = this.#newEpochOf(batch);
    if (shown.length <= budget) {
      return { shared: listFrame('entries', shown, { seq, skipped: 0, epoch }), own: undefined };
    }
    const { random } = this.#settings;
    const entries = shown.map(({ entry }) => entry);
    const chosen = fairSample(entries, budget, random);
    const sample = (also: ReadonlySet<number> | undefined): Buffer => {
      const list = shown.filter(
        ({ entry }) => chosen.has(entry.seq) || also?.has(entry.seq) === true,
      );
      return listFrame('entries', list, { seq, skipped: shown.length - list.length, epoch });
    };
    const concerned = this.#concerned(entries, chosen);
    const own = (reader: Reader): Buffer | undefined => {
      const also = concerned.get(reader);
      return also === undefined ? undefined : sample(also);
    };
    return { shared: sample(undefined), own };
  }

  /** The run of the batch's last entry, where a reader may know another one. */
  #newEpochOf(batch: readonly LoggedEntry[]): string | undefined {
    const first = batch[0]?.entry.seq ?? 0;
    return first <= this.#settings.log.turnSeq ? batch.at(-1)?.epoch : undefined;
  }

  /** Who wrote or is named in a message that was left out, and which. */
  #concerned(entries: readonly ChatEntry[], chosen: ReadonlySet<number>) {
    const concerned = new Map<Reader, Set<number>>();
    for (const entry of entries) {
      if (chosen.has(entry.seq) || entry.type !== 'message') continue;
      for (const key of concernedBy(entry)) {
        for (const reader of this.#known.get(key) ?? []) {
          const also = concerned.get(reader);
          if (also === undefined) concerned.set(reader, new Set([entry.seq]));
          else also.add(entry.seq);
        }
      }
    }
    return concerned;
  }

  #write(reader: Reader, frame: Buffer): void {
    if (reader.write(frame) || reader.unsentBytes <= MOST_UNSENT_BYTES) return;
    this.leave(reader);
    reader.close('too_slow');
  }

  /** Sends what is behind the reader's place, no faster than it reads, until it is live. */
  #catchUp(seat: Seat): void {
    const { log } = this.#settings;
    const { reader } = seat;
    while (seat.state === 'catching up') {
      if (seat.seq > this.#sentSeq) {
        this.#early.add(seat);
        return;
      }
      this.#early.delete(seat);
      if (seat.seq < log.floorSeq) {
        reader.write(frameOf({ type: 'resync', reason: 'too_old' }));
        reader.write(this.#historyFrame());
        seat.seq = this.#sentSeq;
      }
      const page = log.behind(seat.seq, this.#sentSeq, CATCH_UP_ENTRIES);
      const last = page.at(-1);
      if (last === undefined) {
        seat.state = 'live';
        seat.index = this.#live.push(reader) - 1;
        return;
      }
      seat.seq = last.entry.seq;
      const shown = page.filter((logged) => !log.isRemoved(logged));
      const epoch = this.#newEpochOf(page);
      reader.write(listFrame('entries', shown, { seq: seat.seq, skipped: 0, epoch }));
      if (reader.unsentBytes > CATCH_UP_BYTES) {
        reader.whenDrained(() => this.#catchUp(seat));
        return;
      }
    }
  }

  /** Fills the seat's place with the last one. */
  #takeOff(seat: Seat): void {
    const last = this.#live.pop();
    if (last === undefined || last === seat.reader) return;
    const moved = this.#seats.get(last);
    if (moved !== undefined) moved.index = seat.index;
    this.#live[seat.index] = last;
  }

  #historyFrame(): Buffer {
    const seq = this.#sentSeq;
    if (this.#history?.seq !== seq) {
      const recent = this.#settings.log.recent(WELCOME_MESSAGES);
      const sent = recent.filter(({ entry }) => entry.seq <= seq);
      this.#history = { seq, frame: listFrame('history', sent, { seq, skipped: 0 }) };
    }
    return this.#history.frame;
  }
}

function keysOf({ authorId, name }: Reader): readonly string[] {
  return [`id ${authorId}`, `name ${name.toLowerCase()}`];
}

function concernedBy({ author, fragments }: ChatEntry & { readonly type: 'message' }): string[] {
  const keys = [`id ${author.id}`];
  for (const fragment of fragments) {
    if (fragment.type === 'mention') keys.push(`name ${fragment.name.toLowerCase()}`);
  }
  return keys;
}
