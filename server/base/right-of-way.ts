import type { Clock } from './clock.ts';

/**
 * For how long bulk keeps out of the way: what was answered is then on its way through the kernel, and
 * at the far end of a wire that it would else share with what is in no hurry.
 */
const CLEAR_MS = 10;
/** The way is taken at most once in this time, so that bulk has two thirds of it at least. */
const AT_MOST_EVERY_MS = 30;

/**
 * Who goes first where many are sent something: an answer that was waited for takes the way, and what
 * is much and can wait for milliseconds gives way to it. Of that, who asked first goes first.
 */
export class RightOfWay {
  readonly #clock: Clock;
  readonly #nextTurn: (task: () => void) => void;
  /** Monotonic milliseconds. */
  #takenMs = Number.NEGATIVE_INFINITY;
  /** What waits for the way, in the order in which it asked. */
  #waiting: (() => void)[] = [];

  /** `nextTurn` runs a task after others had their turn, in the order asked: `setImmediate`. */
  constructor(clock: Clock, nextTurn: (task: () => void) => void) {
    this.#clock = clock;
    this.#nextTurn = nextTurn;
  }

  /** Some who waited are being answered. */
  take(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#takenMs >= AT_MOST_EVERY_MS) this.#takenMs = nowMs;
  }

  /** Runs `task` after others had their turn, and not before the way is clear. */
  yieldTo(task: () => void): void {
    const restMs = this.#takenMs + CLEAR_MS - this.#clock.monotonicMs();
    // Who comes when the way has just become clear goes behind those who wait for it.
    if (restMs <= 0 && this.#waiting.length === 0) {
      this.#nextTurn(task);
      return;
    }
    // Timers count in whole milliseconds, and would be early.
    if (this.#waiting.push(task) === 1) {
      this.#clock.after(Math.ceil(restMs), () => this.#release());
    }
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const task of waiting) this.#nextTurn(task);
  }
}
