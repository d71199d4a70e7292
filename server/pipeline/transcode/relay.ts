/**
 * Encoders of one broadcast in the order in which they were fed, and the rungs they publish to. One
 * is heard at a time: the next one when it has ended.
 */
import type { Feed } from '../../live/index.ts';
import type { Ticks } from '../../media/index.ts';
import type { EncodeSession, RungEvent } from './encode-session.ts';
import { RungOutlet } from './rung-outlet.ts';

/**
 * Encoders in the row: one that is heard, one that waits for its end, and one more; for another, the
 * oldest is ended by force. How many are started at all is for `StartLimit` to say.
 */
const MAX_SESSIONS = 3;

/** See the top of the file. */
export class Relay {
  readonly #source: Feed;
  readonly #outlets = new Map<string, RungOutlet>();
  /** Those that have not ended or not been heard, oldest first; the first one is heard. */
  readonly #sessions: EncodeSession[] = [];
  #droppedSamples = 0;

  /** Opens the rungs of `source` as they come up. */
  constructor(source: Feed) {
    this.#source = source;
  }

  /** Samples that encoders were too slow for. */
  get droppedSamples(): number {
    let count = this.#droppedSamples;
    for (const session of this.#sessions) count += session.droppedSamples;
    return count;
  }

  /** Holes that readers of the rungs were told of, over all rungs. */
  get discontinuities(): number {
    let count = 0;
    for (const outlet of this.#outlets.values()) count += outlet.discontinuities;
    return count;
  }

  /** Opens `rungs`, so that readers know of them before there is anything to read. */
  open(rungs: readonly string[]): void {
    for (const rung of rungs) this.#outlet(rung);
  }

  /** `session` is heard when those before it have ended. */
  add(session: EncodeSession): void {
    this.#sessions.push(session);
    if (this.#sessions.length > MAX_SESSIONS) this.#sessions[0]?.kill();
    this.settle();
  }

  /** Lets go of those that have ended, oldest first, and hears the first that has not. */
  settle(): void {
    for (let first = this.#sessions[0]; first !== undefined; first = this.#sessions[0]) {
      first.hear();
      if (first.end === undefined) return;
      if (!first.isComplete) this.hole(first.rungs, 'encoder_ended');
      this.#droppedSamples += first.droppedSamples;
      this.#sessions.shift();
    }
  }

  /** Publishes what the encoder that is heard has made. */
  publish(event: RungEvent): void {
    const outlet = this.#outlet(event.rung);
    if (event.type === 'track') outlet.track(event.track);
    else outlet.sample(event.sample);
  }

  /** Something of each of `rungs` is missing before `beforePts`; by default what comes next. */
  hole(rungs: readonly string[], reason: string, beforePts?: Ticks): void {
    for (const rung of rungs) this.#outlet(rung).hole(reason, beforePts);
  }

  /** Something of every rung is missing before `beforePts`. */
  interrupt(reason: string, beforePts: Ticks): void {
    for (const outlet of this.#outlets.values()) outlet.hole(reason, beforePts);
  }

  /** Up to where each of `rungs` is published; undefined when one of them is not at all. */
  publishedUntil(rungs: readonly string[]): ReadonlyMap<string, Ticks> | undefined {
    const until = new Map(rungs.map((rung) => [rung, this.#outlet(rung).lastPts]));
    return [...until.values()].every(Number.isFinite) ? until : undefined;
  }

  /** What is heard next goes on right after what each of `rungs` has published. */
  mend(rungs: readonly string[]): void {
    for (const rung of rungs) this.#outlet(rung).mend();
  }

  /** Whether each of `rungs` is still to publish what is shown at `pts`. */
  isAhead(rungs: readonly string[], pts: Ticks): boolean {
    return rungs.every((rung) => this.#outlet(rung).lastPts < pts);
  }

  /** More is held than may be: the encoder that the others wait for has to end. */
  killFirst(): void {
    this.#sessions[0]?.kill();
  }

  /** Ends what still runs, by force, and the rungs. */
  close(): void {
    for (const session of this.#sessions) session.kill();
    for (const outlet of this.#outlets.values()) outlet.close();
  }

  #outlet(rung: string): RungOutlet {
    let outlet = this.#outlets.get(rung);
    if (outlet === undefined) {
      outlet = new RungOutlet(this.#source.openRung(rung));
      this.#outlets.set(rung, outlet);
    }
    return outlet;
  }
}
