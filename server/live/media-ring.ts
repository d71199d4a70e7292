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

interface StoredSegment {
  readonly parts: Uint8Array[];
  sizeBytes: number;
  whole: boolean;
  /** When the bytes may go, in the owner's monotonic milliseconds; undefined while it is listed. */
  dropAtMs: number | undefined;
}

const SEGMENT_NAME = /^s(\d{1,15})\.m4s$/;
const PART_NAME = /^p(\d{1,15})\.(\d{1,6})\.m4s$/;

/** See the top of the file. */
export class MediaRing {
  readonly #inits = new Map<string, Uint8Array>();
  readonly #segments = new Map<number, StoredSegment>();
  #firstKept = 0;
  #firstListed = 0;
  #next: { mediaSequenceNumber: number; part: number } | undefined;
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

  putInit(index: number, bytes: Uint8Array): void {
    this.#inits.set(MediaRing.initName(index), bytes);
    this.#sizeBytes += bytes.length;
  }

  /** Says that segment `mediaSequenceNumber` comes next, so that its first part may be hinted. */
  expect(mediaSequenceNumber: number): void {
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

  /** Nothing more will come: hints no longer hold. */
  end(): void {
    this.#next = undefined;
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
  }

  /** What there is under the file name `name`. */
  lookup(name: string): MediaLookup {
    const init = this.#inits.get(name);
    if (init !== undefined) return { found: [init], sizeBytes: init.length };
    const part = PART_NAME.exec(name);
    if (part !== null) return this.#part(Number(part[1]), Number(part[2]));
    const segment = SEGMENT_NAME.exec(name);
    return segment === null ? 'never' : this.#segment(Number(segment[1]));
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
}
