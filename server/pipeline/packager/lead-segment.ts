import type { LadderCut, PackagedEvent, RenditionName } from './packaged.ts';

/** The rendition whose parts and segments the rungs keep to. */
const LEADING: RenditionName = 'video';

/** A segment of the leading video as the rungs see it: it grows until the next one is cut. */
export interface LeadSegment {
  readonly cut: LadderCut;
  /** Where each of its parts so far ends, in seconds from the segment's start. */
  readonly partEndsS: readonly number[];
  /** How long it lasts, in seconds, from when it has ended; undefined also where no video leads. */
  readonly durationS: number | undefined;
}

/** Follows what is packaged of the leading video. */
export class LeadSegments {
  #newest: { cut: LadderCut; partEndsS: number[]; durationS: number | undefined } | undefined;

  /** The one that runs; undefined before the first. */
  get newest(): LeadSegment | undefined {
    return this.#newest;
  }

  /** Takes the next event of the leading renditions; returns the segment that it begins, if any. */
  take(event: PackagedEvent): LeadSegment | undefined {
    if (event.type === 'cut') {
      this.#newest = { cut: event, partEndsS: [], durationS: undefined };
      return this.#newest;
    }
    const newest = this.#newest;
    if (newest === undefined || !('rendition' in event)) return undefined;
    if (event.rendition !== LEADING) return undefined;
    if (event.type === 'part') {
      newest.partEndsS.push((newest.partEndsS.at(-1) ?? 0) + event.duration);
    } else if (event.type === 'segment' || event.type === 'gap') {
      newest.durationS = event.duration;
    }
    return undefined;
  }
}
