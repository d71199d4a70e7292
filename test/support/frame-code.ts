/**
 * A strip along the top of a picture that states the picture's number, so that a bench can tell
 * from what a screen shows which frame it is: a row of black and white cells, each far larger than
 * what a video codec blurs.
 *
 *     4 cells  white, black, white, black: where the levels lie
 *     16 cells the number, highest bit first, white for 1
 *     8 cells  its check, likewise
 *     4 cells  black, white, black, white: that the row is whole and not mirrored
 */

/** Cells in a strip. */
export const CODE_CELLS = 32;
/** The share of the picture's height that a strip takes. */
export const CODE_HEIGHT_SHARE = 1 / 18;
/** The numbers a strip can state are below this. */
export const CODE_NUMBERS = 2 ** 16;

const NUMBER_BITS = 16;
const CHECK_BITS = 8;
const OPENING = [true, false, true, false];
const CLOSING = [false, true, false, true];
/** Levels of black and white must differ by this much of 255, or there is no strip. */
const LEAST_CONTRAST = 80;

/** The cells that state `number`, true for white. Throws for what does not fit. */
export function encodeFrameCode(number: number): boolean[] {
  if (!Number.isInteger(number) || number < 0 || number >= CODE_NUMBERS) {
    throw new RangeError(`Cannot write frame code: ${number} is not below ${CODE_NUMBERS}`);
  }
  return [
    ...OPENING,
    ...bits(number, NUMBER_BITS),
    ...bits(checkOf(number), CHECK_BITS),
    ...CLOSING,
  ];
}

/** The number that cells of these levels (0 black to 255 white) state; undefined when damaged. */
export function decodeFrameCode(levels: readonly number[]): number | undefined {
  if (levels.length !== CODE_CELLS) return undefined;
  const marks = [...OPENING, ...CLOSING];
  const markLevels = [...levels.slice(0, OPENING.length), ...levels.slice(-CLOSING.length)];
  const black = Math.max(...markLevels.filter((_level, index) => !marks[index]));
  const white = Math.min(...markLevels.filter((_level, index) => marks[index]));
  if (white - black < LEAST_CONTRAST) return undefined;
  const isWhite = (level: number): boolean => level > (black + white) / 2;
  const body = levels.slice(OPENING.length, -CLOSING.length).map(isWhite);
  const number = binary(body.slice(0, NUMBER_BITS));
  return binary(body.slice(NUMBER_BITS)) === checkOf(number) ? number : undefined;
}

/** A prime modulus: one wrong cell anywhere always shows. */
function checkOf(number: number): number {
  return (number * 37 + 11) % 251;
}

function bits(value: number, count: number): boolean[] {
  return Array.from({ length: count }, (_, index) => ((value >> (count - 1 - index)) & 1) === 1);
}

function binary(cells: readonly boolean[]): number {
  return cells.reduce((value, cell) => value * 2 + (cell ? 1 : 0), 0);
}
