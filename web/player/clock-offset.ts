/** Answers kept; the oldest is forgotten, so that a slowly drifting clock is followed. */
const SAMPLES_KEPT = 8;

/** One question to the server's clock. All three in milliseconds since the epoch. */
export interface ClockSample {
  /** The viewer's clock when the question left and when the answer came. */
  readonly sentMs: number;
  readonly receivedMs: number;
  /** The server's clock in between. */
  readonly serverMs: number;
}

/**
 * How far the server's clock is ahead of the viewer's.
 *
 * The answer with the shortest round trip is believed: the error of one sample is at most half its round trip, so
 * averaging in slower ones can only make it worse.
 */
export class ClockOffset {
  #samples: ClockSample[] = [];

  /** Takes one sample; ignores one whose answer came before its question (the viewer's clock was set back). */
  add(sample: ClockSample): void {
    if (sample.receivedMs < sample.sentMs || !Number.isFinite(sample.serverMs)) return;
    this.#samples = [...this.#samples, sample].slice(-SAMPLES_KEPT);
  }

  /** Milliseconds to add to the viewer's clock; 0 before the first sample. */
  get offsetMs(): number {
    const best = this.#best();
    return best === null ? 0 : best.serverMs - (best.sentMs + best.receivedMs) / 2;
  }

  /** The most the offset can be wrong by, in milliseconds; null before the first sample. */
  get errorMs(): number | null {
    const best = this.#best();
    return best === null ? null : roundTripMs(best) / 2;
  }

  #best(): ClockSample | null {
    return this.#samples.reduce<ClockSample | null>(
      (best, next) => (best === null || roundTripMs(next) <= roundTripMs(best) ? next : best),
      null,
    );
  }
}

function roundTripMs(sample: ClockSample): number {
  return sample.receivedMs - sample.sentMs;
}
