import { assert } from '../../base/index.ts';
import { OrchestratedStream, type StreamDefaults } from './orchestrated-stream.ts';
import type { JournalRecord, StreamSnapshot } from './record.ts';

/** Streams that are remembered at once, ended ones included. */
export const MAX_STREAMS = 10_000;

/** All streams of an orchestrator, and in which order they ended. */
export class StreamShelf {
  readonly #defaults: StreamDefaults;
  readonly #streams = new Map<string, OrchestratedStream>();
  readonly #ended = new Set<OrchestratedStream>();

  constructor(defaults: StreamDefaults) {
    this.#defaults = defaults;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Streams that have not ended. */
  get active(): number {
    return this.#streams.size - this.#ended.size;
  }

  get(id: string): OrchestratedStream | undefined {
    return this.#streams.get(id);
  }

  all(): Iterable<OrchestratedStream> {
    return this.#streams.values();
  }

  /** Makes a stream; `windowSize` stands for the default one. */
  create(id: string, windowSize = this.#defaults.windowSize): OrchestratedStream {
    assert(!this.#streams.has(id), 'a stream is created once');
    const stream = new OrchestratedStream(id, { ...this.#defaults, windowSize });
    this.#streams.set(id, stream);
    return stream;
  }

  /** Puts the stream of a snapshot in the place of whatever has its id. */
  restore(id: string, state: StreamSnapshot, nowMs: number): void {
    const before = this.#streams.get(id);
    if (before !== undefined) this.#ended.delete(before);
    const stream = OrchestratedStream.from(id, state, { defaults: this.#defaults, nowMs });
    this.#streams.set(id, stream);
    if (stream.ended) this.#ended.add(stream);
  }

  end(stream: OrchestratedStream): void {
    stream.end();
    this.#ended.add(stream);
  }

  /** Forgets the stream that ended first; undefined when none has. */
  evictOldestEnded(): OrchestratedStream | undefined {
    const [oldest] = this.#ended;
    if (oldest !== undefined) this.forget(oldest.id);
    return oldest;
  }

  /** The live stream that was not heard of since `sinceMs`, for the longest time. */
  longestSilent(sinceMs: number): OrchestratedStream | undefined {
    let found: OrchestratedStream | undefined;
    for (const stream of this.#streams.values()) {
      if (stream.ended || stream.heardMs > (found?.heardMs ?? sinceMs)) continue;
      found = stream;
    }
    return found;
  }

  /** At most `limit` streams in the order of their ids, those behind `after`. */
  page(after: string, limit: number): readonly OrchestratedStream[] {
    const ids = [...this.#streams.keys()].filter((id) => id > after).sort();
    return ids.slice(0, limit).flatMap((id) => this.#streams.get(id) ?? []);
  }

  forget(id: string): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#streams.delete(id);
    this.#ended.delete(stream);
  }

  /** A snapshot of each stream of now, made when it is asked for; ended ones in their order. */
  *snapshots(): Iterable<JournalRecord> {
    const live = [...this.#streams.values()].filter((stream) => !stream.ended);
    for (const { id } of [...this.#ended, ...live]) {
      const stream = this.#streams.get(id);
      if (stream !== undefined) yield { kind: 'snapshot', stream: id, state: stream.snapshot() };
    }
  }
}
