import type { Clock, Log } from '../../base/index.ts';
import { type Journal, JournalError } from '../../store/journal/index.ts';
import { encodeRecord, type JournalRecord } from './record.ts';

/** Streams whose snapshots are written in one go during a compaction. */
const SNAPSHOTS_AT_ONCE = 32;
/** How long to wait before a compaction is tried again on a disk that failed. */
const RETRY_MS = 1000;

/** What a keeper needs of its owner. */
export interface KeeperSettings {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** The snapshots that together tell everything, made one by one as they are written. */
  readonly snapshots: () => Iterable<JournalRecord>;
}

/** Writes the orchestrator's records, says when they are kept, and compacts them in time. */
export class JournalKeeper {
  readonly #settings: KeeperSettings;
  #failing = false;
  #closing = false;
  #compaction: Promise<void> | undefined;
  #wake = (): void => {};

  constructor(settings: KeeperSettings) {
    this.#settings = settings;
  }

  /** Whether a change may be begun. */
  get hasRoom(): boolean {
    return this.#settings.journal.hasRoom;
  }

  append(record: JournalRecord): void {
    const { journal } = this.#settings;
    journal.append(encodeRecord(record));
    if (!journal.wantsCompaction || this.#compaction !== undefined) return;
    this.#compaction = this.#compact().catch((error: unknown) => {
      this.#settings.log.error({ error }, 'journal compaction failed');
    });
  }

  /** Whether everything appended so far is kept; a failure is told in the log once, not each time. */
  async kept(): Promise<boolean> {
    const { journal, log } = this.#settings;
    try {
      await journal.flush();
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      if (!this.#failing) log.error({ error, cause: error.cause }, 'journal cannot be written');
      this.#failing = true;
      return false;
    }
    if (this.#failing) log.info({}, 'journal can be written again');
    this.#failing = false;
    return true;
  }

  /** Flushes and lets go of the journal. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#wake();
    await this.#compaction;
    await this.#settings.journal.close();
  }

  async #compact(): Promise<void> {
    const { journal, log, clock, snapshots } = this.#settings;
    const startedMs = clock.monotonicMs();
    journal.beginCompaction();
    let count = 0;
    for (const snapshot of snapshots()) {
      this.append(snapshot);
      count += 1;
      if (count % SNAPSHOTS_AT_ONCE === 0) await this.#patiently(() => journal.flush());
      if (this.#closing) return;
    }
    await this.#patiently(() => journal.endCompaction());
    this.#compaction = undefined;
    log.info({ count, tookMs: clock.monotonicMs() - startedMs }, 'journal compacted');
  }

  /** A compaction that stops half-way would never end; what is old stays until it is done. */
  async #patiently(work: () => Promise<void>): Promise<void> {
    while (!this.#closing) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof JournalError)) throw error;
        this.#settings.log.warn({ error, cause: error.cause }, 'journal compaction waits');
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        this.#settings.clock.after(RETRY_MS, resolve);
        await promise;
      }
    }
  }
}
