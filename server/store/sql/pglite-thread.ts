import { Worker } from 'node:worker_threads';
import type { Cancel, Clock, Log } from '../../base/index.ts';
import { DatabaseUnavailableError } from './database.ts';
import type { RawRows, Reply, Request, Statement, WorkerOptions } from './pglite-worker.ts';
import { toDatabaseError } from './sql-error.ts';

/** A statement that takes longer is stuck: its thread is ended, which undoes it, and started anew. */
const STATEMENT_LIMIT_MS = 20_000;
/** A first start makes the database, on a loaded machine for many seconds. */
const START_LIMIT_MS = 120_000;
const RESTART_DELAY_MS = 500;

/** What the thread needs of the world. */
export interface ThreadOptions extends WorkerOptions {
  readonly log: Log;
  readonly clock: Clock;
}

interface Pending {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The thread that PGlite runs in. It is started again when it ends by itself; until it is back
 * every statement is refused at once. It keeps the process alive only while something is asked.
 */
export class PgliteThread {
  readonly #options: ThreadOptions;
  #worker: Worker | undefined;
  #pending: Pending | undefined;
  #isStarted = false;
  #isClosed = false;
  /** Two threads must not be at one folder. */
  #givenUp: Promise<unknown> = Promise.resolve();
  /** Grows with each thread: what a transaction has begun in another is gone. */
  #generation = 0;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  /** Which thread it is; a transaction must not go on in another one. */
  get generation(): number {
    return this.#generation;
  }

  /** Resolves when the database can be used; throws what kept it from starting. */
  async start(): Promise<void> {
    await this.#givenUp;
    const { folder, isDurable } = this.#options;
    const workerData: WorkerOptions = { folder, isDurable };
    const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), { workerData });
    this.#worker = worker;
    this.#generation += 1;
    worker.on('message', (reply: Reply) => {
      if (worker === this.#worker) this.#pending?.resolve(reply);
    });
    worker.on('error', (error) => this.#end(worker, error));
    worker.on('exit', () => this.#end(worker, new Error('The thread has ended')));
    await this.#await(START_LIMIT_MS);
    this.#isStarted = true;
  }

  /** Runs one statement; the caller waits for its end before it runs the next one. */
  async run(statement: Statement, limitMs = STATEMENT_LIMIT_MS): Promise<RawRows> {
    const reply = await this.#ask(statement, limitMs);
    if (typeof reply === 'string') throw new Error(`Cannot read reply: it is "${reply}"`);
    if ('error' in reply) {
      const { error } = reply;
      throw toDatabaseError(error, Object.assign(new Error(error.message), { code: error.code }));
    }
    return reply;
  }

  /** Writes everything to its place and ends the thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isStarted) await this.#ask('close', START_LIMIT_MS);
    await this.#worker?.terminate();
  }

  async #ask(request: Request, limitMs: number): Promise<Reply> {
    if (!this.#isStarted) throw new DatabaseUnavailableError('Cannot use database: it is starting');
    this.#worker?.postMessage(request);
    return await this.#await(limitMs);
  }

  async #await(limitMs: number): Promise<Reply> {
    const worker = this.#worker;
    let cancel: Cancel = () => {};
    worker?.ref();
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.#pending = { resolve, reject };
        cancel = this.#options.clock.after(limitMs, () => {
          reject(new DatabaseUnavailableError(`Cannot use database: no answer in ${limitMs} ms`));
          this.#giveUp(worker);
        });
      });
    } finally {
      cancel();
      this.#pending = undefined;
      worker?.unref();
    }
  }

  /**
   * Nothing is asked of the thread any more, and nothing it says is heard: an answer that is under
   * way already would be taken for the next statement's. Another starts when it has ended.
   */
  #giveUp(worker: Worker | undefined): void {
    this.#worker = undefined;
    const wasStarted = this.#isStarted;
    this.#isStarted = false;
    this.#givenUp = Promise.resolve(worker?.terminate());
    void this.#givenUp.then(() => {
      if (!wasStarted || this.#isClosed) return;
      this.#options.log.error({}, 'database thread did not answer, starting another');
      this.#restartLater();
    });
  }

  /** Both events of a thread that failed come here; the first one counts. */
  #end(worker: Worker, error: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    const wasStarted = this.#isStarted;
    this.#isStarted = false;
    this.#pending?.reject(
      new DatabaseUnavailableError('Cannot use database: its thread has ended', { cause: error }),
    );
    if (!wasStarted || this.#isClosed) return;
    this.#options.log.error({ err: error }, 'database thread ended, starting another');
    this.#restartLater();
  }

  #restartLater(): void {
    this.#options.clock.after(RESTART_DELAY_MS, () => void this.#restart());
  }

  async #restart(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.start();
      this.#options.log.info({}, 'database is back');
    } catch (error) {
      this.#options.log.error({ err: error }, 'database thread did not start');
      this.#restartLater();
    }
  }
}
