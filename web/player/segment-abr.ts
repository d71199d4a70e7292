/** Chooses qualities as hls.js does, but changes them where it cannot be seen. */
import type Hls from 'hls.js';
import { AbrController, type Part } from 'hls.js';

/** What is asked of a part that a playlist lists. */
export type ListedPart = Pick<Part, 'index' | 'stats' | 'end' | 'duration'>;

/** No level, where hls.js keeps the one that is to be loaded next. */
const NONE = -1;
/** How far what is said of a part and what was made of it lie apart, in seconds, at most. */
const ROUNDING_S = 0.1;

/**
 * Goes over to another quality with a new segment. hls.js does so after any part, with the segment that is playing from
 * its start once more: browsers finish the old pictures of it, and then show none until the next keyframe.
 */
export class SegmentAbr extends AbrController {
  /** What hls.js itself says is to be loaded next until it is: after a failure it means that. */
  #told = NONE;
  /** Set while another quality is wanted than the one that has to be gone on with. */
  #isHeld = false;

  override get nextAutoLevel(): number {
    const next = super.nextAutoLevel;
    if (next === NONE || next === this.#told || mayLoadNext(this.hls, next)) {
      this.#isHeld = false;
      return next;
    }
    this.#isHeld = true;
    // What is wanted is not what comes next: it is to be thought over again, and no part is given up for it.
    super.nextAutoLevel = NONE;
    return this.hls.loadLevel;
  }

  override set nextAutoLevel(level: number) {
    const isReached = level === this.hls.loadLevel;
    this.#told = isReached ? NONE : level;
    // hls.js says again what it was given: taken at its word it would stay there.
    if (!this.#isHeld || !isReached) super.nextAutoLevel = level;
  }

  protected override deriveNextAutoLevel(level: number): number {
    return level === NONE ? NONE : super.deriveNextAutoLevel(level);
  }
}

/**
 * Whether `level` may be loaded next: a new segment is, or so little is left to play that a lighter
 * quality is needed at once.
 */
export function mayLoadNext(hls: Hls, level: number): boolean {
  const details = hls.levels[hls.loadLevel]?.details;
  if (details === undefined || level === hls.loadLevel) return true;
  const buffer = hls.mainForwardBufferInfo;
  if (!endsWithinSegment(details.partList, buffer?.end ?? details.edge)) return true;
  return level < hls.loadLevel && (buffer?.len ?? 0) < details.partTarget;
}

/**
 * Whether the newest of these parts that was fetched is followed by anything but a new segment (RFC 8216bis, 4.4.4.9).
 * Without one that is listed hls.js would begin with the segment that has just ended. Who has media up to `bufferedToS`
 * elsewhere fetches whole segments there.
 */
export function endsWithinSegment(
  parts: readonly ListedPart[] | null,
  bufferedToS: number,
): boolean {
  const index = parts?.findLastIndex(isFetched) ?? -1;
  const newest = parts?.[index];
  if (newest === undefined) return false;
  // What was fetched last may not be in the buffer yet.
  if (Math.abs(newest.end - bufferedToS) > newest.duration + ROUNDING_S) return false;
  return parts?.[index + 1]?.index !== 0;
}

/** Earlier than `loaded`, which is said once its media is read: by then the next part has been chosen. */
function isFetched({ stats }: ListedPart): boolean {
  return stats.loading.end > 0 && !stats.aborted;
}
