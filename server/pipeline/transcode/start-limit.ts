/** How often a source that is new, or new again, may have an encoder started for it. */

/** Encoders of one broadcast that have not ended, above which none is started for a new source. */
const MAX_RUNNING = 3;
/** Encoders that are started for new sources in any `WINDOW_MS`. */
const MAX_STARTS = 3;
const WINDOW_MS = 3_000;

/**
 * A publisher says what its video is, and may say something else with each keyframe. Each start is
 * a process, so that what it may ask for is bounded in number and in time.
 */
export class StartLimit {
  #startsMs: number[] = [];
  #running = 0;

  /** Encoders that have not ended. */
  get running(): number {
    return this.#running;
  }

  /** Whether one may be started for a new source. */
  allows(nowMs: number): boolean {
    this.#forget(nowMs);
    return this.#running < MAX_RUNNING && this.#startsMs.length < MAX_STARTS;
  }

  /** One has been started, for whatever reason. */
  started(nowMs: number): void {
    this.#forget(nowMs);
    this.#running += 1;
    this.#startsMs.push(nowMs);
  }

  /** One has ended. */
  ended(): void {
    this.#running -= 1;
  }

  #forget(nowMs: number): void {
    this.#startsMs = this.#startsMs.filter((atMs) => nowMs - atMs < WINDOW_MS);
  }
}
