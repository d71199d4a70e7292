/**
 * The rungs that the publishers of one broadcast send themselves. A rung outlives its publisher:
 * one of the next with the same name goes on in the same feed.
 */
import { type Feed, MAX_RUNGS } from '../../live/index.ts';
import type { MediaEvent } from '../../media/index.ts';

/** Why an event of a rung went nowhere. */
export type RungRefusal =
  /** Somebody else, such as a transcoder, publishes a rung of that name. */
  | 'rung_taken'
  /** The publishers of the broadcast have sent rungs of too many names. */
  | 'too_many_rungs';

/** See the top of the file. */
export class PublicationRungs {
  readonly #feed: Feed;
  readonly #own = new Map<string, Feed>();

  /** `feed` is the broadcast's. */
  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** Publishes an event of rung `name`; returns why not if it cannot. */
  publish(name: string, event: MediaEvent): RungRefusal | undefined {
    let rung = this.#own.get(name);
    if (rung === undefined) {
      const refusal = this.#refusal(name);
      if (refusal !== undefined) return refusal;
      rung = this.#feed.openRung(name);
      this.#own.set(name, rung);
    }
    rung.publish(event);
    return undefined;
  }

  /** Ends the rungs, after the feed has been closed. */
  close(): void {
    for (const rung of this.#own.values()) rung.close();
  }

  #refusal(name: string): RungRefusal | undefined {
    if (this.#feed.rungs.has(name)) return 'rung_taken';
    return this.#feed.rungs.size >= MAX_RUNGS ? 'too_many_rungs' : undefined;
  }
}
