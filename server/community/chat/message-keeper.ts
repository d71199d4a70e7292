/**
 * Writes what was said into the database behind the rooms: in batches, in order, and without a room
 * ever waiting for it. Whoever was promised that a message is kept is told when it is, or that it
 * is not yet.
 *
 * I1. At most `MOST_PENDING` entries wait; one more is not kept, and its author is told so.
 * I2. A batch that failed for want of a database is tried again, first in line, until it is kept.
 */
import type { Cancel, Clock, Log } from '../../base/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import type { ChatStore, UnkeptEntry } from './chat-store.ts';

/** A minute of a storm without a database. */
const MOST_PENDING = 30_000;
const BATCH_ENTRIES = 500;
/** From the beginning of one batch to the next: each is a transaction. */
const BATCH_EVERY_MS = 100;
const RETRY_MS = 1000;
/** After so long an author is told that the message is not kept yet. */
const ANSWER_MS = 2000;

interface Pending {
  readonly unkept: UnkeptEntry;
  answer: ((isKept: boolean) => void) | undefined;
}

/** See the top of the file. */
export class MessageKeeper {
  readonly #store: ChatStore;
  readonly #clock: Clock;
  readonly #log: Log;
  #queue: Pending[] = [];
  readonly #byRoom = new Map<string, number>();
  #running: Promise<void> | undefined;
  #cancel: Cancel | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #isAway = false;
  #isClosing = false;
  #lost = 0;

  constructor({ store, clock, log }: { store: ChatStore; clock: Clock; log: Log }) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /** Entries that wait, and those that were never kept. */
  get tally(): { readonly pending: number; readonly lost: number } {
    return { pending: this.#queue.length, lost: this.#lost };
  }

  /** Whether something of the room waits. */
  holds(streamId: string): boolean {
    return this.#byRoom.has(streamId);
  }

  /** Resolves with true once the entry is kept; with false when that takes long or cannot be. */
  keep(unkept: UnkeptEntry): Promise<boolean> {
    if (this.#queue.length >= MOST_PENDING || this.#isClosing) {
      this.#lose(1);
      return Promise.resolve(false);
    }
    const { streamId } = unkept;
    this.#byRoom.set(streamId, (this.#byRoom.get(streamId) ?? 0) + 1);
    return new Promise((resolve) => {
      // While the database is away nobody waits for it.
      this.#queue.push({ unkept, answer: this.#isAway ? undefined : resolve });
      if (this.#isAway) resolve(false);
      this.#wake();
    });
  }

  /** Keeps what waits, as far as the database takes it, and takes no more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#cancel?.();
    await this.#running;
    while (this.#queue.length > 0 && !this.#isAway) await this.#writeBatch();
    this.#lose(this.#queue.length);
    this.#answer(this.#queue, false);
    this.#queue = [];
    this.#byRoom.clear();
  }

  #wake(): void {
    if (this.#running !== undefined || this.#cancel !== undefined || this.#isClosing) return;
    if (this.#queue.length === 0) return;
    const sinceMs = this.#clock.monotonicMs() - this.#lastMs;
    const waitMs = this.#isAway ? RETRY_MS : Math.max(0, BATCH_EVERY_MS - sinceMs);
    this.#cancel = this.#clock.after(waitMs, () => {
      this.#cancel = undefined;
      this.#running = this.#writeBatch().finally(() => {
        this.#running = undefined;
        this.#wake();
      });
    });
  }

  /** Never rejects. */
  async #writeBatch(): Promise<void> {
    this.#lastMs = this.#clock.monotonicMs();
    const batch = this.#queue.slice(0, BATCH_ENTRIES);
    const cancel = this.#clock.after(ANSWER_MS, () => this.#answer(this.#queue, false));
    try {
      await this.#write(batch);
      if (this.#isAway) this.#log.info({ waiting: this.#queue.length }, 'chat is kept again');
      this.#isAway = false;
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) {
        if (!this.#isAway) this.#log.warn({ error }, 'chat cannot be kept for now');
        this.#isAway = true;
        this.#answer(this.#queue, false);
      } else {
        this.#log.error({ error }, 'chat message could not be kept');
        this.#lose(1);
        this.#drop(this.#queue.slice(0, 1), false);
      }
    } finally {
      cancel();
    }
  }

  /** What the database does not take for what it is must not take others along. */
  async #write(batch: readonly Pending[]): Promise<void> {
    const now = new Date(this.#clock.epochMs());
    try {
      await this.#store.write(
        batch.map(({ unkept }) => unkept),
        now,
      );
      this.#drop(batch, true);
    } catch (error) {
      if (batch.length === 1 || error instanceof DatabaseUnavailableError) throw error;
      for (const each of batch) await this.#write([each]);
    }
  }

  #drop(batch: readonly Pending[], isKept: boolean): void {
    this.#queue = this.#queue.slice(batch.length);
    for (const { unkept } of batch) {
      const left = (this.#byRoom.get(unkept.streamId) ?? 1) - 1;
      if (left === 0) this.#byRoom.delete(unkept.streamId);
      else this.#byRoom.set(unkept.streamId, left);
    }
    this.#answer(batch, isKept);
  }

  #answer(pending: readonly Pending[], isKept: boolean): void {
    for (const each of pending) {
      each.answer?.(isKept);
      each.answer = undefined;
    }
  }

  #lose(count: number): void {
    if (count > 0 && this.#lost === 0) this.#log.error({ count }, 'chat messages are not kept');
    this.#lost += count;
  }
}
