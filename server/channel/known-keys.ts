import type { KeyAndStream } from './key-table.ts';
import type { Stream } from './stream.ts';

/** Keys that go on working while the database is away; some 600 bytes each. */
export const MAX_KNOWN_KEYS = 20_000;

/** What was last seen of the keys that were used last, by their hash. */
export class KnownKeys {
  readonly #most: number;
  /** In the order of their last use. */
  readonly #byHash = new Map<string, KeyAndStream>();
  readonly #hashesByStream = new Map<string, Set<string>>();

  constructor(most = MAX_KNOWN_KEYS) {
    this.#most = most;
  }

  get size(): number {
    return this.#byHash.size;
  }

  get(hash: string): KeyAndStream | undefined {
    return this.#byHash.get(hash);
  }

  /** Remembers what was seen; the one that was used longest ago gives way. */
  put(seen: KeyAndStream): void {
    const { hash } = seen.key;
    this.remove(hash);
    this.#byHash.set(hash, seen);
    const hashes = this.#hashesByStream.get(seen.stream.id);
    if (hashes === undefined) this.#hashesByStream.set(seen.stream.id, new Set([hash]));
    else hashes.add(hash);
    const [oldest] = this.#byHash.keys();
    if (this.#byHash.size > this.#most && oldest !== undefined) this.remove(oldest);
  }

  remove(hash: string): void {
    const seen = this.#byHash.get(hash);
    if (seen === undefined) return;
    this.#byHash.delete(hash);
    const hashes = this.#hashesByStream.get(seen.stream.id);
    hashes?.delete(hash);
    if (hashes?.size === 0) this.#hashesByStream.delete(seen.stream.id);
  }

  /** Gives all known keys of a stream what it is now. */
  refresh(stream: Stream): void {
    for (const hash of this.#hashesByStream.get(stream.id) ?? []) {
      const seen = this.#byHash.get(hash);
      if (seen !== undefined) this.#byHash.set(hash, { ...seen, stream });
    }
  }

  /** Forgets all keys of a stream. */
  removeStream(streamId: string): void {
    for (const hash of [...(this.#hashesByStream.get(streamId) ?? [])]) this.remove(hash);
  }
}
