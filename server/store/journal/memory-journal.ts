import { assert } from '../../base/index.ts';
import {
  COMPACT_AFTER_BYTES,
  COMPACT_AT_GROWTH,
  type Journal,
  MAX_RECORD_BYTES,
  type Recovery,
} from './journal.ts';

/** A journal that is kept as long as `records` is: for tests, and for who wants no disk. */
export class MemoryJournal implements Journal {
  readonly hasRoom = true;
  readonly #records: Uint8Array[];
  #sizeBytes = 0;
  #compactAtBytes = COMPACT_AFTER_BYTES;
  #compactingFrom: number | undefined;
  #state: 'new' | 'open' | 'closed' = 'new';

  /** Another journal over the same `records` finds what this one has kept. */
  constructor(records: Uint8Array[] = []) {
    this.#records = records;
  }

  get wantsCompaction(): boolean {
    return this.#compactingFrom === undefined && this.#sizeBytes > this.#compactAtBytes;
  }

  async recover(replay: (record: Uint8Array) => void): Promise<Recovery> {
    assert(this.#state === 'new', 'a journal is recovered once');
    for (const record of this.#records) {
      this.#sizeBytes += record.length;
      replay(record);
    }
    this.#state = 'open';
    const records = this.#records.length;
    return { records, sizeBytes: this.#sizeBytes, tornBytes: 0, corruption: undefined };
  }

  append(record: Uint8Array): void {
    assert(this.#state === 'open', 'a journal is appended to while it is open');
    assert(record.length <= MAX_RECORD_BYTES, 'a record keeps to its largest size');
    this.#records.push(record);
    this.#sizeBytes += record.length;
  }

  async flush(): Promise<void> {}

  beginCompaction(): void {
    assert(this.#compactingFrom === undefined, 'one compaction runs at a time');
    this.#compactingFrom = this.#records.length;
  }

  async endCompaction(): Promise<void> {
    assert(this.#compactingFrom !== undefined, 'a compaction ends after it began');
    this.#records.splice(0, this.#compactingFrom);
    this.#compactingFrom = undefined;
    this.#sizeBytes = this.#records.reduce((sum, { length }) => sum + length, 0);
    this.#compactAtBytes = Math.max(COMPACT_AFTER_BYTES, COMPACT_AT_GROWTH * this.#sizeBytes);
  }

  async close(): Promise<void> {
    this.#state = 'closed';
  }
}
