/** Keeps the tables bounded that grow by themselves. The audit log is kept whole: it is append-only. */
import type { Cancel, Clock, Log } from '../../base/index.ts';
import { type Database, DatabaseUnavailableError } from './database.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Events, and with them their deliveries, are kept for so long. Longer than any delivery is tried. */
export const EVENT_LIFETIME_MS = 30 * DAY_MS;
/** And no more than so many of them. */
export const MOST_EVENTS = 1_000_000;
/** A delivery that arrived interests nobody for long. */
export const DELIVERED_LIFETIME_MS = 7 * DAY_MS;
/** What the API promises for Idempotency-Key. */
export const IDEMPOTENCY_LIFETIME_MS = DAY_MS;

/** Between two sweeps. */
const SWEEP_MS = HOUR_MS;
/** Rows of one statement, so that none of them takes long. */
const BATCH_ROWS = 1000;
/** Statements of one sweep and table; what is left waits for the next sweep. */
const MOST_BATCHES = 200;

/**
 * Events that a webhook has still to be told of, or that nobody has looked at yet to put them in
 * line, outlive their time. Tries end after 75 h, so these are not for ever.
 */
const SETTLED = `e.position <= coalesce(
    (select position from event_cursors where name = 'webhooks'), 0)
  and not exists (select from webhook_deliveries d
    where d.event_position = e.position and d.status = 'pending')`;

interface Rule {
  /** Deletes at most `$2` rows, those older than `$1`, and returns one row for each. */
  readonly statement: string;
  readonly lifetimeMs: number;
}

const RULES: readonly Rule[] = [
  {
    lifetimeMs: DELIVERED_LIFETIME_MS,
    statement: `delete from webhook_deliveries where id in (
      select id from webhook_deliveries
      where status = 'delivered' and last_attempt_at < $1 limit $2) returning 1`,
  },
  {
    lifetimeMs: EVENT_LIFETIME_MS,
    statement: `delete from events where position in (
      select e.position from events e
      where e.occurred_at < $1 and ${SETTLED} limit $2) returning 1`,
  },
  {
    lifetimeMs: IDEMPOTENCY_LIFETIME_MS,
    statement: `delete from idempotency_keys where (principal, key) in (
      select principal, key from idempotency_keys
      where created_at < $1 limit $2) returning 1`,
  },
];

/** Positions grow by at least one with every event, so these are at most the surplus. */
const SURPLUS = `delete from events where position in (
  select e.position from events e
  where e.position <= (select max(position) from events) - $1::bigint and ${SETTLED}
  limit $2) returning 1`;

/** Deletes what has outlived its time at `now`, until `signal`; returns how many rows went. */
export async function sweepOldRows(
  database: Database,
  now: Date,
  signal?: AbortSignal,
): Promise<number> {
  const inBatches = batches(database, signal);
  let swept = await inBatches(SURPLUS, MOST_EVENTS);
  for (const { statement, lifetimeMs } of RULES) {
    swept += await inBatches(statement, new Date(now.getTime() - lifetimeMs));
  }
  return swept;
}

function batches(database: Database, signal: AbortSignal | undefined) {
  return async (statement: string, bound: unknown): Promise<number> => {
    let swept = 0;
    for (let batch = 0; batch < MOST_BATCHES && !signal?.aborted; batch += 1) {
      const rows = await database.query(statement, [bound, BATCH_ROWS]);
      swept += rows.length;
      if (rows.length < BATCH_ROWS) break;
    }
    return swept;
  };
}

/** Sweeps at its start and every hour until it is closed. */
export class Retention {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  #running: Promise<void> | undefined;
  #cancel: Cancel | undefined;
  readonly #closing = new AbortController();

  constructor(settings: { readonly database: Database; readonly clock: Clock; readonly log: Log }) {
    this.#database = settings.database;
    this.#clock = settings.clock;
    this.#log = settings.log;
  }

  start(): void {
    this.#running = this.#sweep();
  }

  /** Resolves when no sweep is under way any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#cancel?.();
    await this.#running;
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#closing;
    try {
      const rows = await sweepOldRows(this.#database, new Date(this.#clock.epochMs()), signal);
      if (rows > 0) this.#log.debug({ rows }, 'old rows deleted');
    } catch (error) {
      const isAway = error instanceof DatabaseUnavailableError;
      this.#log[isAway ? 'warn' : 'error']({ error }, 'old rows could not be deleted');
    }
    if (!signal.aborted) this.#cancel = this.#clock.after(SWEEP_MS, () => this.start());
  }
}
