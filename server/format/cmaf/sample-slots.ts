import { malformedChunk, type SamplePlace } from './moof-reader.ts';

/** The bytes of one sample, as far as they have come. */
interface Slot {
  readonly start: number;
  readonly size: number;
  data: Uint8Array | undefined;
}

/**
 * Takes the bytes of an mdat as they come and copies each straight into the sample it belongs to:
 * once, however the mdat is cut, and nothing is allocated for a sample before its first byte.
 */
export class SampleSlots {
  readonly #byPlace = new Map<SamplePlace, Slot>();
  /** In the order of their bytes. */
  readonly #slots: Slot[];
  #next = 0;

  /** Samples of 0 bytes get no slot. */
  constructor(samples: readonly SamplePlace[]) {
    for (const sample of samples) {
      if (sample.size === 0) continue;
      const { start, size } = sample;
      this.#byPlace.set(sample, { start, size, data: undefined });
    }
    this.#slots = [...this.#byPlace.values()].sort((a, b) => a.start - b.start);
  }

  /** True when no byte is wanted. */
  get empty(): boolean {
    return this.#slots.length === 0;
  }

  /**
   * Throws `mp4_chunk_malformed` when samples lie outside the mdat between these offsets or share
   * bytes, which could make much of little.
   */
  check(body: number, end: number): void {
    let free = body;
    for (const { start, size } of this.#slots) {
      if (start < free || start + size > end) {
        throw malformedChunk(`sample at byte ${start} is outside its mdat or overlaps another`);
      }
      free = start + size;
    }
  }

  /** Takes the bytes at `position` in the file; keeps none of `piece` itself. */
  take(piece: Uint8Array, position: number): void {
    const end = position + piece.length;
    for (let slot = this.#slots[this.#next]; slot !== undefined; slot = this.#slots[this.#next]) {
      const slotEnd = slot.start + slot.size;
      if (slot.start >= end) return;
      const from = Math.max(slot.start, position);
      const bytes = piece.subarray(from - position, Math.min(slotEnd, end) - position);
      if (bytes.length === slot.size) slot.data = new Uint8Array(bytes);
      else {
        slot.data ??= new Uint8Array(slot.size);
        slot.data.set(bytes, from - slot.start);
      }
      if (slotEnd > end) return;
      this.#next++;
    }
  }

  /** The bytes of a sample, complete when its mdat is; undefined when it has none. */
  dataOf(sample: SamplePlace): Uint8Array | undefined {
    return this.#byPlace.get(sample)?.data;
  }
}
