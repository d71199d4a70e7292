/** Chooses qualities as hls.js does, but changes them where it cannot be seen. */
import type Hls from 'hls.js';
import { AbrController, type Part } from 'hls.js';

/** What is asked of a part that a playlist lists. */
export type ListedPart = Pick<Part, 'index' | 'stats'>;

/**
 * Goes over to another quality with a new segment. hls.js does so after any part, with the segment that is playing from
 * its start once more: browsers finish the old pictures of it, and then show none until the next keyframe.
 */
export class SegmentAbr extends AbrController {
  /** What hls.js itself was last told to load next: after a failure it means that. */
  #told = -1;
  /** Set while another quality is wanted than the one that has to be gone on with. */
  #isHeld = false;

  override get nextAutoLevel(): number {
    const next = super.nextAutoLevel;
    this.#isHeld = next !== this.#told && !mayLoadNext(this.hls, next);
    return this.#isHeld ? this.hls.loadLevel : next;
  }

  /** hls.js says again what it was given: taken at its word it would stay there. */
  override set nextAutoLevel(level: number) {
    if (this.#isHeld && level === this.hls.loadLevel) return;
    this.#told = level;
    super.nextAutoLevel = level;
  }
}

/**
 * Whether `level` may be loaded next: a new segment is, or so little is left to play that a lighter
 * quality is needed at once.
 */
export function mayLoadNext(hls: Hls, level: number): boolean {
  const details = hls.levels[hls.loadLevel]?.details;
  if (details === undefined || level === hls.loadLevel || !endsWithinSegment(details.partList))
    return true;
  return level < hls.loadLevel && (hls.mainForwardBufferInfo?.len ?? 0) < details.partTarget;
}

/**
 * Whether the newest of these parts that was fetched is followed by anything but a new segment (RFC 8216bis, 4.4.4.9).
 * Without one that is listed hls.js would begin with the segment that has just ended.
 */
export function endsWithinSegment(parts: readonly ListedPart[] | null): boolean {
  const newest = parts?.findLastIndex(isFetched) ?? -1;
  if (newest === -1) return false;
  return parts?.[newest + 1]?.index !== 0;
}

/** Earlier than `loaded`, which is said once its media is read: by then the next part has been chosen. */
function isFetched({ stats }: ListedPart): boolean {
  return stats.loading.end > 0 && !stats.aborted;
}
