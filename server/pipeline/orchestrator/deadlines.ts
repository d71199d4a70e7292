import type { Cancel, Clock, Log } from '../../base/index.ts';
import type { OrchestratedRendition } from './orchestrated-stream.ts';

/** What deadlines need of their owner. */
export interface DeadlinesSettings {
  readonly clock: Clock;
  readonly log: Log;
  readonly due: (rendition: OrchestratedRendition, nowMs: number) => void;
}

/** Renditions that wait for something, and one timer for the first of them that gives up. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #due: (rendition: OrchestratedRendition, nowMs: number) => void;
  readonly #waiting = new Set<OrchestratedRendition>();
  #armedForMs = Number.POSITIVE_INFINITY;
  #cancel: Cancel | undefined;

  /**
   * `due` is called for each rendition whose deadline has come. One that it fails for waits no
   * more until it is watched again: nobody is there to catch the fault, and others are waiting.
   */
  constructor({ clock, log, due }: DeadlinesSettings) {
    this.#clock = clock;
    this.#log = log;
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
      const deadlineMs = this.#serve(rendition, nowMs);
      if (deadlineMs === undefined) this.#waiting.delete(rendition);
      else nextMs = Math.min(nextMs, deadlineMs);
    }
    if (nextMs < this.#armedForMs) this.#arm(nextMs);
  }

  /** When to look at the rendition again; undefined for never. */
  #serve(rendition: OrchestratedRendition, nowMs: number): number | undefined {
    try {
      const { sequencer } = rendition;
      if ((sequencer.nextDeadlineMs() ?? Number.POSITIVE_INFINITY) <= nowMs) {
        this.#due(rendition, nowMs);
      }
      return sequencer.nextDeadlineMs();
    } catch (error) {
      const { streamId } = rendition;
      this.#log.error({ error, streamId, rendition: rendition.rendition.name }, 'deadline failed');
      return undefined;
    }
  }
}
