/**
 * The media time of images that come without stamps. Images lie on a grid of multiples of the
 * interval, whatever encoder makes them, so that a restart moves none of them.
 */
export class ImageClock {
  readonly #intervalS: number;
  #next = 0;

  /** `intervalS`: seconds of media time from one image to the next. */
  constructor(intervalS: number) {
    this.#intervalS = intervalS;
  }

  /**
   * An encoder starts with media of time `fromS`. Returns the media time, in seconds, of the first
   * image it is to send: the first of the grid that is not before `fromS`.
   */
  encoderStarted(fromS: number): number {
    this.#next = Math.max(0, Math.ceil(fromS / this.#intervalS));
    return this.#next * this.#intervalS;
  }

  /** The media time, in seconds, of the image that came just now. Call it once for each. */
  imageTime(): number {
    const timeS = this.#next * this.#intervalS;
    this.#next += 1;
    return timeS;
  }
}
