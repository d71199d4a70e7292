/**
 * Knows how far apart keyframes come, and from that whether a segment had better end at this one
 * or wait for the next. All times are media time in seconds.
 */
export class KeyframePace {
  #lastS: number | undefined;
  #intervalS: number | undefined;
  #seen = 0;

  /** Keyframes so far. */
  get seen(): number {
    return this.#seen;
  }

  /** Time between the last two keyframes; undefined before the second. */
  get intervalS(): number | undefined {
    return this.#intervalS;
  }

  /** Time since the newest keyframe; infinite before the first. */
  sinceLast(atS: number): number {
    return this.#lastS === undefined ? Number.POSITIVE_INFINITY : atS - this.#lastS;
  }

  /** A keyframe comes at `atS`. */
  see(atS: number): void {
    if (this.#lastS !== undefined && atS > this.#lastS) this.#intervalS = atS - this.#lastS;
    this.#lastS = atS;
    this.#seen++;
  }

  /**
   * A segment that has run for `elapsedS` at a keyframe had better end there: it is nearer to
   * `wantedS` than the next one will be, or the next one would come after `limitS`.
   */
  isNearest(elapsedS: number, wantedS: number, limitS: number): boolean {
    const nextS = elapsedS + (this.#intervalS ?? 0);
    return nextS > limitS || Math.abs(elapsedS - wantedS) <= Math.abs(nextS - wantedS) + 1e-9;
  }

  /** A keyframe may still come before `limitS` to a segment that began at `startS`. */
  isInReach(startS: number, limitS: number): boolean {
    if (this.#lastS === undefined || this.#intervalS === undefined) return true;
    const expectedS = this.#lastS + this.#intervalS;
    return expectedS > startS && expectedS <= startS + limitS;
  }
}
