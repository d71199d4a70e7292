import { Violation } from '../../base/index.ts';
import { parseChunks, readInitSegment } from '../../format/cmaf/index.ts';
import { MediaRing, type Rendition } from '../../live/index.ts';
import type { Ticks, Track } from '../../media/index.ts';

/** A segment that a manifest can list. */
export interface ListedSegment {
  readonly mediaSequenceNumber: number;
  readonly gap: false;
  /** It follows a discontinuity. */
  readonly discontinuity: boolean;
  readonly track: Track;
  /** File name of its init segment. */
  readonly init: string;
  /** Earliest presentation time, in ticks of the track. */
  readonly start: Ticks;
  /** Of the segment being made: what it is expected to last. */
  readonly ticks: Ticks;
  /** Milliseconds since the Unix epoch at `start`. */
  readonly epochMs: number | undefined;
}

/** A segment without media. */
interface ListedGap {
  readonly mediaSequenceNumber: number;
  readonly gap: true;
}

/** What of one rendition a manifest can list, oldest first. */
export interface Listing {
  readonly rendition: Rendition;
  readonly entries: readonly (ListedSegment | ListedGap)[];
}

/** What a segment says of itself once its first part is there. */
interface SegmentOrigin {
  readonly track: Track;
  readonly start: Ticks;
}

type TimelineSegment = Rendition['timeline']['segments'][number];
type OpenSegment = NonNullable<Rendition['timeline']['open']>;

/** EXT-X-TARGETDURATION is rounded: a segment may be so many seconds longer. */
const TARGET_ROUNDING_S = 0.5;

/**
 * Reads what playlists do not say of one rendition from the media itself: tracks from init
 * segments, start times from the first chunk of each segment, each once.
 */
export class ListingReader {
  readonly rendition: Rendition;
  readonly #ring: MediaRing;
  readonly #tracks = new Map<string, Track | undefined>();
  readonly #origins = new Map<number, SegmentOrigin | undefined>();

  constructor(rendition: Rendition, ring: MediaRing) {
    this.rendition = rendition;
    this.#ring = ring;
  }

  /** What can be listed now. */
  read(): Listing {
    const { timeline } = this.rendition;
    const { segments, open, nextMediaSequenceNumber = 0 } = timeline;
    const first = segments[0]?.mediaSequenceNumber ?? nextMediaSequenceNumber;
    for (const msn of this.#origins.keys()) if (msn < first) this.#origins.delete(msn);
    const inits = new Set([...segments, ...(open === undefined ? [] : [open])].map(initOf));
    for (const init of this.#tracks.keys()) if (!inits.has(init)) this.#tracks.delete(init);
    const entries: (ListedSegment | ListedGap)[] = segments.map((segment) => this.#whole(segment));
    if (open !== undefined && open.parts.length > 0) {
      entries.push(...this.#growing(open, nextMediaSequenceNumber, entries));
    }
    return { rendition: this.rendition, entries };
  }

  /** The open segment; one that has lost a part is given up already. */
  #growing(
    open: OpenSegment,
    mediaSequenceNumber: number,
    before: Listing['entries'],
  ): Listing['entries'] {
    if (open.parts.some(({ gap }) => gap)) return [{ mediaSequenceNumber, gap: true }];
    const said = { ...open, mediaSequenceNumber };
    const origin = this.#origin(said);
    if (origin === undefined) return [];
    let duration = 0;
    for (const part of open.parts) duration += part.duration;
    const ticks = this.#expected(duration * origin.track.timescale, origin.track, before);
    return [listed(said, origin, ticks)];
  }

  #whole(segment: TimelineSegment): ListedSegment | ListedGap {
    const origin = segment.gap ? undefined : this.#origin(segment);
    if (origin === undefined) {
      return { mediaSequenceNumber: segment.mediaSequenceNumber, gap: true };
    }
    return listed(segment, origin, Math.round(segment.duration * origin.track.timescale));
  }

  /**
   * As long as the longest one listed: players take a segment that turns out shorter, but some
   * load one again that turns out longer. One that has come further may become as long as any may.
   */
  #expected(soFar: Ticks, track: Track, entries: Listing['entries']): Ticks {
    const { ended, targetDuration } = this.rendition.timeline;
    if (ended) return Math.round(soFar);
    let longest = 0;
    for (const entry of entries) {
      if (!entry.gap && entry.track.timescale === track.timescale) {
        longest = Math.max(longest, entry.ticks);
      }
    }
    if (longest === 0) longest = targetDuration * track.timescale;
    if (soFar <= longest) return longest;
    const most = (targetDuration + TARGET_ROUNDING_S) * track.timescale;
    return Math.round(Math.max(most, soFar));
  }

  #origin(segment: Pick<TimelineSegment, 'mediaSequenceNumber' | 'init'>) {
    const { mediaSequenceNumber: msn, init } = segment;
    if (init === undefined) return undefined;
    if (!this.#origins.has(msn)) this.#origins.set(msn, this.#readOrigin(msn, init.uri));
    return this.#origins.get(msn);
  }

  #readOrigin(msn: number, init: string): SegmentOrigin | undefined {
    if (!this.#tracks.has(init)) {
      this.#tracks.set(
        init,
        this.#bytes(init, (bytes) => readInitSegment(bytes)[0]?.track),
      );
    }
    const track = this.#tracks.get(init);
    const start = this.#bytes(MediaRing.partName(msn, 0), earliestPresentation);
    return track === undefined || start === undefined ? undefined : { track, start };
  }

  /** What `read` makes of a file; undefined for what is not there or cannot be read. */
  #bytes<T>(name: string, read: (bytes: Uint8Array) => T | undefined): T | undefined {
    const found = this.#ring.lookup(name);
    const [bytes] = typeof found === 'object' && 'found' in found ? found.found : [];
    if (bytes === undefined) return undefined;
    try {
      return read(bytes);
    } catch (error) {
      if (error instanceof Violation) return undefined;
      throw error;
    }
  }
}

function initOf({ init }: Pick<TimelineSegment, 'init'>): string | undefined {
  return init?.uri;
}

function listed(
  said: Pick<TimelineSegment, 'mediaSequenceNumber' | 'init' | 'discontinuity'> & {
    readonly programDateTimeMs?: number;
  },
  { track, start }: SegmentOrigin,
  ticks: Ticks,
): ListedSegment {
  const { mediaSequenceNumber, init, discontinuity, programDateTimeMs } = said;
  return {
    mediaSequenceNumber,
    gap: false,
    discontinuity,
    track,
    init: init?.uri ?? '',
    start,
    ticks,
    epochMs: programDateTimeMs,
  };
}

/** The least of dts and composition offset together: a reordered picture may not be shown first. */
function earliestPresentation(part: Uint8Array): Ticks | undefined {
  const [chunk] = parseChunks(part);
  if (chunk === undefined) return undefined;
  let dts = chunk.baseDecodeTime;
  let earliest = Number.POSITIVE_INFINITY;
  for (const sample of chunk.samples) {
    earliest = Math.min(earliest, dts + sample.compositionOffset);
    dts += sample.duration;
  }
  return Number.isSafeInteger(earliest) && earliest >= 0 ? earliest : undefined;
}
