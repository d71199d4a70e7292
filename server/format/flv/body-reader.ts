import { Violation } from '../../base/index.ts';

/** Reads the big-endian header fields of one message body; past its end is a Violation `flv_truncated`. */
export class BodyReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** An unsigned field of 1 to 4 bytes. */
  unsigned(length: number): number {
    this.#need(length);
    let value = 0;
    for (let i = 0; i < length; i++) value = value * 256 + (this.#bytes[this.#at++] ?? 0);
    return value;
  }

  /** SI24, the composition time. */
  signed24(): number {
    return (this.unsigned(3) << 8) >> 8;
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  /** A view of all that is left. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  #need(length: number): void {
    if (length <= this.left) return;
    throw new Violation(
      'flv_truncated',
      `Media message of ${this.#bytes.length} bytes ends where ${length} more are needed at ${this.#at}`,
    );
  }
}
