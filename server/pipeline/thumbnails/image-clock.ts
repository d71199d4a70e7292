/** Room for rounding in quotients of floating-point seconds; below any tick. */
const ROUNDING = 1e-6;

/**
 * The media time of images that come without stamps, for one encoder: it sends its first frame,
 * and then the first frame of each slot of `intervalS` seconds, counted from media time 0. So
 * images lie on one grid, whatever encoder makes them, and a restart moves none of them.
 */
export class ImageClock {
  readonly #intervalS: number;
  readonly #firstS: number;
  #images = 0;

  /** `firstS`: media time, in seconds, of the first frame that the encoder was given. */
  constructor(intervalS: number, firstS: number) {
    this.#intervalS = intervalS;
    this.#firstS = firstS;
  }

  /** The media time, in seconds, of the image that came just now. Call it once for each. */
  imageTime(): number {
    const slot = Math.floor(this.#firstS / this.#intervalS + ROUNDING) + this.#images;
    this.#images += 1;
    return Math.max(this.#firstS, slot * this.#intervalS);
  }
}
