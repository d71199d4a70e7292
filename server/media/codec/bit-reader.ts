import { Violation } from '../../base/index.ts';

/** The largest decoder configuration we accept; real ones are under 4 KiB even with SEI inside. */
export const MAX_CONFIG_BYTES = 65_536;

/** Reads big-endian bit fields of a decoder configuration; every read past its end is a Violation. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #bit = 0;

  /** `what` opens the Violation codes, as in `avc_sps` giving `avc_sps_truncated`. */
  constructor(bytes: Uint8Array, what: string) {
    if (bytes.length > MAX_CONFIG_BYTES) {
      throw new Violation(
        `${what}_too_large`,
        `${what} has ${bytes.length} bytes, more than ${MAX_CONFIG_BYTES}`,
      );
    }
    this.#bytes = bytes;
    this.#what = what;
  }

  /** Bits not read yet. */
  get bitsLeft(): number {
    return this.#bytes.length * 8 - this.#bit;
  }

  /** An unsigned field of 0 to 32 bits. */
  bits(count: number): number {
    if (count > this.bitsLeft) {
      throw new Violation(
        `${this.#what}_truncated`,
        `${this.#what} needs ${count} bits at bit ${this.#bit}, but ${this.bitsLeft} are left`,
      );
    }
    let value = 0;
    let left = count;
    while (left > 0) {
      const offset = this.#bit & 7;
      const take = Math.min(8 - offset, left);
      const byte = this.#bytes[this.#bit >> 3] ?? 0;
      value = value * 2 ** take + ((byte >> (8 - offset - take)) & ((1 << take) - 1));
      this.#bit += take;
      left -= take;
    }
    return value;
  }

  /** One bit as a truth value. */
  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** Passes over any number of bits. */
  skip(count: number): void {
    if (count > this.bitsLeft) this.bits(33);
    this.#bit += count;
  }

  /** A field of 1 to 32 bits without passing over it; undefined when fewer are left. */
  peek(count: number): number | undefined {
    if (count > this.bitsLeft) return undefined;
    const start = this.#bit;
    const value = this.bits(count);
    this.#bit = start;
    return value;
  }

  /** Exp-Golomb ue(v) (H.264 section 9.1), at most `max`. */
  ue(max = 0xffffffff): number {
    let zeros = 0;
    while (this.bits(1) === 0) {
      zeros++;
      if (zeros > 32) this.refuse('Exp-Golomb code is longer than 32 bits');
    }
    const value = 2 ** zeros - 1 + this.bits(zeros);
    if (value > max) this.refuse(`Exp-Golomb value ${value} is above ${max}`);
    return value;
  }

  /** Exp-Golomb se(v) (H.264 section 9.1.1). */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -(code / 2);
  }

  /** A view of the next `length` bytes; the reader must stand on a byte boundary. */
  bytes(length: number): Uint8Array {
    const start = this.#bit >> 3;
    this.skip(length * 8);
    return this.#bytes.subarray(start, start + length);
  }

  /** Throws the Violation `<what>_malformed`. */
  refuse(reason: string): never {
    throw new Violation(`${this.#what}_malformed`, `${this.#what} is malformed: ${reason}`);
  }
}
