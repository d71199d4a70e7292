import type { Cancel, Clock } from '../../base/index.ts';

/** After Redis said no the first time, and at most: all rooms ask again at about the same time. */
const FIRST_MS = 2_000;
const LONGEST_MS = 16_000;

/** When a room that Redis said no to tries again: later each time, until it was let in. */
export class MergeRetry {
  readonly #clock: Clock;
  readonly #task: () => void;
  #waitMs = FIRST_MS;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, task: () => void) {
    this.#clock = clock;
    this.#task = task;
  }

  /** Does the task in a while, once however often this is asked. */
  later(): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(this.#waitMs, () => {
      this.#waitMs = Math.min(LONGEST_MS, 2 * this.#waitMs);
      this.#task();
    });
  }

  /** Does it no more. */
  cancel(): void {
    this.#cancel?.();
  }

  /** It was let in: the next time is the first one again. */
  reset(): void {
    this.cancel();
    this.#waitMs = FIRST_MS;
  }
}
