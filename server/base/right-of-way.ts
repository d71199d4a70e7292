import type { Clock } from './clock.ts';

/**
 * For how long bulk keeps out of the way: what was answered is then on its way through the kernel, and
 * at the far end of a wire that it would else share with what is in no hurry.
 */
const CLEAR_MS = 10;
/** The way is taken at most once in this time, so that bulk has two thirds of it at least. */
const AT_MOST_EVERY_MS = 30;

/**
 * Who goes first where many are sent something: whoever waited for media and is answered takes the
 * way, and what is much and can wait for milliseconds gives way to it.
 */
export class RightOfWay {
  readonly #clock: Clock;
  readonly #nextTurn: (task: () => void) => void;
  /** Monotonic milliseconds. */
  #takenMs = Number.NEGATIVE_INFINITY;

  /** `nextTurn` runs a task after others had their turn: `setImmediate`. */
  constructor(clock: Clock, nextTurn: (task: () => void) => void) {
    this.#clock = clock;
    this.#nextTurn = nextTurn;
  }

  /** Viewers who waited are being answered. */
  take(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#takenMs >= AT_MOST_EVERY_MS) this.#takenMs = nowMs;
  }

  /** Runs `task` after others had their turn, and not before the way is clear. */
  yieldTo(task: () => void): void {
    const restMs = this.#takenMs + CLEAR_MS - this.#clock.monotonicMs();
    if (restMs <= 0) this.#nextTurn(task);
    else this.#clock.after(restMs, task);
  }
}
