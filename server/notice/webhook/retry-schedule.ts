const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** From one try to the next, as the Standard Webhooks specification recommends: 75.6 h in all. */
export const RETRY_DELAYS_MS: readonly number[] = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** Delays grow by up to this share, so that receivers that failed together are not asked together. */
export const RETRY_JITTER = 0.1;

/** What became of a delivery so far. */
export interface Tried {
  /** Tries made, the one that has just failed included. */
  readonly tries: number;
  /** Since it was put in line. */
  readonly ageMs: number;
}

/**
 * How long to wait after a failed try; undefined when that was the last. What waited in line behind
 * others has used up the tries of that time: the receiver was asked then, with another event.
 * `random` gives numbers from 0 to below 1.
 */
export function retryDelayMs({ tries, ageMs }: Tried, random: () => number): number | undefined {
  const delayMs = RETRY_DELAYS_MS[Math.max(tries, dueTries(ageMs))];
  return delayMs === undefined ? undefined : Math.round(delayMs * (1 + RETRY_JITTER * random()));
}

/** Tries that fall within an age when none of them waits. */
function dueTries(ageMs: number): number {
  let dueMs = 0;
  let count = 0;
  for (const delayMs of RETRY_DELAYS_MS) {
    dueMs += delayMs;
    if (dueMs > ageMs) break;
    count += 1;
  }
  return count;
}
