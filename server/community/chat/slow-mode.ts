/** Who wrote when, as far as it decides who has to wait. */

/** Authors remembered at once; those who wrote longest ago are forgotten first. */
const MOST_AUTHORS = 50_000;

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
    if (this.#lastMs.size <= MOST_AUTHORS) return;
    const [oldest] = this.#lastMs.keys();
    if (oldest !== undefined) this.#lastMs.delete(oldest);
  }

  /** The author did not write after all. */
  takeBack(authorId: string): void {
    this.#lastMs.delete(authorId);
  }
}
