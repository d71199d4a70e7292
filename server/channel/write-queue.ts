/**
 * Changes that are so already, on their way into the database: in order, one transaction each. A
 * broadcast cannot wait for a database, so what becomes of it is decided in memory and written
 * behind it; while the database is away they wait here and are tried again.
 */
import type { Cancel, Clock, Log } from '../base/index.ts';
import {
  type Database,
  DatabaseUnavailableError,
  type Queryable,
  UniqueViolationError,
} from '../store/sql/index.ts';

/**
 * Changes that wait; some 2 KiB each. An hour's outage with three of them a second. Past it, steps in
 * the middle of broadcasts are left out, then whole broadcasts that are over.
 */
const MAX_WAITING = 10_000;
/** The end of a broadcast is taken even so; nothing is past this. */
const MOST_TIMES_OVER = 2;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** What a queue works with. */
export interface WriteQueueSettings {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxWaiting?: number;
}

/**
 * Writes a change. It is run again when it is not known whether it was kept, so it must end in a
 * `UniqueViolationError` the second time, which is taken for "it was": an event with the same id
 * does that.
 */
export type Write = (transaction: Queryable) => Promise<void>;

/** Which part of what a change is, so that it is known what can be left out when too many wait. */
export interface WritePlace {
  /** The broadcast that it is a part of. */
  readonly broadcastId: string;
  readonly part: 'first' | 'middle' | 'last';
}

interface Waiting {
  readonly write: Write;
  readonly place: WritePlace | undefined;
  readonly kept: PromiseWithResolvers<void>;
}

/** See the top of the file. */
export class WriteQueue {
  readonly #settings: WriteQueueSettings;
  #waiting: Waiting[] = [];
  #working: Promise<void> | undefined;
  #isStalled = false;
  #isClosed = false;
  #isFull = false;
  #lost = 0;
  #wake: (() => void) | undefined;

  constructor(settings: WriteQueueSettings) {
    this.#settings = settings;
  }

  /** Changes that are not in the database yet. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Whether so many wait that something has been left out; until half of them are written. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Changes that will never be in the database: too many waited, or they failed by our fault. */
  get lost(): number {
    return this.#lost;
  }

  /**
   * Takes a change. The promise resolves when it would survive a crash. It rejects with
   * `DatabaseUnavailableError` as soon as the database is known to be away, though the change is
   * written later all the same; whoever does not wait need not look at it. When too many wait, what
   * matters least is left out: see `WritePlace`. A change without one is never left out for another.
   */
  add(write: Write, place?: WritePlace): Promise<void> {
    const kept = Promise.withResolvers<void>();
    kept.promise.catch(() => undefined);
    const added: Waiting = { write, place, kept };
    if (!this.#hasRoom(place)) {
      this.#leaveOut([added]);
      return kept.promise;
    }
    this.#waiting.push(added);
    if (this.#isStalled) kept.reject(unavailable());
    this.#working ??= this.#work();
    return kept.promise;
  }

  /**
   * Resolves when every change taken so far is written, or lost for good; rejects with
   * `DatabaseUnavailableError` when the database is away.
   */
  async settled(): Promise<void> {
    try {
      await this.#waiting.at(-1)?.kept.promise;
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) throw error;
    }
  }

  /** Takes what waits a last time to the database; resolves when all is written or it is away. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake?.();
    await this.#working;
    if (this.#waiting.length === 0) return;
    this.#settings.log.error({ waiting: this.#waiting.length }, 'changes of streams not kept');
  }

  /** Makes room where there is none; whether a change can be taken then. */
  #hasRoom(place: WritePlace | undefined): boolean {
    const { maxWaiting = MAX_WAITING, log } = this.#settings;
    if (this.#waiting.length < maxWaiting) return true;
    if (!this.#isFull)
      log.error({ waiting: this.#waiting.length }, 'changes of streams are left out');
    this.#isFull = true;
    // The first may be on its way already.
    const behind = this.#waiting.slice(1);
    const dispensable = leastOf(behind);
    if (dispensable.length > 0) {
      this.#waiting = this.#waiting.filter((each) => !dispensable.includes(each));
      this.#leaveOut(dispensable);
      return true;
    }
    return place?.part !== 'middle' && this.#waiting.length < MOST_TIMES_OVER * maxWaiting;
  }

  #leaveOut(changes: readonly Waiting[]): void {
    this.#lost += changes.length;
    for (const { kept } of changes) {
      kept.reject(new DatabaseUnavailableError('Cannot keep change: too many wait already'));
    }
  }

  /** Tells that it is over once there is room again. */
  #lookForRoom(): void {
    const { maxWaiting = MAX_WAITING, log } = this.#settings;
    if (!this.#isFull || this.#waiting.length > maxWaiting / 2) return;
    this.#isFull = false;
    log.warn({ lost: this.#lost }, 'changes of streams were left out');
  }

  async #work(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    for (let head = this.#waiting[0]; head !== undefined; head = this.#waiting[0]) {
      if (await this.#write(head)) {
        this.#isStalled = false;
        pauseMs = FIRST_PAUSE_MS;
        continue;
      }
      if (!this.#isStalled) {
        this.#settings.log.warn({ waiting: this.#waiting.length }, 'changes of streams wait');
      }
      this.#isStalled = true;
      for (const { kept } of this.#waiting) kept.reject(unavailable());
      if (this.#isClosed) break;
      await this.#pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
    this.#working = undefined;
  }

  /** False when it has to be tried again. */
  async #write({ write, kept }: Waiting): Promise<boolean> {
    try {
      await this.#settings.database.transaction(write);
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) return false;
      if (!(error instanceof UniqueViolationError)) {
        // Nothing behind it must wait for ever because of it.
        this.#lost += 1;
        this.#settings.log.error({ error }, 'change of a stream not kept');
        kept.reject(error);
      }
    }
    this.#waiting.shift();
    this.#lookForRoom();
    kept.resolve();
    return true;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel: Cancel = this.#settings.clock.after(delayMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
      if (this.#isClosed) this.#wake();
    });
  }
}

/**
 * What matters least of changes that wait: the oldest step in the middle of a broadcast; else the
 * oldest broadcast of which all waits and that is over. Nothing when each is a beginning or an end
 * that something depends on.
 */
function leastOf(waiting: readonly Waiting[]): readonly Waiting[] {
  const begun = new Map<string, Waiting>();
  let whole: readonly Waiting[] = [];
  for (const each of waiting) {
    if (each.place?.part === 'middle') return [each];
    if (each.place?.part === 'first') begun.set(each.place.broadcastId, each);
    const first = each.place?.part === 'last' ? begun.get(each.place.broadcastId) : undefined;
    if (first !== undefined && whole.length === 0) whole = [first, each];
  }
  return whole;
}

function unavailable(): DatabaseUnavailableError {
  return new DatabaseUnavailableError('Cannot keep change yet: the database is away');
}
