/**
 * Tells the database again and again that this server is there, so that another one does not end
 * its broadcasts; and ends those of servers that no longer do so.
 */
import type { Cancel, Clock, Log } from '../base/index.ts';
import { type Database, DatabaseUnavailableError } from '../store/sql/index.ts';
import { endAbandoned, endCutOff } from './cut-off.ts';

/** From one sign of life to the next. */
export const PULSE_MS = 10_000;
/** Far longer than a server is without its database while others have it. */
export const GONE_MS = 5 * 60_000;

/** What it works with. */
export interface NodePulseSettings {
  /** Of this server. */
  readonly nodeId: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** See the top of the file. */
export class NodePulse {
  readonly #settings: NodePulseSettings;
  /** Since when every sign has been kept; undefined: the last one was not. */
  #soundSinceMs: number | undefined;
  #beating: Promise<void> = Promise.resolve();
  #cancel: Cancel | undefined;
  #isClosed = false;

  constructor(settings: NodePulseSettings) {
    this.#settings = settings;
  }

  /** Ends what a run of this server before has left on air, and gives signs of life from now on. */
  async start(): Promise<void> {
    await this.#tell();
    this.#soundSinceMs = this.#settings.clock.monotonicMs();
    await endCutOff(this.#settings.nodeId, this.#cutOff());
    this.#beatLater();
  }

  /** Resolves when the database is not asked any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#beating;
  }

  #beatLater(): void {
    if (this.#isClosed) return;
    this.#cancel = this.#settings.clock.after(PULSE_MS, () => {
      this.#beating = this.#beat().then(() => this.#beatLater());
    });
  }

  async #beat(): Promise<void> {
    const { nodeId, clock, log } = this.#settings;
    try {
      await this.#tell();
      const nowMs = clock.monotonicMs();
      this.#soundSinceMs ??= nowMs;
      // Who was without a database as long as we were has not been seen either.
      if (nowMs - this.#soundSinceMs < GONE_MS) return;
      await endAbandoned(nodeId, GONE_MS, this.#cutOff());
    } catch (error) {
      this.#soundSinceMs = undefined;
      if (error instanceof DatabaseUnavailableError) return;
      log.error({ error }, 'sign of life could not be kept');
    }
  }

  async #tell(): Promise<void> {
    await this.#settings.database.query(
      `insert into nodes (id, last_seen) values ($1, now())
       on conflict (id) do update set last_seen = excluded.last_seen`,
      [this.#settings.nodeId],
    );
  }

  #cutOff() {
    const { database, clock, randomBytes, log } = this.#settings;
    return { database, nowMs: clock.epochMs(), randomBytes, log };
  }
}
