import { MjpegSplitter } from '../../format/jpeg/index.ts';
import { ImageClock } from './image-clock.ts';
import type { ThumbnailShelf } from './thumbnail-shelf.ts';

/** A tile of 160x90 has 2 to 6 kB. */
export const MAX_TILE_BYTES = 64 * 1024;
/** A poster of 640x360 has 20 to 60 kB. */
export const MAX_POSTER_BYTES = 512 * 1024;

/**
 * Puts what an encoder writes to its two image pipes on a shelf: tiles on one, posters on the
 * other, JPEG after JPEG. Outlives the encoder: say when another one starts.
 */
export class StillIntake {
  readonly #shelf: ThumbnailShelf;
  readonly #clock: ImageClock;
  #tiles = new MjpegSplitter(MAX_TILE_BYTES);
  #posters = new MjpegSplitter(MAX_POSTER_BYTES);

  constructor(shelf: ThumbnailShelf) {
    this.#shelf = shelf;
    this.#clock = new ImageClock(shelf.intervalS);
  }

  /**
   * An encoder starts with media of time `fromS`, in seconds: what the last one left unfinished is
   * dropped. Returns the media time of the first tile that this one is to send.
   */
  encoderStarted(fromS: number): number {
    this.#tiles = new MjpegSplitter(MAX_TILE_BYTES);
    this.#posters = new MjpegSplitter(MAX_POSTER_BYTES);
    return this.#clock.encoderStarted(fromS);
  }

  /** Takes the next bytes of the pipe of tiles. Throws the Violations of `MjpegSplitter` and `readJpegSize`. */
  tileBytes(chunk: Uint8Array): void {
    for (const jpeg of this.#tiles.push(chunk)) {
      this.#shelf.tileArrived(jpeg, this.#clock.imageTime());
    }
  }

  /** Takes the next bytes of the pipe of posters. Throws the Violations of `MjpegSplitter`. */
  posterBytes(chunk: Uint8Array): void {
    const jpeg = this.#posters.push(chunk).at(-1);
    if (jpeg !== undefined) this.#shelf.posterArrived(jpeg);
  }
}
