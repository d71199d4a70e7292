import type { Cancel, Clock, Log, RightOfWay } from '../../base/index.ts';
import type { Timeline } from '../../live/index.ts';
import { problemAnswer } from './answer.ts';
import type { Answer } from './delivery.ts';

/** One request that waits for media. */
interface Held {
  /** The answer once there is one; undefined goes on waiting. */
  readonly poll: () => Answer | undefined;
  readonly reply: (answer: Answer) => void;
  /** The answer when the wait has been too long. */
  readonly tooLate: () => Answer;
  readonly sinceMs: number;
  readonly deadlineMs: number;
}

/** What the owner counts of held requests. */
export interface HeldObserver {
  /** A held request was answered (`timedOut`: with 503) after `waitedMs`. */
  answered(waitedMs: number, timedOut: boolean): void;
}

/** Held requests over all renditions; more are refused rather than queued without end. */
export const MAX_HELD = 100_000;

/** Counts what all hold lists of a server hold together. */
export class HeldCount {
  now = 0;
}

/** What a hold list needs of its owner. */
export interface HoldSettings {
  readonly timeline: Timeline;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: HeldObserver;
  readonly count: HeldCount;
  /** Taken when what was waited for is answered in time. */
  readonly rightOfWay: RightOfWay;
}

/**
 * The requests that wait for one rendition. A request costs one entry, a change one pass. A fault
 * in answering one is that request's 500: nobody is there to catch it, and others are waiting.
 */
export class HoldList {
  readonly #timeline: Timeline;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #observer: HeldObserver;
  readonly #count: HeldCount;
  readonly #rightOfWay: RightOfWay;
  readonly #held = new Set<Held>();
  #watching = false;
  #cancelTimer: Cancel | undefined;

  constructor(settings: HoldSettings) {
    const { timeline, clock, log, observer, count, rightOfWay } = settings;
    this.#timeline = timeline;
    this.#clock = clock;
    this.#log = log;
    this.#observer = observer;
    this.#count = count;
    this.#rightOfWay = rightOfWay;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Whether one more request may wait. */
  get hasRoom(): boolean {
    return this.#count.now < MAX_HELD;
  }

  /** Holds a request for at most `waitMs`; the returned function forgets it. */
  hold(request: Pick<Held, 'poll' | 'reply' | 'tooLate'>, waitMs: number): Cancel {
    const sinceMs = this.#clock.monotonicMs();
    const held: Held = { ...request, sinceMs, deadlineMs: sinceMs + waitMs };
    this.#held.add(held);
    this.#count.now += 1;
    this.#watch();
    this.#arm();
    return () => {
      this.#forget(held);
    };
  }

  #forget(held: Held): void {
    if (this.#held.delete(held)) this.#count.now -= 1;
  }

  /** One loop serves all: it runs while anybody waits. */
  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    void this.#timeline.changed.next().then(() => {
      this.#watching = false;
      this.#flush();
      if (this.#held.size > 0) this.#watch();
    });
  }

  #flush(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const held of this.#held) {
      const ready = this.#poll(held);
      if (ready === undefined) continue;
      this.#rightOfWay.take();
      this.#answer(held, ready);
      this.#observer.answered(nowMs - held.sinceMs, false);
    }
  }

  /** Entries of a list wait about equally long, so the oldest is always due first. */
  #arm(): void {
    if (this.#cancelTimer !== undefined) return;
    const [oldest] = this.#held;
    if (oldest === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    this.#cancelTimer = this.#clock.after(Math.max(1, oldest.deadlineMs - nowMs), () => {
      this.#cancelTimer = undefined;
      this.#expire();
      this.#arm();
    });
  }

  #expire(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const held of this.#held) {
      if (held.deadlineMs > nowMs) break;
      this.#answer(held, held.tooLate());
      this.#observer.answered(nowMs - held.sinceMs, true);
    }
  }

  /** Answers everybody now, for shutting down: with what there is, or that the server stops. */
  release(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const held of [...this.#held]) {
      this.#answer(held, this.#poll(held) ?? stopping());
    }
  }

  #poll(held: Held): Answer | undefined {
    try {
      return held.poll();
    } catch (error) {
      this.#log.error({ error }, 'held request failed');
      return problemAnswer('internal_error', 'Cannot answer request: the server failed', 0);
    }
  }

  #answer(held: Held, answer: Answer): void {
    this.#forget(held);
    try {
      held.reply(answer);
    } catch (error) {
      this.#log.error({ error }, 'held request failed');
    }
  }
}

function stopping(): Answer {
  return problemAnswer('shutting_down', 'Cannot wait for media: the server is stopping', 0);
}
