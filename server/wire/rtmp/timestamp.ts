/**
 * Continues 32-bit RTMP timestamps beyond their wrap after 49.7 days. Each stamp is taken as the
 * nearest one to its forerunner, so small steps back stay small steps back; a stamp just before
 * the very first one can thus be negative.
 */
export class TimestampUnwrapper {
  #last: number | undefined;

  /** The stamp as an integer of milliseconds that does not wrap; `timestampMs` is unsigned 32 bit. */
  unwrap(timestampMs: number): number {
    const last = this.#last ?? timestampMs;
    this.#last = last + ((timestampMs - last) | 0);
    return this.#last;
  }
}
