import type { Cancel, Clock, Log } from '../../base/index.ts';
import {
  type Database,
  type Databases,
  DatabaseUnavailableError,
  type Queryable,
} from './database.ts';
import { prepareFolder } from './pglite-folder.ts';
import { PgliteThread } from './pglite-thread.ts';
import type { RawRows } from './pglite-worker.ts';
import { runTransaction, TRANSACTION_LIMIT_MS } from './transaction.ts';
import { decoderOf, encodeValue } from './values.ts';

/** How it is opened. */
export interface PgliteOptions {
  /** Of the database alone; made when it is missing. */
  readonly folder: string;
  /** Whether a commit waits for the disk. */
  readonly isDurable: boolean;
  readonly log: Log;
  readonly clock: Clock;
}

/** Far more than a second's work; beyond it waiting helps nobody. */
const MOST_WAITING = 5000;
const LONGEST_WAIT_MS = 10_000;
/** PostgreSQL alone does these by itself; on one thread nobody else can. */
const CHECKPOINT_EVERY_MS = 60_000;
const VACUUM_EVERY_CHECKPOINTS = 60;

/** A migration may go through a whole table of a year's events. */
const MIGRATION_LIMIT_MS = 30 * 60_000;

/** How long things may take. */
interface Limits {
  /** Undefined: as the thread has it. */
  readonly statementMs: number | undefined;
  readonly transactionMs: number | undefined;
}

const LIMITS: Limits = { statementMs: undefined, transactionMs: TRANSACTION_LIMIT_MS };

type Lane = 'admission' | 'control';

interface Job {
  readonly run: () => Promise<void>;
  readonly refuse: () => Promise<void>;
  readonly waitsSinceMs: number;
}

/** Both ways into one PGlite: admission's statements go before whatever else waits. */
export class PgliteDatabases implements Databases {
  readonly control: Database;
  readonly admission: Database;
  readonly #thread: PgliteThread;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #waiting: Record<Lane, Job[]> = { admission: [], control: [] };
  #running: Promise<void> | undefined;
  #isClosed = false;
  /** Whether something was written since the last checkpoint. */
  #isDirty = false;
  #checkpoints = 0;
  #cancelUpkeep: Cancel = () => {};

  private constructor(thread: PgliteThread, { clock, log }: PgliteOptions) {
    this.#thread = thread;
    this.#clock = clock;
    this.#log = log;
    this.control = this.#way('control');
    this.admission = this.#way('admission');
    this.#scheduleUpkeep();
  }

  /** Opens the database, making it when it is missing. Throws a `DatabaseFolderError`. */
  static async open(options: PgliteOptions): Promise<PgliteDatabases> {
    await prepareFolder(options);
    const thread = new PgliteThread(options);
    await thread.start();
    return new PgliteDatabases(thread, options);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelUpkeep();
    while (this.#running !== undefined) await this.#running;
    await this.#thread.close();
  }

  /** Uses `work` on the database while nobody else does, with as much time as migrations need. */
  async prepare(work: (database: Database) => Promise<void>): Promise<void> {
    const limits = { statementMs: MIGRATION_LIMIT_MS, transactionMs: undefined };
    await work(this.#way('control', limits));
  }

  #way(lane: Lane, limits = LIMITS): Database {
    return {
      query: (text, values) => this.#enqueue(lane, () => this.#query(text, values, limits)),
      transaction: (work) => this.#enqueue(lane, () => this.#transact(work, limits)),
      close: () => this.close(),
    };
  }

  async #enqueue<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new DatabaseUnavailableError('Cannot use database: it is closed');
    const queue = this.#waiting[lane];
    if (queue.length >= MOST_WAITING) {
      throw new DatabaseUnavailableError(`Cannot use database: ${queue.length} wait already`);
    }
    return await new Promise((resolve, reject) => {
      queue.push({
        run: () => work().then(resolve, reject),
        refuse: async () =>
          reject(new DatabaseUnavailableError('Cannot use database: it is overloaded')),
        waitsSinceMs: this.#clock.monotonicMs(),
      });
      this.#running ??= this.#runAll();
    });
  }

  async #runAll(): Promise<void> {
    for (;;) {
      const job = this.#waiting.admission.shift() ?? this.#waiting.control.shift();
      if (job === undefined) break;
      const waitedMs = this.#clock.monotonicMs() - job.waitsSinceMs;
      await (waitedMs <= LONGEST_WAIT_MS ? job.run() : job.refuse());
    }
    this.#running = undefined;
  }

  async #query<Row extends object>(
    text: string,
    values: readonly unknown[] | undefined,
    { statementMs }: Limits,
  ): Promise<readonly Row[]> {
    if (!/^\s*select\b/i.test(text)) this.#isDirty = true;
    const statement = values === undefined ? { text } : { text, values: values.map(encodeValue) };
    return toRows<Row>(await this.#thread.run(statement, statementMs));
  }

  async #transact<T>(work: (transaction: Queryable) => Promise<T>, limits: Limits): Promise<T> {
    const { generation } = this.#thread;
    const run = async (text: string, values?: readonly unknown[]): Promise<readonly object[]> => {
      if (generation !== this.#thread.generation) {
        throw new DatabaseUnavailableError('Cannot go on: the transaction is gone');
      }
      return this.#query(text, values, limits);
    };
    const limit = { clock: this.#clock, limitMs: limits.transactionMs };
    return runTransaction(run, work, limit);
  }

  #scheduleUpkeep(): void {
    this.#cancelUpkeep = this.#clock.after(CHECKPOINT_EVERY_MS, () => void this.#tryUpkeep());
  }

  async #tryUpkeep(): Promise<void> {
    try {
      await this.#keepUp();
    } catch (error) {
      this.#log.warn({ err: error }, 'upkeep of the database failed');
    }
    if (!this.#isClosed) this.#scheduleUpkeep();
  }

  /** Without checkpoints the log would grow for ever, and a start after a crash would replay it all. */
  async #keepUp(): Promise<void> {
    if (!this.#isDirty) return;
    await this.control.query('checkpoint');
    this.#isDirty = false;
    this.#checkpoints += 1;
    if (this.#checkpoints % VACUUM_EVERY_CHECKPOINTS !== 0) return;
    const tables = await this.control.query<{ name: string }>(
      `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
    );
    // One at a time, so that admission gets in between.
    for (const { name } of tables) await this.control.query(`vacuum (analyze) ${name}`);
  }
}

function toRows<Row extends object>({ columns, rows }: RawRows): Row[] {
  const readers = columns.map(({ name, typeId }) => ({ name, decode: decoderOf(typeId) }));
  return rows.map((row) => {
    const entries = readers.map(({ name, decode }, index) => {
      const text = row[index] ?? null;
      return [name, text === null ? null : decode(text)];
    });
    return Object.fromEntries(entries);
  });
}
