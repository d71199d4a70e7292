import type { KeyAndStream } from './key-table.ts';
import type { Stream } from './stream.ts';

/** Keys that go on working while the database is away. */
export const MAX_KNOWN_KEYS = 20_000;
/** Most of them are some 600 bytes, but a stream may have a long description. */
const MAX_KNOWN_BYTES = 32 * 1024 * 1024;
const LEAST_BYTES = 600;

/** What was last seen of the keys that were used last, by their hash. */
export class KnownKeys {
  readonly #most: number;
  /** In the order of their last use. */
  readonly #byHash = new Map<string, KeyAndStream>();
  readonly #hashesByStream = new Map<string, Set<string>>();
  readonly #mostBytes: number;
  #sizeBytes = 0;

  constructor(most = MAX_KNOWN_KEYS, mostBytes = MAX_KNOWN_BYTES) {
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  get size(): number {
    return this.#byHash.size;
  }

  get(hash: string): KeyAndStream | undefined {
    return this.#byHash.get(hash);
  }

  /** Remembers what was seen; those that were used longest ago give way. */
  put(seen: KeyAndStream): void {
    const { hash } = seen.key;
    this.remove(hash);
    this.#byHash.set(hash, seen);
    this.#sizeBytes += bytesOf(seen);
    const hashes = this.#hashesByStream.get(seen.stream.id);
    if (hashes === undefined) this.#hashesByStream.set(seen.stream.id, new Set([hash]));
    else hashes.add(hash);
    for (const oldest of this.#byHash.keys()) {
      if (this.#byHash.size <= this.#most && this.#sizeBytes <= this.#mostBytes) break;
      this.remove(oldest);
    }
  }

  remove(hash: string): void {
    const seen = this.#byHash.get(hash);
    if (seen === undefined) return;
    this.#byHash.delete(hash);
    this.#sizeBytes -= bytesOf(seen);
    const hashes = this.#hashesByStream.get(seen.stream.id);
    hashes?.delete(hash);
    if (hashes?.size === 0) this.#hashesByStream.delete(seen.stream.id);
  }

  /** Gives all known keys of a stream what it is now. */
  refresh(stream: Stream): void {
    for (const hash of this.#hashesByStream.get(stream.id) ?? []) {
      const seen = this.#byHash.get(hash);
      if (seen === undefined) continue;
      const next = { ...seen, stream };
      this.#sizeBytes += bytesOf(next) - bytesOf(seen);
      this.#byHash.set(hash, next);
    }
  }

  /** Forgets all keys of a stream. */
  removeStream(streamId: string): void {
    for (const hash of [...(this.#hashesByStream.get(streamId) ?? [])]) this.remove(hash);
  }
}

/** About; text is two bytes a character at worst. */
function bytesOf({ stream }: KeyAndStream): number {
  const texts = [stream.title, stream.description, stream.category, stream.ladder];
  return texts.reduce((sum, text) => sum + 2 * (text ?? '').length, LEAST_BYTES);
}
