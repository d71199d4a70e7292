import type { MediaSegment, PartialSegment, SegmentStart } from '../format/hls/index.ts';
import type { SegmentEnd } from './timeline.ts';

/** What is known around a run of missing segments. */
export interface Hole {
  /** The first missing sequence number, and how many there are. */
  readonly sequence: number;
  readonly count: number;
  /** The segment listed before the hole; undefined at the very start. */
  readonly before: MediaSegment | undefined;
  /** Milliseconds since the Unix epoch at which the media after the hole begins, if it says so. */
  readonly afterMs: number | undefined;
  /** Seconds of the segment after the hole, if it is known. */
  readonly afterDuration: number | undefined;
  /** Parts of the missing segment that are listed already. */
  readonly parts: readonly PartialSegment[];
  /** Seconds; the gap never makes it rise. */
  readonly targetDuration: number;
}

/**
 * How the first segment of `hole` is listed as EXT-X-GAP. Its duration is what the dates around
 * the hole leave for it, else that of a neighbour. Its URI resolves to nothing, as clients do not
 * load it (4.4.4.7), and is never used twice.
 */
export function gapOf(hole: Hole): { readonly start: SegmentStart; readonly end: SegmentEnd } {
  const { before } = hole;
  const sinceMs = before?.programDateTimeMs;
  const fromMs =
    before === undefined || sinceMs === undefined ? undefined : sinceMs + before.duration * 1000;
  const start: SegmentStart = {
    discontinuity: false,
    ...(fromMs !== undefined && { programDateTimeMs: Math.round(fromMs) }),
    ...(before?.init !== undefined && { init: before.init }),
  };
  return { start, end: { uri: `gap-${hole.sequence}`, duration: gapDuration(hole, fromMs) } };
}

function gapDuration(hole: Hole, fromMs: number | undefined): number {
  const listed = hole.parts.reduce((seconds, part) => seconds + part.duration, 0);
  const candidates = [
    fromMs === undefined || hole.afterMs === undefined
      ? undefined
      : (hole.afterMs - fromMs) / 1000 / hole.count,
    hole.before?.duration,
    hole.afterDuration,
  ];
  const fitting = candidates.find(
    (seconds) =>
      seconds !== undefined && seconds > 0 && seconds >= listed && seconds <= hole.targetDuration,
  );
  return fitting ?? hole.targetDuration;
}
