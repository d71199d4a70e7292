import type { Log } from '../../base/index.ts';
import type { OrchestratedStream } from './orchestrated-stream.ts';
import { decodeRecord, type JournalRecord } from './record.ts';
import type { StreamShelf } from './stream-shelf.ts';

/** Does again what the records of a journal tell. */
export class Replay {
  readonly #streams: StreamShelf;
  readonly #log: Log;
  readonly #nowMs: number;
  #skipped = 0;

  constructor(streams: StreamShelf, log: Log, nowMs: number) {
    this.#streams = streams;
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** Records that could not be taken up. */
  get skipped(): number {
    return this.#skipped;
  }

  /** One record that cannot be taken up costs that record, not all streams. */
  apply(bytes: Uint8Array): void {
    try {
      this.#do(decodeRecord(bytes));
    } catch (error) {
      this.#skipped += 1;
      this.#log.error({ error, sizeBytes: bytes.length }, 'journal record cannot be taken up');
    }
  }

  #do(record: JournalRecord): void {
    const id = record.stream;
    if (record.kind === 'snapshot') {
      this.#streams.restore(id, record.state, this.#nowMs);
    } else if (record.kind === 'evicted') {
      this.#streams.forget(id);
    } else if (record.kind === 'created') {
      // A snapshot may tell of it already.
      if (this.#streams.get(id) === undefined) this.#streams.create(id, record.defaultWindowSize);
    } else {
      this.#change(this.#streams.get(id) ?? this.#streams.create(id), record);
    }
  }

  #change(
    stream: OrchestratedStream,
    record: Exclude<JournalRecord, { kind: 'snapshot' | 'created' | 'evicted' }>,
  ): void {
    const nowMs = this.#nowMs;
    switch (record.kind) {
      case 'declared':
        stream.declare(record.settings);
        break;
      case 'ended':
        for (const { sequencer } of stream.renditions.values()) sequencer.end(nowMs);
        this.#streams.end(stream);
        break;
      case 'described':
        stream.describe(record.rendition, record.attributes);
        break;
      case 'segment':
        stream.rendition(record.rendition).sequencer.register(record.segment, nowMs);
        break;
      case 'part':
        stream.rendition(record.rendition).sequencer.registerPart(record.part, nowMs);
        break;
      case 'served':
        stream.rendition(record.rendition).sequencer.served();
        break;
      case 'passed':
        stream.rendition(record.rendition).sequencer.pass(record.upTo, nowMs);
        break;
    }
  }
}
