/** Readings the shown value is taken from: one second of them at four a second. */
const READINGS_KEPT = 4;

/**
 * Smooths the measured latency for a reader: the median of the last second, which one odd reading cannot move.
 * All values in milliseconds.
 */
export class LatencyMeter {
  #readings: number[] = [];

  /** Takes one reading: the server's present time less the capture time of the picture on screen. */
  add(latencyMs: number): void {
    if (!Number.isFinite(latencyMs)) return;
    this.#readings = [...this.#readings, latencyMs].slice(-READINGS_KEPT);
  }

  /** Forgets what was read, as after a jump. */
  reset(): void {
    this.#readings = [];
  }

  /** The median reading; null before the first. */
  get latencyMs(): number | null {
    const sorted = this.#readings.toSorted((a, b) => a - b);
    const upper = sorted[sorted.length >> 1];
    const lower = sorted[(sorted.length - 1) >> 1];
    return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
  }
}

/** A latency in words: "1.1 s behind the encoder". A picture ahead of the clock reads as "0.0 s". */
export function latencyText(latencyMs: number): string {
  const seconds = Math.max(0, latencyMs) / 1_000;
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s behind the encoder`;
}
