/**
 * Follows the outbox: one question to the database for everybody who wants to know of new events,
 * and the newest of them in memory. Another server on the same database may write too, so it is
 * asked again and again; `wake` makes what this process has written known at once.
 */
import { type Cancel, type Clock, type Log, Signal } from '../../base/index.ts';
import type { Database } from './database.ts';
import { type EventFilter, eventRange, isWanted, type KeptEvent, readEvents } from './outbox.ts';

/** How long an event of another server may go unnoticed. */
export const POLL_MS = 1000;
/** Events kept in memory, for readers that have fallen behind a little. */
export const TAIL_EVENTS = 1000;
const PAGE_EVENTS = 500;
const EVERYTHING: EventFilter = { ownerId: null };

/** What a tail needs. */
export interface EventTailSettings {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}

/** See the top of the file. */
export class EventTail {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #changed = new Signal();
  readonly #woken = new Signal();
  readonly #listeners = new Set<() => void>();
  /** Oldest first, and all there are behind `#behind`. */
  #events: KeptEvent[] = [];
  #behind = 0;
  #position = 0;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor({ database, clock, log }: EventTailSettings) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  /** Position of the newest event known. */
  get position(): number {
    return this.#position;
  }

  /** Takes up the present position and follows from there. */
  async start(): Promise<void> {
    const { newest } = await eventRange(this.#database);
    this.#position = newest;
    this.#behind = newest;
    this.#running = this.#follow();
  }

  /** To be called after a transaction that appended events. */
  wake(): void {
    this.#woken.raise();
  }

  /** Resolves when there are more events than now, and when the tail is closed. */
  next(): Promise<void> {
    return this.#changed.next();
  }

  /** Calls `listener` after each time that events were found, until undone. */
  listen(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** As `readEvents`; from memory where that reaches. */
  async read(request: Parameters<typeof readEvents>[1]): Promise<readonly KeptEvent[]> {
    const { after, limit, filter } = request;
    if (after < this.#behind) return await readEvents(this.#database, request);
    const found: KeptEvent[] = [];
    for (const event of this.#events) {
      if (event.position > after && isWanted(event, filter) && found.push(event) === limit) break;
    }
    return found;
  }

  /** As `eventRange`. */
  range(): ReturnType<typeof eventRange> {
    return eventRange(this.#database);
  }

  /** Resolves when nothing more is asked. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#woken.raise();
    await this.#running;
    this.#changed.raise();
  }

  async #follow(): Promise<void> {
    while (!this.#isClosed) {
      const woken = this.#woken.next();
      const isMore = await this.#poll();
      if (isMore) continue;
      const cancel = this.#clock.after(POLL_MS, () => this.#woken.raise());
      await woken;
      cancel();
    }
  }

  /** Whether more is to be had at once. */
  async #poll(): Promise<boolean> {
    try {
      const found = await readEvents(this.#database, {
        after: this.#position,
        limit: PAGE_EVENTS,
        filter: EVERYTHING,
      });
      if (found.length > 0) this.#add(found);
      return found.length === PAGE_EVENTS;
    } catch (error) {
      this.#log.debug({ error }, 'events could not be read');
      return false;
    }
  }

  #add(found: readonly KeptEvent[]): void {
    this.#events.push(...found);
    this.#position = found.at(-1)?.position ?? this.#position;
    const surplus = this.#events.length - TAIL_EVENTS;
    if (surplus > 0) {
      this.#behind = this.#events[surplus - 1]?.position ?? this.#behind;
      this.#events = this.#events.slice(surplus);
    }
    this.#changed.raise();
    for (const listener of this.#listeners) listener();
  }
}
