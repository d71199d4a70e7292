/** Where a viewer is within what a playlist holds. */

/** Where playback is, and where it may go. Seconds of the element's time, but for `rate`. */
export interface Place {
  readonly positionS: number;
  /** What is buffered around the position ends here. */
  readonly bufferedToS: number;
  /** The oldest position worth going to: what is before is gone, or will be by the time that it is fetched. */
  readonly earliestS: number;
  /** Where live is watched; of a broadcast that is over, its end. */
  readonly latestS: number;
  /** The step in which the oldest position moves on: the target duration. */
  readonly stepS: number;
  /** Seconds of media played in a second; 0 while paused. */
  readonly rate: number;
  /** Whether more is to come. */
  readonly isLive: boolean;
}

/** What is this close to leaving the playlist, in target durations, leaves it before it is fetched. */
const LEAVING_STEPS = 0.25;

/**
 * Whether the position is not listed any more, and cannot be played on from. What is buffered can, listed or not, for
 * as long as no hole comes after it.
 */
export function isGone({ positionS, bufferedToS, earliestS, stepS, isLive }: Place): boolean {
  const leavesS = earliestS - stepS * (1 - LEAVING_STEPS);
  return isLive && Math.max(positionS, bufferedToS) < leavesS;
}

/** Where going forward by so many seconds leads, or back: never to what is not listed. */
export function positionBy(deltaS: number, { positionS, earliestS, latestS }: Place): number {
  // Who is still playing what has left can go forward alone.
  const oldestS = deltaS < 0 ? Math.min(positionS, earliestS) : earliestS;
  return Math.min(latestS, Math.max(oldestS, positionS + deltaS));
}
