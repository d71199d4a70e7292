/** One going-live of a stream. */
export interface BroadcastRecord {
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  /** Milliseconds since the Unix epoch; null while it is on air. */
  readonly endedAtMs: number | null;
}

/** A stream as it is kept. The key itself is nowhere in it. */
export interface StreamRecord {
  readonly id: string;
  readonly broadcasterId: string;
  readonly title: string;
  /** Milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  /** HMAC-SHA-256 of the stream key under the pepper, in hex. */
  readonly keyHash: string;
  /** The end of the key, so that a person can tell which one an encoder holds. */
  readonly keyLast4: string;
  /** The qualities of its broadcasts, as LADDER writes them, or `off`; the server's when missing. */
  readonly ladder?: string | undefined;
  /** The present or last broadcast; null before the first. */
  readonly broadcast: BroadcastRecord | null;
}

/**
 * Remembers streams across restarts. Whoever opens it reads everything once and answers from
 * memory afterwards: a publisher's key is checked without waiting for a disk.
 */
export interface StreamStore {
  /** Every stream kept, in the order of their first `put`. Throws when the store is unreadable. */
  load(): Promise<readonly StreamRecord[]>;
  /**
   * Keeps `record` in place of the one with its id. Resolves when it would survive a power cut;
   * rejects when it could not be kept, and then it is as if it had never been put.
   */
  put(record: StreamRecord): Promise<void>;
  /** Resolves when everything put before is kept or refused. Nothing may be put afterwards. */
  close(): Promise<void>;
}
