import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CODE_CELLS,
  CODE_NUMBERS,
  decodeFrameCode,
  encodeFrameCode,
} from '../support/frame-code.ts';

const BLACK = 16;
const WHITE = 235;

function levelsOf(number: number): number[] {
  return encodeFrameCode(number).map((white) => (white ? WHITE : BLACK));
}

const numbers = fc.integer({ min: 0, max: CODE_NUMBERS - 1 });
const noise = fc.array(fc.integer({ min: -40, max: 40 }), {
  minLength: CODE_CELLS,
  maxLength: CODE_CELLS,
});

test('encodeFrameCode() writes marks, number and check', () => {
  const cells = encodeFrameCode(0x8001)
    .map((white) => (white ? '#' : '.'))
    .join('');
  // 0x8001 * 37 + 11 = 1212464, which leaves 134 = 10000110 when divided by 251.
  assert.equal(cells, '#.#.#..............##....##..#.#');
});

test('encodeFrameCode() refuses what does not fit', () => {
  for (const number of [-1, CODE_NUMBERS, 0.5, Number.NaN]) {
    assert.throws(() => encodeFrameCode(number), RangeError);
  }
});

test('decodeFrameCode() reads every number through blur', () => {
  fc.assert(
    fc.property(numbers, noise, (number, wrong) => {
      const levels = levelsOf(number).map((level, cell) => level + (wrong[cell] ?? 0));
      assert.equal(decodeFrameCode(levels), number);
    }),
  );
});

test('decodeFrameCode() never takes a strip with one wrong cell for another number', () => {
  const cells = fc.integer({ min: 0, max: CODE_CELLS - 1 });
  fc.assert(
    fc.property(numbers, cells, (number, cell) => {
      const levels = levelsOf(number);
      levels[cell] = levels[cell] === WHITE ? BLACK : WHITE;
      assert.equal(decodeFrameCode(levels), undefined);
    }),
  );
});

test('decodeFrameCode() finds nothing in a picture without a strip', () => {
  assert.equal(decodeFrameCode(Array.from({ length: CODE_CELLS }, () => 128)), undefined);
  assert.equal(decodeFrameCode(levelsOf(7).reverse()), undefined);
  assert.equal(decodeFrameCode(levelsOf(7).slice(1)), undefined);
});
