import type { ListedSegment, Listing } from './dash-listing.ts';

/** Where a period begins: with which segment, and when on the presentation's timeline. */
interface PeriodStart {
  readonly mediaSequenceNumber: number;
  readonly startMs: number;
}

/** A rendition's segments in one period, without a hole. */
export interface PeriodTrack {
  readonly listing: Listing;
  readonly segments: readonly ListedSegment[];
}

/** One period with what is listed in it. */
export interface ListedPeriod extends PeriodStart {
  readonly tracks: readonly PeriodTrack[];
}

/** A period that lacks a rendition is shown all the same once it holds so many whole segments. */
const PATIENCE_SEGMENTS = 2;

/**
 * Cuts renditions into periods, all at the same segments: at a discontinuity, at another init
 * segment, and where a rendition goes missing or comes back, since segments are numbered without
 * a hole within a period. Remembers where periods began whose first segments are gone.
 */
export class PeriodBook {
  #starts: PeriodStart[] = [];

  /** The periods of `listings`, oldest first; those without media are left out. */
  update(listings: readonly Listing[]): ListedPeriod[] {
    const firsts = listings.flatMap(({ entries }) => entries[0]?.mediaSequenceNumber ?? []);
    if (firsts.length === 0) return [];
    const first = Math.min(...firsts);
    if (this.#starts.length === 0) this.#begin(first, listings);
    for (const msn of cuts(listings)) this.#begin(msn, listings);
    while ((this.#starts[1]?.mediaSequenceNumber ?? Number.POSITIVE_INFINITY) <= first) {
      this.#starts.shift();
    }
    const periods = this.#starts.map((start, at) => {
      const end = this.#starts[at + 1]?.mediaSequenceNumber ?? Number.POSITIVE_INFINITY;
      return { ...start, tracks: tracksBetween(listings, start.mediaSequenceNumber, end) };
    });
    const newest = periods.at(-1);
    if (periods.length > 1 && newest !== undefined && !isReady(newest, listings)) periods.pop();
    return periods.filter(({ tracks }) => tracks.length > 0);
  }

  #begin(msn: number, listings: readonly Listing[]): void {
    if (this.#starts.some(({ mediaSequenceNumber }) => mediaSequenceNumber === msn)) return;
    const oldest = this.#starts[0]?.mediaSequenceNumber ?? msn;
    const start = firstMedia(listings, msn);
    if (msn < oldest || start === undefined) return;
    const startMs = Math.floor((start.start / start.track.timescale) * 1000);
    this.#starts.push({ mediaSequenceNumber: msn, startMs });
    this.#starts.sort((a, b) => a.mediaSequenceNumber - b.mediaSequenceNumber);
  }
}

/** The numbers of the segments that begin a period. */
function cuts(listings: readonly Listing[]): Set<number> {
  const found = new Set<number>();
  for (const { entries } of listings) {
    let before: Listing['entries'][number] | undefined;
    for (const entry of entries) {
      const changes =
        before !== undefined &&
        (before.gap !== entry.gap || (!before.gap && !entry.gap && before.init !== entry.init));
      if (changes || (!entry.gap && entry.discontinuity)) found.add(entry.mediaSequenceNumber);
      before = entry;
    }
  }
  return found;
}

/** The earliest segment with media from `msn` on; of several, the first listing's. */
function firstMedia(listings: readonly Listing[], msn: number): ListedSegment | undefined {
  let earliest: ListedSegment | undefined;
  for (const { entries } of listings) {
    for (const entry of entries) {
      if (entry.gap || entry.mediaSequenceNumber < msn) continue;
      if (entry.mediaSequenceNumber < (earliest?.mediaSequenceNumber ?? Number.POSITIVE_INFINITY)) {
        earliest = entry;
      }
      break;
    }
  }
  return earliest;
}

function tracksBetween(listings: readonly Listing[], first: number, end: number): PeriodTrack[] {
  return listings.flatMap((listing) => {
    const segments: ListedSegment[] = [];
    for (const entry of listing.entries) {
      const msn = entry.mediaSequenceNumber;
      if (msn >= first && msn < end && !entry.gap) segments.push(entry);
    }
    return segments.length === 0 ? [] : [{ listing, segments }];
  });
}

/**
 * Whether every rendition has come to the period or been missed in it: players read the tracks of
 * a period once, and would play it without the sound that comes a moment later.
 */
function isReady(period: ListedPeriod, listings: readonly Listing[]): boolean {
  const { mediaSequenceNumber } = period;
  const last = (listing: Listing): number => listing.entries.at(-1)?.mediaSequenceNumber ?? 0;
  if (listings.some((listing) => last(listing) >= mediaSequenceNumber + PATIENCE_SEGMENTS)) {
    return true;
  }
  return listings.every(
    (listing) => listing.rendition.timeline.ended || last(listing) >= mediaSequenceNumber,
  );
}
