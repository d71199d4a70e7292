/** How a Blocking Playlist Reload is answered: now, when the media is there, or not at all. */
export type EdgeAnswer = 'ready' | 'wait' | 'too_far_ahead';

/** Where a rendition stands, as far as blocking reloads care. */
export interface LiveEdge {
  /** Number of the segment that is open or comes next. */
  readonly next: number;
  /** Parts of that segment so far. */
  readonly openParts: number;
  /** Parts of the last whole segment. */
  readonly lastParts: number;
  /** Seconds; undefined for a rendition without parts. */
  readonly partTarget: number | undefined;
}

/** A client may be at most so many segments ahead of the last one (6.2.5.2). */
const LIMIT_SEGMENTS_AHEAD = 2;
/** Advance Part Limit: 3 parts, or the parts that fit 3 seconds when they are shorter than 1 s. */
const ADVANCE_PART_LIMIT_PARTS = 3;

/**
 * The rules of RFC 8216bis 6.2.5.2 for `_HLS_msn` and `_HLS_part`. A part index past the end of
 * a whole segment means part 0 of the next. A low-latency reload without `_HLS_part` is ready
 * with the first part of its segment: AVPlayer asks so for part 0 and stalls a whole segment
 * otherwise. Of the segment after the open one, the Advance Part Limit counts from its part 0.
 */
export function judgeEdge(
  edge: LiveEdge,
  mediaSequenceNumber: number,
  part: number | undefined,
): EdgeAnswer {
  const last = edge.next - 1;
  if (mediaSequenceNumber > last + LIMIT_SEGMENTS_AHEAD) return 'too_far_ahead';
  if (mediaSequenceNumber < last) return 'ready';
  if (mediaSequenceNumber === last) {
    if (part === undefined || part < edge.lastParts || edge.partTarget === undefined) {
      return 'ready';
    }
    return edge.openParts > 0 ? 'ready' : 'wait';
  }
  if (edge.partTarget === undefined) return 'wait';
  const wanted = part ?? 0;
  const limit = advancePartLimit(edge.partTarget);
  if (mediaSequenceNumber > edge.next) return wanted > limit ? 'too_far_ahead' : 'wait';
  if (wanted < edge.openParts) return 'ready';
  return wanted > edge.openParts - 1 + limit ? 'too_far_ahead' : 'wait';
}

function advancePartLimit(partTarget: number): number {
  if (partTarget >= 1) return ADVANCE_PART_LIMIT_PARTS;
  return Math.ceil(ADVANCE_PART_LIMIT_PARTS / partTarget);
}
