/**
 * Rooms that may have missed what others changed are read anew from the database: a few at a time,
 * since all of them ask at once when Redis comes back, and people write meanwhile.
 */
import type { Cancel, Clock, Log } from '../../base/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';

const MOST_AT_ONCE = 8;
const RETRY_MS = 1_000;

/** A room, as far as this is concerned. */
export interface Rereadable {
  /** Rejects when the database cannot be asked. Is not called again before it has ended. */
  reread(): Promise<void>;
}

/** What it needs of the application. */
export interface RereadsSettings {
  readonly clock: Clock;
  readonly log: Log;
}

/** See the top of the file. */
export class Rereads {
  readonly #settings: RereadsSettings;
  /** In the order in which they asked; no more than there are rooms. */
  readonly #waiting = new Set<Rereadable>();
  readonly #running = new Set<Rereadable>();
  #cancelRetry: Cancel | undefined;
  #isClosed = false;

  constructor(settings: RereadsSettings) {
    this.#settings = settings;
  }

  /** Reads a room anew: once more when it is being read now. */
  request(room: Rereadable): void {
    this.#waiting.add(room);
    this.#next();
  }

  /** The room is closed. */
  drop(room: Rereadable): void {
    this.#waiting.delete(room);
    this.#running.delete(room);
  }

  /** Reads no more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#waiting.clear();
    this.#running.clear();
  }

  #next(): void {
    if (this.#isClosed || this.#cancelRetry !== undefined) return;
    for (const room of this.#waiting) {
      if (this.#running.size >= MOST_AT_ONCE) return;
      if (this.#running.has(room)) continue;
      this.#waiting.delete(room);
      this.#running.add(room);
      void this.#read(room);
    }
  }

  async #read(room: Rereadable): Promise<void> {
    try {
      await room.reread();
    } catch (error) {
      this.#fail(room, error);
    }
    this.#running.delete(room);
    this.#next();
  }

  #fail(room: Rereadable, error: unknown): void {
    // One that is gone has nothing to be told.
    if (!this.#running.has(room)) return;
    const { clock, log } = this.#settings;
    // That the database is away is known elsewhere.
    if (!(error instanceof DatabaseUnavailableError)) {
      log.warn({ error }, 'chat room cannot be read anew');
    }
    this.#waiting.add(room);
    this.#cancelRetry ??= clock.after(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      this.#next();
    });
  }
}
