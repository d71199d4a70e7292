/**
 * Delivers the events of the outbox to the webhooks. Everything that matters is in the database:
 * what waits, since when, and when it is tried next. This decides whose turn it is, with a bound on
 * how many receivers are spoken to at once, so that slow ones do not hold up the others.
 */
import { type Cancel, type Clock, type Log, newId, Signal } from '../../base/index.ts';
import { type Database, DatabaseUnavailableError } from '../../store/sql/index.ts';
import type { Courier } from './courier.ts';
import {
  type DueWebhook,
  dueWebhooks,
  fanOut,
  isFannedOut,
  tallyPending,
} from './delivery-table.ts';
import { Line, type TryResult } from './line.ts';

/** Receivers spoken to at once. */
export const MOST_LINES = 32;
/** How long an event or a change of another server on this database may go unnoticed. */
const POLL_MS = 5000;

/** What deliveries need. */
export interface DeliveriesSettings {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly courier: Courier;
  /** Cryptographically strong bytes, for ids. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** Numbers from 0 to below 1, for jitter. */
  readonly random: () => number;
}

/** What is told to metrics. */
export interface DeliveriesTally {
  /** Tries since the start, by what became of them. */
  readonly tries: Readonly<Record<TryResult, number>>;
  /** As of the last look. */
  readonly pending: number;
  readonly oldestPendingMs: number;
}

/** See the top of the file. */
export class Deliveries {
  readonly #settings: DeliveriesSettings;
  readonly #lines = new Map<string, Promise<void>>();
  readonly #woken = new Signal();
  readonly #closing = new AbortController();
  readonly #tries = { delivered: 0, refused: 0, unanswered: 0, given_up: 0, gone: 0 };
  #waiting: { pending: number; oldestQueuedAt: Date | null } = { pending: 0, oldestQueuedAt: null };
  #running: Promise<void> | undefined;

  constructor(settings: DeliveriesSettings) {
    this.#settings = settings;
  }

  get tally(): DeliveriesTally {
    const { pending, oldestQueuedAt } = this.#waiting;
    const nowMs = this.#settings.clock.epochMs();
    const oldestPendingMs = oldestQueuedAt === null ? 0 : nowMs - oldestQueuedAt.getTime();
    return { tries: { ...this.#tries }, pending, oldestPendingMs: Math.max(0, oldestPendingMs) };
  }

  /** Delivers from now on, by itself. */
  start(): void {
    this.#running = this.#run();
  }

  /** To be called when there are new events, or when something was put in line again. */
  wake(): void {
    this.#woken.raise();
  }

  /** Ends the tries under way, which are made again after the next start; resolves when all rests. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#woken.raise();
    await this.#running;
    await this.idle();
  }

  /** Resolves when no receiver is being spoken to. */
  async idle(): Promise<void> {
    await Promise.all(this.#lines.values());
  }

  /**
   * Puts new events in line and begins with what is due. Resolves with the time of the next
   * delivery that is not due yet; undefined when there is none.
   */
  async round(): Promise<Date | undefined> {
    const { database, clock } = this.#settings;
    const now = new Date(clock.epochMs());
    await this.#fanOut(now);
    const due = await dueWebhooks(database, MOST_LINES + this.#lines.size + 1);
    this.#waiting = await tallyPending(database);
    return this.#begin(due, now);
  }

  async #fanOut(now: Date): Promise<void> {
    const { database, randomBytes } = this.#settings;
    if (await isFannedOut(database)) return;
    const id = (): string => newId('dlv', now.getTime(), randomBytes);
    while (await database.transaction((transaction) => fanOut(transaction, { now, newId: id }))) {
      if (this.#closing.signal.aborted) return;
    }
  }

  #begin(due: readonly DueWebhook[], now: Date): Date | undefined {
    for (const { webhookId, dueAt } of due) {
      if (this.#lines.has(webhookId)) continue;
      if (dueAt > now) return dueAt;
      if (this.#lines.size >= MOST_LINES || this.#closing.signal.aborted) return undefined;
      const line = this.#work(webhookId).finally(() => {
        this.#lines.delete(webhookId);
        this.#woken.raise();
      });
      this.#lines.set(webhookId, line);
    }
    return undefined;
  }

  async #work(webhookId: string): Promise<void> {
    const { database, clock, courier, random } = this.#settings;
    const tried = (result: TryResult): void => {
      this.#tries[result] += 1;
    };
    const settings = { database, clock, courier, random, tried };
    try {
      await new Line(settings, webhookId, this.#closing.signal).run();
    } catch (error) {
      this.#complain(error, 'webhook could not be served');
      await this.#rest();
    }
  }

  /** What failed for a reason of ours would fail again at once. */
  async #rest(): Promise<void> {
    const { signal } = this.#closing;
    const rested = Promise.withResolvers<void>();
    const cancel = this.#settings.clock.after(POLL_MS, rested.resolve);
    if (signal.aborted) rested.resolve();
    signal.addEventListener('abort', () => rested.resolve(), { once: true });
    await rested.promise;
    cancel();
  }

  async #run(): Promise<void> {
    const { clock } = this.#settings;
    while (!this.#closing.signal.aborted) {
      const woken = this.#woken.next();
      let waitMs = POLL_MS;
      try {
        const next = await this.round();
        if (next !== undefined) waitMs = Math.min(waitMs, next.getTime() - clock.epochMs());
      } catch (error) {
        this.#complain(error, 'webhooks could not be served');
      }
      if (this.#closing.signal.aborted) return;
      const cancel: Cancel = clock.after(Math.max(1, waitMs), () => this.#woken.raise());
      await woken;
      cancel();
    }
  }

  #complain(error: unknown, message: string): void {
    const isAway = error instanceof DatabaseUnavailableError;
    this.#settings.log[isAway ? 'warn' : 'error']({ error }, message);
  }
}
