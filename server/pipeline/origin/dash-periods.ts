/**
 * Cuts renditions into periods, all at the same segments.
 *
 * P1 Within a period the renditions are the same from its first segment on, each with one init
 *    segment, no discontinuity and no missing number: players read that of a period once.
 * P2 What was published of a period stays: what ends it is known late where a rendition is late,
 *    so the cut comes at the first segment that was not listed yet. A rendition that ended before
 *    it is listed up to there.
 * P3 Neighbours have the same kinds of media, or players stop for good where one kind ends. A
 *    stretch without one is not listed, and they jump it; a stream whose kinds have changed for
 *    good begins anew.
 */
import type { ListedSegment, Listing } from './dash-listing.ts';

/** A rendition's segments in one period, without a hole. */
export interface PeriodTrack {
  readonly listing: Listing;
  readonly segments: readonly ListedSegment[];
  /** Bits per second of the rendition alone, as of when the period was published first. */
  readonly bandwidth: number;
}

/** One period with what is listed in it. */
export interface ListedPeriod {
  /** Of the segment it begins with. */
  readonly mediaSequenceNumber: number;
  /** On the presentation's timeline. */
  readonly startMs: number;
  readonly tracks: readonly PeriodTrack[];
}

/** What holds for one rendition throughout a period. */
interface Member {
  readonly init: string;
  readonly bandwidth: number;
  /** Number of the first segment that is not its own any more. */
  end: number;
}

interface BookedPeriod {
  readonly mediaSequenceNumber: number;
  readonly startMs: number;
  readonly kinds: string;
  readonly members: ReadonlyMap<string, Member>;
  /** Number of the first segment after it. */
  end: number;
}

type Entry = Listing['entries'][number];
type Kind = ListedSegment['track']['kind'];

/** A period that lacks a rendition is shown all the same once it holds so many whole segments. */
const PATIENCE_SEGMENTS = 2;
/** A kind of media that was in none of so many segments is not waited for. */
const MOST_SEGMENTS_WITHOUT = 8;
const NEVER: number = Number.POSITIVE_INFINITY;

/** See the top of the file. Remembers what was listed. */
export class PeriodBook {
  #periods: BookedPeriod[] = [];
  /** Above every number listed so far. */
  #unlisted = 0;

  /** The periods of `listings`, oldest first. */
  update(listings: readonly Listing[]): ListedPeriod[] {
    const firsts = listings.flatMap(({ entries }) => entries[0]?.mediaSequenceNumber ?? []);
    if (firsts.length === 0) return [];
    const first = Math.min(...firsts);
    // Who has not seen what came between cannot tell whether the period went on.
    if (this.#unlisted < first) this.#periods = [];
    this.#periods = this.#periods.filter(({ end }) => end > first);
    for (const period of this.#periods) this.#cut(period, listings);
    while (this.#periods.at(-1)?.end !== NEVER) {
      const next = this.#begin(
        listings,
        this.#periods.at(-1)?.end ?? Math.max(first, this.#unlisted),
      );
      if (next === undefined) break;
      // Neighbours alike (P3).
      if (this.#periods.at(-1)?.kinds !== next.kinds) this.#periods = [];
      this.#periods.push(next);
      this.#cut(next, listings);
    }
    const listed = this.#periods.flatMap((period) => listedIn(period, listings) ?? []);
    for (const { segments } of listed.flatMap(({ tracks }) => tracks)) {
      const last = segments.at(-1)?.mediaSequenceNumber ?? 0;
      this.#unlisted = Math.max(this.#unlisted, last + 1);
    }
    return listed;
  }

  /** Ends the rows of `period` where they break off, and the period where it has to. */
  #cut(period: BookedPeriod, listings: readonly Listing[]): void {
    const isOpen = period.end === NEVER;
    for (const listing of listings) {
      const { rendition, entries } = listing;
      const member = period.members.get(rendition.name);
      // One that lags behind would hold the next period back, and miss it all the same.
      if (member === undefined && lastOf(listing) < this.#unlisted - 1) continue;
      const broken = entries.find((entry) =>
        member === undefined
          ? !entry.gap && entry.mediaSequenceNumber >= period.mediaSequenceNumber
          : breaks(entry, period, member),
      )?.mediaSequenceNumber;
      if (broken === undefined) continue;
      if (member !== undefined) member.end = Math.min(member.end, broken);
      if (isOpen) period.end = Math.min(period.end, Math.max(broken, this.#unlisted));
    }
  }

  /**
   * The first period that can be from segment `from` on; undefined while that is not known. It
   * waits for each rendition for a while: players would play it without what comes a moment later.
   */
  #begin(listings: readonly Listing[], from: number): BookedPeriod | undefined {
    const newest = Math.max(...listings.map(lastOf));
    const wanted = new Set(listings.filter((listing) => isAlive(listing, newest)).map(kindOf));
    for (let msn = from; msn <= newest; msn += 1) {
      const there = listings.filter((listing) => mediaAt(listing, msn) !== undefined);
      const late = listings.filter(
        (listing) => lastOf(listing) < msn && !listing.rendition.timeline.ended,
      );
      const lacking = wanted.difference(new Set(there.map(kindOf)));
      const awaited = late.filter((one) =>
        lacking.size === 0 ? !isMissing(one) : lacking.has(kindOf(one)),
      );
      const patience = lacking.size === 0 ? PATIENCE_SEGMENTS : MOST_SEGMENTS_WITHOUT;
      if (awaited.length > 0 && newest < msn + patience) return undefined;
      if (lacking.size === 0) return booked(there, msn);
    }
    return undefined;
  }
}

function booked(listings: readonly Listing[], msn: number): BookedPeriod | undefined {
  const [lead] = listings;
  const first = lead && mediaAt(lead, msn);
  if (first === undefined) return undefined;
  const members = new Map<string, Member>();
  for (const listing of listings) {
    const { attributes, name, peakBitrate } = listing.rendition;
    const bandwidth = attributes.bandwidth ?? attributes.statedBitrate ?? peakBitrate;
    const init = mediaAt(listing, msn)?.init ?? '';
    members.set(name, { init, bandwidth, end: NEVER });
  }
  return {
    mediaSequenceNumber: msn,
    startMs: Math.floor((first.start / first.track.timescale) * 1000),
    kinds: kindsOf(listings),
    members,
    end: NEVER,
  };
}

/** Undefined once one kind of media has left the window. */
function listedIn(period: BookedPeriod, listings: readonly Listing[]): ListedPeriod | undefined {
  const { mediaSequenceNumber, startMs, members } = period;
  const tracks = listings.flatMap((listing): PeriodTrack[] => {
    const member = members.get(listing.rendition.name);
    if (member === undefined) return [];
    const end = Math.min(period.end, member.end);
    const segments = listing.entries.filter(
      (entry): entry is ListedSegment =>
        !entry.gap &&
        entry.mediaSequenceNumber >= mediaSequenceNumber &&
        entry.mediaSequenceNumber < end,
    );
    return segments.length === 0 ? [] : [{ listing, segments, bandwidth: member.bandwidth }];
  });
  if (kindsOf(tracks.map(({ listing }) => listing)) !== period.kinds) return undefined;
  return { mediaSequenceNumber, startMs, tracks };
}

/** Whether a member of `period` does not go on in it with `entry`. */
function breaks(entry: Entry, period: BookedPeriod, member: Member): boolean {
  const { mediaSequenceNumber: begins } = period;
  if (entry.mediaSequenceNumber < begins) return false;
  if (entry.gap || entry.init !== member.init) return true;
  return entry.discontinuity && entry.mediaSequenceNumber > begins;
}

/** The listing's segment `msn`, when that has media. */
function mediaAt({ entries }: Listing, msn: number): ListedSegment | undefined {
  const entry = entries[msn - (entries[0]?.mediaSequenceNumber ?? 0)];
  return entry === undefined || entry.gap ? undefined : entry;
}

function lastOf({ entries }: Listing): number {
  return entries.at(-1)?.mediaSequenceNumber ?? 0;
}

/** Whether it has failed to come before, and may go on failing. */
function isMissing({ entries }: Listing): boolean {
  return entries.at(-1)?.gap === true;
}

function isAlive({ entries }: Listing, newest: number): boolean {
  return entries.some(
    (entry) => !entry.gap && entry.mediaSequenceNumber > newest - MOST_SEGMENTS_WITHOUT,
  );
}

function kindsOf(listings: readonly Listing[]): string {
  return [...new Set(listings.map(kindOf))].sort().join(' ');
}

function kindOf({ rendition }: Listing): Kind {
  return rendition.attributes.audio === undefined ? 'video' : 'audio';
}
