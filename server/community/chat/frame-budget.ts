/** Frames that a client may send at once, and each second: a person types far less. */
const BURST_FRAMES = 30;
const FRAMES_PER_SECOND = 10;

/** How many frames a client may still send. */
export class FrameBudget {
  #left = BURST_FRAMES;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** Takes one; false when there is none left. */
  take(nowMs: number): boolean {
    const grown = ((nowMs - this.#atMs) * FRAMES_PER_SECOND) / 1000;
    this.#left = Math.min(BURST_FRAMES, this.#left + grown) - 1;
    this.#atMs = nowMs;
    return this.#left >= 0;
  }
}
