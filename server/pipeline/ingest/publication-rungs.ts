/**
 * The rungs that the publishers of one broadcast send themselves. A rung outlives its publisher:
 * one of the next with the same name goes on in the same feed. Where a transcoder has a rung of that
 * name, theirs is called otherwise: what two make of one picture does not fit together.
 */
import { type Feed, freeRungName, MAX_RUNGS } from '../../live/index.ts';
import type { MediaEvent } from '../../media/index.ts';

/** Why an event of a rung went nowhere. */
export type RungRefusal =
  /** The broadcast has had rungs of too many names. */
  'too_many_rungs';

interface OwnRung {
  /** What it is called in the feed. */
  readonly name: string;
  readonly feed: Feed;
}

/** See the top of the file. */
export class PublicationRungs {
  readonly #feed: Feed;
  /** By the names that publishers have for them. */
  readonly #own = new Map<string, OwnRung>();

  /** `feed` is the broadcast's. */
  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** What is published from now on comes from another publisher. */
  nextPublisher(): void {
    this.#feed.publisherRungs.clear();
  }

  /** Publishes an event of rung `name`; returns why not if it cannot. */
  publish(name: string, event: MediaEvent): RungRefusal | undefined {
    const rung = this.#own.get(name) ?? this.#open(name);
    if (rung === undefined) return 'too_many_rungs';
    this.#feed.publisherRungs.add(rung.name);
    rung.feed.publish(event);
    return undefined;
  }

  /** Ends the rungs, after the feed has been closed. */
  close(): void {
    for (const { feed } of this.#own.values()) feed.close();
  }

  #open(name: string): OwnRung | undefined {
    const { rungs } = this.#feed;
    if (rungs.size >= MAX_RUNGS) return undefined;
    const freeName = freeRungName(name, (each) => rungs.has(each));
    const rung = { name: freeName, feed: this.#feed.openRung(freeName) };
    this.#own.set(name, rung);
    return rung;
  }
}
