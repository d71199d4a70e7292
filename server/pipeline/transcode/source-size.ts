/** How large pictures an encoder decodes: a few bytes of a parameter set may ask for gigabytes. */
import type { SourcePicture } from './ladder.ts';

/** Pixels of the largest source that is decoded at all, in whatever proportions: 8K. */
const MOST_PIXELS = 8_192 * 4_320;
/** Pixels that are decoded whatever a source says: 1080p in whole macroblocks. */
const LEAST_PIXELS = 1_920 * 1_088;
/** Coded pictures are larger than what is shown of them, by less than one such block a side. */
const BLOCK = 64;
/** A source may become that much larger without saying so beforehand. */
const GROWTH = 2;

/** Whether nothing is made of such a source, neither rungs nor stills. */
export function isTooLarge({ width, height }: SourcePicture): boolean {
  return width * height > MOST_PIXELS;
}

/** Pixels of the largest picture that is decoded of a source that states this size. */
export function decodedPixels({ width, height }: SourcePicture): number {
  const coded = blocks(width) * blocks(height) * BLOCK * BLOCK;
  return Math.min(MOST_PIXELS, Math.max(LEAST_PIXELS, GROWTH * coded));
}

function blocks(side: number): number {
  return Math.ceil(side / BLOCK);
}
