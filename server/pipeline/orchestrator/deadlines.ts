import type { Cancel, Clock } from '../../base/index.ts';
import type { OrchestratedRendition } from './orchestrated-stream.ts';

/** Renditions that wait for something, and one timer for the first of them that gives up. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #due: (rendition: OrchestratedRendition, nowMs: number) => void;
  readonly #waiting = new Set<OrchestratedRendition>();
  #armedForMs = Number.POSITIVE_INFINITY;
  #cancel: Cancel | undefined;

  /** `due` is called for each rendition whose deadline has come. */
  constructor(clock: Clock, due: (rendition: OrchestratedRendition, nowMs: number) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  /** Looks at a rendition anew after anything happened to it. */
  watch(rendition: OrchestratedRendition): void {
    const deadlineMs = rendition.sequencer.nextDeadlineMs();
    if (deadlineMs === undefined) {
      this.#waiting.delete(rendition);
      return;
    }
    this.#waiting.add(rendition);
    if (deadlineMs < this.#armedForMs) this.#arm(deadlineMs);
  }

  stop(): void {
    this.#cancel?.();
    this.#waiting.clear();
    this.#armedForMs = Number.POSITIVE_INFINITY;
  }

  #arm(deadlineMs: number): void {
    this.#cancel?.();
    this.#armedForMs = deadlineMs;
    const delayMs = Math.max(1, deadlineMs - this.#clock.monotonicMs());
    this.#cancel = this.#clock.after(delayMs, () => this.#fire());
  }

  #fire(): void {
    this.#cancel = undefined;
    this.#armedForMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.monotonicMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const rendition of [...this.#waiting]) {
      const { sequencer } = rendition;
      if ((sequencer.nextDeadlineMs() ?? Number.POSITIVE_INFINITY) <= nowMs) {
        this.#due(rendition, nowMs);
      }
      const deadlineMs = sequencer.nextDeadlineMs();
      if (deadlineMs === undefined) this.#waiting.delete(rendition);
      else nextMs = Math.min(nextMs, deadlineMs);
    }
    if (nextMs < this.#armedForMs) this.#arm(nextMs);
  }
}
