import { MjpegSplitter } from '../../format/jpeg/index.ts';
import { ImageClock } from './image-clock.ts';
import type { ThumbnailShelf } from './thumbnail-shelf.ts';

/** A tile of 160x90 has 2 to 6 kB. */
export const MAX_TILE_BYTES = 64 * 1024;
/** A poster of 640x360 has 20 to 60 kB. */
export const MAX_POSTER_BYTES = 1024 * 1024;

/**
 * Puts what one encoder writes to its two image pipes on a shelf: tiles on one, posters on the
 * other, JPEG after JPEG. Several may serve one shelf, as while an encoder takes over from another.
 */
export class StillIntake {
  readonly #shelf: ThumbnailShelf;
  readonly #firstS: () => number;
  readonly #tiles = new MjpegSplitter(MAX_TILE_BYTES);
  readonly #posters = new MjpegSplitter(MAX_POSTER_BYTES);
  #clock: ImageClock | undefined;

  /**
   * `firstS` says the media time, in seconds, of the first frame that the encoder was given; it is
   * asked when the first tile comes.
   */
  constructor(shelf: ThumbnailShelf, firstS: () => number) {
    this.#shelf = shelf;
    this.#firstS = firstS;
  }

  /**
   * Takes the next bytes of the pipe of tiles, which are the intake's from now on. Throws the
   * Violations of `MjpegSplitter` and `readJpegSize`; after one the encoder's images are of no use.
   */
  tileBytes(chunk: Uint8Array): void {
    for (const jpeg of this.#tiles.push(chunk)) {
      this.#clock ??= new ImageClock(this.#shelf.intervalS, this.#firstS());
      this.#shelf.tileArrived(jpeg, this.#clock.imageTime());
    }
  }

  /** As `tileBytes`, for the pipe of posters. */
  posterBytes(chunk: Uint8Array): void {
    const jpeg = this.#posters.push(chunk).at(-1);
    if (jpeg !== undefined) this.#shelf.posterArrived(jpeg);
  }
}
