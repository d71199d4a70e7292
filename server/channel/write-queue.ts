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

/** Changes that wait; some 2 KiB each. An hour's outage with three of them a second. */
const MAX_WAITING = 10_000;
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

interface Waiting {
  readonly write: Write;
  readonly kept: PromiseWithResolvers<void>;
}

/** See the top of the file. */
export class WriteQueue {
  readonly #settings: WriteQueueSettings;
  readonly #waiting: Waiting[] = [];
  #working: Promise<void> | undefined;
  #isStalled = false;
  #isClosed = false;
  #lost = 0;
  #wake: (() => void) | undefined;

  constructor(settings: WriteQueueSettings) {
    this.#settings = settings;
  }

  /** Changes that are not in the database yet. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Changes that will never be in the database: too many waited, or they failed by our fault. */
  get lost(): number {
    return this.#lost;
  }

  /**
   * Takes a change. The promise resolves when it would survive a crash. It rejects with
   * `DatabaseUnavailableError` as soon as the database is known to be away, though the change is
   * written later all the same; whoever does not wait need not look at it.
   */
  add(write: Write): Promise<void> {
    const kept = Promise.withResolvers<void>();
    kept.promise.catch(() => undefined);
    const { maxWaiting = MAX_WAITING, log } = this.#settings;
    if (this.#waiting.length >= maxWaiting) {
      this.#lost += 1;
      log.error({ waiting: maxWaiting }, 'change of a stream not kept: too many wait');
      kept.reject(new DatabaseUnavailableError('Cannot keep change: too many wait already'));
      return kept.promise;
    }
    this.#waiting.push({ write, kept });
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

function unavailable(): DatabaseUnavailableError {
  return new DatabaseUnavailableError('Cannot keep change yet: the database is away');
}
