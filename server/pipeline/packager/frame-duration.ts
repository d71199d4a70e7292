/** Frames after which the duration of a frame is known well enough to declare targets. */
export const FRAMES_TO_MEASURE = 9;
/** What is taken for a frame where nothing can be measured. */
export const DEFAULT_FRAME_S = 1 / 30;
/** The bitstream's own figure is believed when the stamps agree to this share. */
const AGREEMENT = 0.05;
/** Steps longer than this many usual ones are holes, not frames. */
const HOLE_STEPS = 1.75;

/**
 * The usual duration of a frame in seconds, from decode times of consecutive frames in seconds
 * and the rate that the bitstream states, which is exact where it is true and often is not.
 */
export function frameDuration(timesS: readonly number[], stated: number | undefined): number {
  const steps: number[] = [];
  for (const [i, timeS] of timesS.entries()) {
    const before = timesS[i - 1];
    if (before !== undefined && timeS > before) steps.push(timeS - before);
  }
  steps.sort((a, b) => a - b);
  const statedS = stated !== undefined && stated > 0 ? 1 / stated : undefined;
  const usual = steps[Math.floor((steps.length - 1) / 2)];
  if (usual === undefined) return statedS ?? DEFAULT_FRAME_S;
  const frames = steps.filter((step) => step < usual * HOLE_STEPS);
  const measured = frames.reduce((sum, step) => sum + step, 0) / frames.length;
  const agrees = statedS !== undefined && Math.abs(statedS - measured) <= measured * AGREEMENT;
  return agrees ? statedS : measured;
}
