import { publicNetwork } from '../../account/index.ts';

/** Who wrote when, as far as it decides who has to wait. */

/** Authors remembered at once; those who wrote longest ago are forgotten first. */
const MOST_AUTHORS = 50_000;
/** No slow mode is longer. */
const LONGEST_MS = 3_600_000;

/** Lets each author write once in a while. */
export class SlowMode {
  /** Monotonic milliseconds of the last message, oldest first. */
  readonly #lastMs = new Map<string, number>();

  /** Milliseconds that the author has to wait still; 0: may write now. */
  waitMs(authorId: string, slowModeMs: number, nowMs: number): number {
    const lastMs = this.#lastMs.get(authorId);
    return lastMs === undefined ? 0 : Math.max(0, lastMs + slowModeMs - nowMs);
  }

  /** The author wrote. */
  wrote(authorId: string, nowMs: number): void {
    this.#lastMs.delete(authorId);
    this.#lastMs.set(authorId, nowMs);
    for (const [oldest, lastMs] of this.#lastMs) {
      if (this.#lastMs.size <= MOST_AUTHORS && lastMs > nowMs - LONGEST_MS) return;
      this.#lastMs.delete(oldest);
    }
  }

  /** Authors who are remembered. */
  get size(): number {
    return this.#lastMs.size;
  }

  /** The author did not write after all. */
  takeBack(authorId: string): void {
    this.#lastMs.delete(authorId);
  }
}

/** Addresses remembered at once. */
const MOST_ADDRESSES = 20_000;
/** Guests behind one router that write as much as slow mode lets each of them. */
const GUESTS_PER_ADDRESS = 5;
/** Without slow mode this many milliseconds stand for it. */
const LEAST_SLOW_MODE_MS = 1_000;

/**
 * What the guests of one address may write together: a guest can become another guest, an address
 * not so easily. IPv6 counts by its first 64 bits, which is what a connection is given.
 */
export class AddressBudget {
  /** When the budget will be full again, monotonic milliseconds; those that wrote first come first. */
  readonly #fullMs = new Map<string, number>();

  /** Milliseconds to wait; 0: may write, and has. An address that is not a guest's own always may. */
  take(address: string | undefined, slowModeMs: number, nowMs: number): number {
    const network = address === undefined ? undefined : publicNetwork(address);
    if (network === undefined) return 0;
    const windowMs = Math.max(LEAST_SLOW_MODE_MS, slowModeMs);
    const costMs = windowMs / GUESTS_PER_ADDRESS;
    const fullMs = Math.max(nowMs, this.#fullMs.get(network) ?? nowMs) + costMs;
    if (fullMs > nowMs + windowMs) return Math.ceil(fullMs - windowMs - nowMs);
    this.#fullMs.delete(network);
    this.#fullMs.set(network, fullMs);
    if (this.#fullMs.size > MOST_ADDRESSES) {
      const [oldest] = this.#fullMs.keys();
      if (oldest !== undefined) this.#fullMs.delete(oldest);
    }
    return 0;
  }
}
