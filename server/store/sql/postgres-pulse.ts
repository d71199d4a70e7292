/**
 * Tells a server that is slow from one that is gone without a word: a machine that hangs, a network
 * that swallows. While it owes an answer for long it is asked over a connection of its own whether
 * it is there. When it is not, whoever waits is told so at once, and nobody is let in until it is.
 */
import pg from 'pg';
import type { Cancel, Clock, Log } from '../../base/index.ts';
import { DatabaseUnavailableError } from './database.ts';

/** An answer that takes longer makes us ask; also the time from one question to the next. */
const QUIET_MS = 1000;
/** How long it has to say that it is there. */
const ANSWER_MS = 1000;

/** What a pulse works with. */
export interface PulseOptions {
  /** Of the server; secret. */
  readonly url: string;
  readonly log: Log;
  readonly clock: Clock;
}

/** See the top of the file. */
export class PostgresPulse {
  readonly #options: PulseOptions;
  /** Who is to be told, since when it waits; the oldest first. */
  readonly #waiting = new Map<(error: Error) => void, number>();
  #isAway = false;
  #isClosed = false;
  #isLooking = false;
  #cancelLook: Cancel = () => {};

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** Throws while the server is known to be away. */
  check(): void {
    if (this.#isAway) throw unanswered();
  }

  /** Resolves as `work` does, or rejects with a `DatabaseUnavailableError` when the server is gone. */
  async guard<T>(work: Promise<T>): Promise<T> {
    const lost = Promise.withResolvers<never>();
    this.#waiting.set(lost.reject, this.#options.clock.monotonicMs());
    this.#lookLater();
    try {
      return await Promise.race([work, lost.promise]);
    } finally {
      this.#waiting.delete(lost.reject);
    }
  }

  /** Asks no more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelLook();
  }

  #lookLater(): void {
    if (this.#isLooking || this.#isClosed) return;
    this.#isLooking = true;
    this.#cancelLook = this.#options.clock.after(QUIET_MS, () => {
      void this.#look().finally(() => {
        this.#isLooking = false;
        if (this.#isAway || this.#waiting.size > 0) this.#lookLater();
      });
    });
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#options;
    const [oldestMs] = this.#waiting.values();
    const isQuiet = oldestMs !== undefined && clock.monotonicMs() - oldestMs >= QUIET_MS;
    if (!isQuiet && !this.#isAway) return;
    const wasAway = this.#isAway;
    this.#isAway = !(await this.#answers());
    if (this.#isAway !== wasAway) {
      if (wasAway) log.info({}, 'database answers again');
      else log.warn({}, 'database does not answer');
    }
    if (this.#isAway) for (const reject of this.#waiting.keys()) reject(unanswered());
  }

  async #answers(): Promise<boolean> {
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: 'millrace pulse',
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('select 1');
      return true;
    } catch (error) {
      // A server that refuses is there.
      return error instanceof pg.DatabaseError;
    } finally {
      // Its goodbye may never be answered.
      void client.end().catch(() => {});
    }
  }
}

function unanswered(): DatabaseUnavailableError {
  return new DatabaseUnavailableError('Cannot use database: it does not answer');
}
