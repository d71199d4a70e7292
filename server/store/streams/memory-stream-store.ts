import { assert } from '../../base/index.ts';
import type { StreamRecord, StreamStore } from './stream-store.ts';

/** Forgets everything with the process: for tests, and for a server that should leave no trace. */
export class MemoryStreamStore implements StreamStore {
  readonly #records = new Map<string, StreamRecord>();
  #closed = false;

  async load(): Promise<readonly StreamRecord[]> {
    return [...this.#records.values()];
  }

  async put(record: StreamRecord): Promise<void> {
    assert(!this.#closed, `Cannot put stream ${record.id}: the store is closed`);
    this.#records.set(record.id, record);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
