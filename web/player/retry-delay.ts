/** First wait after a failure; each further failure in a row doubles it. Milliseconds. */
export const RETRY_FIRST_MS = 500;
/** The longest wait between two attempts to rejoin. Milliseconds. */
export const RETRY_LONGEST_MS = 4_000;
/** How often a page that waits for a broadcaster asks whether they are live. Milliseconds. */
export const POLL_MS = 800;
/** First wait of a page whose stream does not exist, and the longest; each answer doubles it. Milliseconds. */
const MISSING_FIRST_MS = 5_000;
const MISSING_LONGEST_MS = 60_000;
/** How soon a broadcast that has only just begun is tried again. Milliseconds. */
export const SOON_MS = 300;
/** Share of a delay that chance may add or take, so that a crowd does not come back in step. */
const JITTER = 0.25;

/**
 * Milliseconds to wait after the given number of failures in a row (1 is the first):
 * 0.5, 1, 2, 4, 4, ... seconds, each moved by up to a quarter. `chance` is in [0, 1).
 */
export function retryDelayMs(failures: number, chance: number): number {
  return jittered(doubled(RETRY_FIRST_MS, failures, RETRY_LONGEST_MS), chance);
}

/**
 * Milliseconds until the next question about a stream that the server did not know so many times in a
 * row: 5, 10, 20, 40, 60, 60, ... seconds, each moved by up to a quarter. `chance` is in [0, 1).
 */
export function missingDelayMs(times: number, chance: number): number {
  return jittered(doubled(MISSING_FIRST_MS, times, MISSING_LONGEST_MS), chance);
}

/** Milliseconds until the next question about a stream that is not live. `chance` is in [0, 1). */
export function pollDelayMs(chance: number): number {
  return jittered(POLL_MS, chance);
}

/** Milliseconds until the next try at a broadcast that has only just begun. `chance` is in [0, 1). */
export function soonDelayMs(chance: number): number {
  return jittered(SOON_MS, chance);
}

function doubled(firstMs: number, times: number, longestMs: number): number {
  return Math.min(firstMs * 2 ** Math.min(Math.max(times, 1) - 1, 16), longestMs);
}

function jittered(delayMs: number, chance: number): number {
  return Math.round(delayMs * (1 + JITTER * (2 * chance - 1)));
}
