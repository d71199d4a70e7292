/** Lines that a client may send at once: programs join many channels when they begin. */
const BURST_LINES = 60;
const LINES_PER_SECOND = 10;

/** How many lines a client may still send. */
export class LineBudget {
  #left = BURST_LINES;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** Takes one; false when there is none left. */
  take(nowMs: number): boolean {
    const grown = ((nowMs - this.#atMs) * LINES_PER_SECOND) / 1000;
    this.#left = Math.min(BURST_LINES, this.#left + grown) - 1;
    this.#atMs = nowMs;
    return this.#left >= 0;
  }
}
