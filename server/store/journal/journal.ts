/** Bytes of one record; a bigger one is a fault of its writer. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;
/** Bytes that may wait to be written; above it nothing more should be begun. */
export const MAX_PENDING_BYTES = 16 * 1024 * 1024;
/** A journal smaller than this is not worth compacting. */
export const COMPACT_AFTER_BYTES = 8 * 1024 * 1024;
/** A larger one is compacted when it has grown to so many times what it needed last. */
export const COMPACT_AT_GROWTH = 2;

/** What was found when a journal was opened. */
export interface Recovery {
  readonly records: number;
  readonly sizeBytes: number;
  /** Bytes of a last record that a crash cut short. It was never acknowledged, and is dropped. */
  readonly tornBytes: number;
  /** Where records stop making sense although more follow; what follows is set aside. */
  readonly corruption: Corruption | undefined;
}

/** A place at which a journal is damaged. */
export interface Corruption {
  readonly file: string;
  /** Bytes before the damage, all of them good. */
  readonly offset: number;
  /** Where the damaged file and those after it were put. */
  readonly setAside: readonly string[];
}

/** A journal cannot do its work for a reason outside of the program, which is the `cause`. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/**
 * Records in order, kept over restarts and `kill -9`. Appending is synchronous, so that the order
 * of records is the order of what they tell of; `flush` then says when they are safe.
 *
 *     recover ──▶ append* flush* (beginCompaction append* endCompaction)* ──▶ close
 */
export interface Journal {
  /** Hands each record to `replay`, in order. Once, before anything else. */
  recover(replay: (record: Uint8Array) => void): Promise<Recovery>;
  /** False while too much waits to be written, as with a full disk. Ask before a change. */
  readonly hasRoom: boolean;
  /** Adds a record at the end. The bytes must not change afterwards. */
  append(record: Uint8Array): void;
  /**
   * Resolves when everything appended so far is kept. Rejects with a `JournalError` when it could
   * not be written; it then still waits, and the next append or flush tries again.
   */
  flush(): Promise<void>;
  /** Whether the journal has grown enough for a compaction to pay. */
  readonly wantsCompaction: boolean;
  /** From here on the appended records alone, with all that follow, shall tell the whole story. */
  beginCompaction(): void;
  /** They do: what is older than `beginCompaction` goes once they are kept. */
  endCompaction(): Promise<void>;
  /** Flushes and lets go. Nothing may follow. */
  close(): Promise<void>;
}
