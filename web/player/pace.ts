/**
 * How fast to play so that the picture stays as close to live as the server recommends.
 *
 * hls.js can do this itself (`maxLiveSyncPlaybackRate`), but it speeds up only while more than one second is buffered,
 * and with parts of 0.2 s a player at the right distance never holds a second. Here the guard is a number of parts.
 * It also forgives: each stall moves the target away from live, each calm half minute moves it back.
 */

/** The fastest playback; 1.1 is not heard on speech. */
export const FASTEST_RATE = 1.1;
const GENTLE_RATE = 1.05;
/** Seconds behind the target at which playback speeds up gently, and at which it speeds up fully. */
const GENTLE_FROM_S = 0.08;
const FAST_FROM_S = 0.3;
/** Seconds behind the target at which speeding up stops: below the start, so that the rate does not flutter. */
const CLOSE_ENOUGH_S = 0.02;
/** Parts that stay buffered while speeding up. */
const BUFFER_KEPT_PARTS = 1.25;
/** How far behind, in targets, a jump is better than minutes of catching up, and the least distance worth one. */
const JUMP_FROM_TARGETS = 3;
const JUMP_LEAST_S = 2;
/** How far behind the target, in seconds, a viewer who went back or paused is left where they are. */
export const AWAY_FROM_S = 2;
/** The shortest skip worth making while playback settles, in seconds. */
const SKIP_LEAST_S = 0.25;
/** Seconds one stall moves the target, the most that stalls may move it, and the calm that moves it back. */
const STALL_STEP_S = 0.25;
const STALL_MOST_S = 1.5;
const CALM_S = 30;
const CALM_STEP_S = 0.125;

/** What pacing remembers between two looks. */
export interface Pace {
  readonly rate: number;
  /** Seconds added to the recommended distance because playback stalled there. */
  readonly penaltyS: number;
  /** When the penalty last changed, in seconds on the caller's monotonic clock. */
  readonly changedAtS: number;
}

/** What is seen at one look. All in seconds. */
export interface PaceView {
  /** The caller's monotonic clock. */
  readonly nowS: number;
  /** Distance of the playhead from the live edge. */
  readonly latencyS: number;
  /** Media buffered ahead of the playhead. */
  readonly bufferS: number;
  /** The distance the server recommends: PART-HOLD-BACK, or HOLD-BACK without parts. */
  readonly holdBackS: number;
  /** The piece in which media arrives: PART-TARGET, or the target duration without parts. */
  readonly pieceS: number;
}

/** The pace a new player starts with. */
export function startPace(nowS: number): Pace {
  return { rate: 1, penaltyS: 0, changedAtS: nowS };
}

/** The pace after playback ran dry: further from live, and not faster than real time. */
export function paceAfterStall(pace: Pace, nowS: number): Pace {
  const penaltyS = Math.min(pace.penaltyS + STALL_STEP_S, STALL_MOST_S);
  return { rate: 1, penaltyS, changedAtS: nowS };
}

/** The pace for the next while. */
export function nextPace(pace: Pace, view: PaceView): Pace {
  const calm = view.nowS - pace.changedAtS >= CALM_S;
  const penaltyS = calm ? Math.max(0, pace.penaltyS - CALM_STEP_S) : pace.penaltyS;
  const changedAtS = calm ? view.nowS : pace.changedAtS;
  const behindS = view.latencyS - view.holdBackS - penaltyS;
  return { rate: rateFor(pace.rate, behindS, view), penaltyS, changedAtS };
}

/** Whether playback is so far behind that it should jump to the live position. */
export function isFarBehind(pace: Pace, view: Pick<PaceView, 'latencyS' | 'holdBackS'>): boolean {
  const targetS = view.holdBackS + pace.penaltyS;
  return view.latencyS > Math.max(targetS * JUMP_FROM_TARGETS, targetS + JUMP_LEAST_S);
}

/** Whether somebody who left live is still away from it. */
export function isAway(pace: Pace, view: Pick<PaceView, 'latencyS' | 'holdBackS'>): boolean {
  return view.latencyS - view.holdBackS - pace.penaltyS > AWAY_FROM_S;
}

/**
 * Seconds of buffered media to skip so that playback that just began or jumped starts out at the target; 0 for none.
 * Between choosing where to start and the first picture the stream has moved on by as long as loading took, and a
 * skip nobody has time to notice saves ten times its length of fast playback.
 */
export function settlingSkipS(pace: Pace, view: PaceView): number {
  const behindS = view.latencyS - view.holdBackS - pace.penaltyS;
  const skipS = Math.min(behindS, view.bufferS - view.pieceS * BUFFER_KEPT_PARTS);
  return skipS >= SKIP_LEAST_S ? skipS : 0;
}

function rateFor(present: number, behindS: number, { bufferS, pieceS }: PaceView): number {
  if (bufferS < pieceS * BUFFER_KEPT_PARTS) return 1;
  if (behindS >= FAST_FROM_S) return FASTEST_RATE;
  if (behindS >= GENTLE_FROM_S) return GENTLE_RATE;
  return present > 1 && behindS > CLOSE_ENOUGH_S ? GENTLE_RATE : 1;
}
