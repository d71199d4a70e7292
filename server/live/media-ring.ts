/**
 * The bytes of one rendition, from a segment's first part until its Availability Duration has
 * passed (RFC 8216bis 6.2.2). A segment is its parts, held once.
 */
import { assert } from '../base/index.ts';

/** What there is under a name; `wait` is for what a playlist hints at. */
export type MediaLookup =
  | { readonly found: readonly Uint8Array[]; readonly sizeBytes: number }
  | 'wait'
  | 'expired'
  | 'never';

/** A segment that is being made, or was given up. */
export interface SegmentGrowth {
  /** Its parts so far; the list grows with them. */
  readonly parts: readonly Uint8Array[];
  /** `growing`: more may come; `whole`: this is all; `lost`: it will never be whole. */
  readonly state: 'growing' | 'whole' | 'lost';
}

interface StoredSegment {
  readonly parts: Uint8Array[];
  sizeBytes: number;
  whole: boolean;
  /** When the bytes may go, in the owner's monotonic milliseconds; undefined while it is listed. */
  dropAtMs: number | undefined;
}

/** From segment `mediaSequenceNumber` on, init segment `index` is the one in use. */
interface InitUse {
  readonly mediaSequenceNumber: number;
  readonly index: number;
}

const INIT_NAME = /^init(0|[1-9]\d{0,14})\.mp4$/;
const SEGMENT_NAME = /^s(\d{1,15})\.m4s$/;
const PART_NAME = /^p(\d{1,15})\.(\d{1,6})\.m4s$/;

/** See the top of the file. */
export class MediaRing {
  readonly #inits = new Map<number, Uint8Array>();
  /** By segment, ascending; the first is that of the oldest segment kept. */
  readonly #initUses: InitUse[] = [];
  readonly #segments = new Map<number, StoredSegment>();
  #firstKept = 0;
  #firstListed = 0;
  #next: { mediaSequenceNumber: number; part: number; isLost?: true } | undefined;
  #sizeBytes = 0;

  /** Bytes held in all. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  static initName(index: number): string {
    return `init${index}.mp4`;
  }

  static segmentName(mediaSequenceNumber: number): string {
    return `s${mediaSequenceNumber}.m4s`;
  }

  static partName(mediaSequenceNumber: number, part: number): string {
    return `p${mediaSequenceNumber}.${part}.m4s`;
  }

  /** Adds init segment `index`; indices only grow. */
  putInit(index: number, bytes: Uint8Array): void {
    this.#inits.set(index, bytes);
    this.#sizeBytes += bytes.length;
  }

  /**
   * Says that segment `mediaSequenceNumber` comes next, so that its first part may be hinted, and
   * which init segment it uses: that leaves with the last segment that does. Without `initIndex`
   * it is that of the segment before.
   */
  expect(mediaSequenceNumber: number, initIndex?: number): void {
    const inUse = this.#initUses.at(-1)?.index;
    if (initIndex !== undefined && initIndex !== inUse) {
      this.#initUses.push({ mediaSequenceNumber, index: initIndex });
    }
    if (this.#segments.size === 0) {
      this.#firstKept = mediaSequenceNumber;
      this.#firstListed = mediaSequenceNumber;
    }
    this.#next = { mediaSequenceNumber, part: 0 };
  }

  /** Adds the next part of segment `mediaSequenceNumber`; returns its index. */
  putPart(mediaSequenceNumber: number, bytes: Uint8Array): number {
    let segment = this.#segments.get(mediaSequenceNumber);
    if (segment === undefined) {
      if (this.#segments.size === 0) this.expect(mediaSequenceNumber);
      segment = { parts: [], sizeBytes: 0, whole: false, dropAtMs: undefined };
      this.#segments.set(mediaSequenceNumber, segment);
    }
    assert(!segment.whole, 'a whole segment gets no more parts');
    assert(this.#next?.isLost !== true, 'a segment that lost a part gets no more media');
    segment.parts.push(bytes);
    segment.sizeBytes += bytes.length;
    this.#sizeBytes += bytes.length;
    this.#next = { mediaSequenceNumber, part: segment.parts.length };
    return segment.parts.length - 1;
  }

  /** Closes segment `mediaSequenceNumber`; returns its size in bytes. */
  closeSegment(mediaSequenceNumber: number): number {
    const segment = this.#segments.get(mediaSequenceNumber);
    this.#next = { mediaSequenceNumber: mediaSequenceNumber + 1, part: 0 };
    if (segment === undefined) return 0;
    segment.whole = true;
    return segment.sizeBytes;
  }

  /**
   * Part `part` of the segment that is expected or made will never come, and neither will any media
   * after it in this segment.
   */
  losePart(mediaSequenceNumber: number, part: number): void {
    this.#next = { mediaSequenceNumber, part: part + 1, isLost: true };
  }

  /** Segment `mediaSequenceNumber` will never be whole: only the parts that there are stay. */
  loseSegment(mediaSequenceNumber: number, initIndex: number): void {
    if (!this.#segments.has(mediaSequenceNumber)) this.expect(mediaSequenceNumber, initIndex);
    this.#next = { mediaSequenceNumber: mediaSequenceNumber + 1, part: 0 };
  }

  /** Nothing more will come: hints no longer hold, and an open segment is whole as it is. */
  end(): void {
    const next = this.#next;
    const open = next && this.#segments.get(next.mediaSequenceNumber);
    if (open !== undefined && next?.isLost !== true) open.whole = true;
    this.#next = undefined;
  }

  /** How segment `mediaSequenceNumber` stands, from when it is expected until it leaves. */
  growth(mediaSequenceNumber: number): SegmentGrowth {
    const segment = this.#segments.get(mediaSequenceNumber);
    const next = this.#next;
    const isNext = next?.mediaSequenceNumber === mediaSequenceNumber && next.isLost !== true;
    if (segment === undefined) return { parts: [], state: isNext ? 'growing' : 'lost' };
    if (segment.whole) return { parts: segment.parts, state: 'whole' };
    return { parts: segment.parts, state: isNext ? 'growing' : 'lost' };
  }

  /**
   * Segments before `firstListed` have left the playlist at `nowMs`: they stay for `keepMs` more
   * and then go. Call it whenever the window has slid.
   */
  slide(firstListed: number, nowMs: number, keepMs: number): void {
    for (let msn = this.#firstListed; msn < firstListed; msn += 1) {
      const segment = this.#segments.get(msn);
      if (segment !== undefined) segment.dropAtMs = nowMs + keepMs;
    }
    this.#firstListed = Math.max(this.#firstListed, firstListed);
    this.#expire(nowMs);
    this.#dropInits();
  }

  /** The number of the segment that the file name `name` is of; undefined for any other file. */
  static segmentOf(name: string): number | undefined {
    const segment = SEGMENT_NAME.exec(name);
    return segment === null ? undefined : Number(segment[1]);
  }

  /** What there is under the file name `name`. */
  lookup(name: string): MediaLookup {
    const init = INIT_NAME.exec(name);
    if (init !== null) return this.#init(Number(init[1]));
    const part = PART_NAME.exec(name);
    if (part !== null) return this.#part(Number(part[1]), Number(part[2]));
    const segment = SEGMENT_NAME.exec(name);
    return segment === null ? 'never' : this.#segment(Number(segment[1]));
  }

  #init(index: number): MediaLookup {
    const bytes = this.#inits.get(index);
    if (bytes !== undefined) return { found: [bytes], sizeBytes: bytes.length };
    return index < (this.#initUses[0]?.index ?? 0) ? 'expired' : 'never';
  }

  #part(mediaSequenceNumber: number, part: number): MediaLookup {
    const bytes = this.#segments.get(mediaSequenceNumber)?.parts[part];
    if (bytes !== undefined) return { found: [bytes], sizeBytes: bytes.length };
    if (mediaSequenceNumber < this.#firstKept) return 'expired';
    const next = this.#next;
    return next?.mediaSequenceNumber === mediaSequenceNumber && next.part === part
      ? 'wait'
      : 'never';
  }

  #segment(mediaSequenceNumber: number): MediaLookup {
    const segment = this.#segments.get(mediaSequenceNumber);
    if (segment?.whole) return { found: segment.parts, sizeBytes: segment.sizeBytes };
    return mediaSequenceNumber < this.#firstKept ? 'expired' : 'never';
  }

  #expire(nowMs: number): void {
    for (;;) {
      const segment = this.#segments.get(this.#firstKept);
      if (this.#firstKept >= this.#firstListed) return;
      if (segment !== undefined) {
        if (segment.dropAtMs === undefined || segment.dropAtMs > nowMs) return;
        this.#segments.delete(this.#firstKept);
        this.#sizeBytes -= segment.sizeBytes;
      }
      this.#firstKept += 1;
    }
  }

  #dropInits(): void {
    for (let next = this.#initUses[1]; next !== undefined; next = this.#initUses[1]) {
      if (next.mediaSequenceNumber > this.#firstKept) break;
      this.#initUses.shift();
    }
    const inUse = this.#initUses[0]?.index ?? 0;
    for (const [index, bytes] of this.#inits) {
      if (index >= inUse) break;
      this.#inits.delete(index);
      this.#sizeBytes -= bytes.length;
    }
  }
}
