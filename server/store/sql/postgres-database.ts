import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Clock, Log } from '../../base/index.ts';
import {
  type Database,
  type Databases,
  DatabaseUnavailableError,
  type Queryable,
} from './database.ts';
import { PostgresPulse } from './postgres-pulse.ts';
import { toDatabaseError } from './sql-error.ts';
import { type RunStatement, runTransaction, TRANSACTION_LIMIT_MS } from './transaction.ts';
import { decoderOf, encodeValue } from './values.ts';

/** How a server is reached. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`; secret. */
  readonly url: string;
  readonly log: Log;
  readonly clock: Clock;
}

/** What one pool may take. */
interface PoolLimits {
  readonly connections: number;
  /** Of one statement; the server ends it. 0: none. */
  readonly statementMs: number;
  readonly transactionMs: number | undefined;
}

/** How long a connection, a new one or one that others hold, is waited for. */
const CONNECT_LIMIT_MS = 2000;
/** Over the server's own limit: it may be gone without a word. */
const ANSWER_MARGIN_MS = 1000;
const MOST_WAITING = 1000;
const CONTROL: PoolLimits = {
  ...{ connections: 8, statementMs: 10_000, transactionMs: TRANSACTION_LIMIT_MS },
};
const ADMISSION: PoolLimits = {
  ...{ connections: 4, statementMs: 2000, transactionMs: TRANSACTION_LIMIT_MS },
};
/** A table may be large, and another server may be at it. */
const MIGRATION: PoolLimits = { connections: 1, statementMs: 0, transactionMs: undefined };
/** A server that starts beside this one, as under Docker Compose. */
const START_PATIENCE_MS = 30_000;
const START_RETRY_MS = 1000;

/** Two pools of connections to a PostgreSQL server. */
export class PostgresDatabases implements Databases {
  readonly control: Database;
  readonly admission: Database;

  readonly #pulse: PostgresPulse;

  constructor(options: PostgresOptions) {
    this.#pulse = new PostgresPulse(options);
    this.control = new PostgresPool(options, CONTROL, this.#pulse);
    this.admission = new PostgresPool(options, ADMISSION, this.#pulse);
  }

  /** Waits until the server answers, then lets `work` have a connection without a time limit. */
  static async prepare(
    options: PostgresOptions,
    work: (database: Database) => Promise<void>,
  ): Promise<void> {
    const pool = new PostgresPool(options, MIGRATION);
    try {
      await waitForServer(pool, options);
      await work(pool);
    } finally {
      await pool.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.control.close(), this.admission.close()]);
    this.#pulse.close();
  }
}

class PostgresPool implements Database {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #transactionMs: number | undefined;
  /** Undefined for work that may take any time. */
  readonly #pulse: PostgresPulse | undefined;
  readonly #begun = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(
    { url, log, clock }: PostgresOptions,
    { connections, statementMs, transactionMs }: PoolLimits,
    pulse?: PostgresPulse,
  ) {
    this.#clock = clock;
    this.#pulse = pulse;
    this.#transactionMs = transactionMs;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: connections,
      application_name: 'millrace',
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      keepAlive: true,
      allowExitOnIdle: true,
      ...(statementMs === 0
        ? {}
        : {
            statement_timeout: statementMs,
            idle_in_transaction_session_timeout: statementMs,
            query_timeout: statementMs + ANSWER_MARGIN_MS,
          }),
    });
    // A connection that breaks while nobody uses it; the next statement gets another one.
    this.#pool.on('error', (error) => log.warn({ err: error }, 'database connection lost'));
  }

  async query<Row extends object>(
    text: string,
    values?: readonly unknown[],
  ): Promise<readonly Row[]> {
    return this.#withClient((client) => run<Row>(client, text, values));
  }

  async transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T> {
    const limit = { clock: this.#clock, limitMs: this.#transactionMs };
    return this.#withClient((client) => runTransaction(untilLost(client), work, limit));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // The pool would forget those that wait for a connection.
    await Promise.allSettled(this.#begun);
    if (!this.#pool.ending) await this.#pool.end();
  }

  #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const result = this.#runWithClient(work);
    this.#begun.add(result);
    const forget = (): boolean => this.#begun.delete(result);
    result.then(forget, forget);
    return result;
  }

  async #runWithClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    // Without a listener a connection that breaks between two statements would end the process.
    client.on('error', ignore);
    let failure: unknown;
    try {
      const result = work(client);
      return await (this.#pulse?.guard(result) ?? result);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(failure instanceof DatabaseUnavailableError);
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    if (this.#isClosed) {
      throw new DatabaseUnavailableError('Cannot use database: it is closed');
    }
    this.#pulse?.check();
    if (this.#pool.waitingCount >= MOST_WAITING) {
      throw new DatabaseUnavailableError(`Cannot use database: ${MOST_WAITING} wait already`);
    }
    try {
      return await this.#pool.connect();
    } catch (error) {
      const reason = error instanceof Error ? describe(error) : '';
      throw new DatabaseUnavailableError(`Cannot connect to database: ${reason}`, { cause: error });
    }
  }
}

/** Asks no more of a connection that gave no answer once: each further one would take its time. */
function untilLost(client: pg.PoolClient): RunStatement {
  let loss: DatabaseUnavailableError | undefined;
  return async (text, values) => {
    if (loss !== undefined) throw loss;
    try {
      return await run(client, text, values);
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) loss = error;
      throw error;
    }
  };
}

function ignore(): void {}

/** Every name of one host refused: the message is empty, the code is not. */
function describe(error: Error): string {
  return error.message || String(Object(error).code);
}

async function run<Row extends object>(
  client: pg.PoolClient,
  text: string,
  values?: readonly unknown[],
): Promise<readonly Row[]> {
  const types = { getTypeParser: decoderOf };
  const query =
    values === undefined ? { text, types } : { text, types, values: values.map(encodeValue) };
  try {
    const result: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await client.query<Row>(query);
    // Several statements give several results.
    return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
  } catch (error) {
    throw explain(error);
  }
}

function explain(error: unknown): unknown {
  if (error instanceof pg.DatabaseError) {
    const { code = '', message, constraint } = error;
    return toDatabaseError({ code, message, constraint }, error);
  }
  // What the server did not say comes from the connection.
  if (!(error instanceof Error)) return error;
  return new DatabaseUnavailableError(`Cannot use database: ${describe(error)}`, { cause: error });
}

async function waitForServer(database: Database, { clock, log }: PostgresOptions): Promise<void> {
  const startedMs = clock.monotonicMs();
  for (;;) {
    try {
      await database.query('select 1');
      return;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      if (clock.monotonicMs() - startedMs >= START_PATIENCE_MS) {
        const detail = `DATABASE_URL: ${START_PATIENCE_MS / 1000} s without an answer (${error.message})`;
        throw new DatabaseUnavailableError(detail, { cause: error });
      }
      log.warn({ reason: error.message }, 'database does not answer yet, waiting');
      await wait(START_RETRY_MS);
    }
  }
}
