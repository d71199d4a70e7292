/** Undoes what returned it: a timer not fired yet never fires. Calling it twice is harmless. */
export type Cancel = () => void;

/** Time as an argument, so that tests and simulations decide how fast it passes. */
export interface Clock {
  /** Milliseconds from an arbitrary origin; never goes back. For durations and deadlines. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch; may step. For dates shown to others. */
  epochMs(): number;
  /** Runs `task` once, `delayMs` from now. The timer does not keep the process alive. */
  after(delayMs: number, task: () => void): Cancel;
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  epochMs: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

interface PendingTimer {
  readonly dueMs: number;
  readonly task: () => void;
}

/** A clock that stands still until `advance` moves it; due timers run in order of their time. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #epochOriginMs: number;
  readonly #pending = new Set<PendingTimer>();

  constructor(epochOriginMs = Date.UTC(2026, 0, 1)) {
    this.#epochOriginMs = epochOriginMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return this.#epochOriginMs + this.#nowMs;
  }

  after(delayMs: number, task: () => void): Cancel {
    const timer: PendingTimer = { dueMs: this.#nowMs + Math.max(0, delayMs), task };
    this.#pending.add(timer);
    return () => {
      this.#pending.delete(timer);
    };
  }

  /** Moves time on by `byMs` milliseconds, running each timer at its own instant. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      let next: PendingTimer | undefined;
      for (const timer of this.#pending) {
        if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
      }
      if (next === undefined) break;
      this.#pending.delete(next);
      this.#nowMs = next.dueMs;
      next.task();
    }
    this.#nowMs = endMs;
  }
}
