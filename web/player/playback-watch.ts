/** Standing still for longer than this, in seconds, is a failure that no one else may report. */
export const STANDSTILL_S = 8;
/** Seconds of undisturbed playback after which it counts as steady. */
export const STEADY_S = 10;

/** What a look at the playhead tells. */
export type PlaybackVerdict = 'moving' | 'steady' | 'resting' | 'stuck';

/**
 * Tells a playhead that moves from one that is stuck, by regular looks. `steady` is said once for each stretch of
 * playback, `stuck` once for each standstill.
 */
export class PlaybackWatch {
  #positionS: number | null = null;
  #movedAtS: number;
  #since: number | null = null;
  #told: 'steady' | 'stuck' | null = null;

  /** `nowS` is the caller's monotonic clock in seconds. */
  constructor(nowS: number) {
    this.#movedAtS = nowS;
  }

  /** One look: the playhead in seconds, and whether it is meant to move. */
  look(nowS: number, positionS: number, meantToMove: boolean): PlaybackVerdict {
    const moved = this.#positionS !== null && positionS !== this.#positionS;
    this.#positionS = positionS;
    if (moved) return this.#moved(nowS);
    if (!meantToMove) this.#movedAtS = nowS;
    if (nowS - this.#movedAtS < STANDSTILL_S || this.#told === 'stuck') return 'resting';
    this.#since = null;
    this.#told = 'stuck';
    return 'stuck';
  }

  /** Playback was disturbed: steadiness is counted anew. */
  disturb(): void {
    this.#since = null;
    if (this.#told === 'steady') this.#told = null;
  }

  #moved(nowS: number): PlaybackVerdict {
    this.#movedAtS = nowS;
    this.#since ??= nowS;
    if (this.#told === 'stuck') this.#told = null;
    if (this.#told === 'steady' || nowS - this.#since < STEADY_S) return 'moving';
    this.#told = 'steady';
    return 'steady';
  }
}
