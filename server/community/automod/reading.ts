/**
 * A text as a list of terms looks at it: letters alone, each run of the same letter once, and where
 * words begin and end. Reading a text takes time in proportion to its length.
 *
 * Undone: case, width and style of letters, accents, letters that look alike, invisible characters,
 * punctuation within words (`b.a.d`), letters apart (`b a d`), and in further readings digits and
 * signs for letters (`b4d`).
 */
import { latinOf, leetOf } from './look-alikes.ts';

/** What stands between two words. */
export const SPACE = 0x20;

/** One way to read a text: lists of the same length, an item for each run of one letter. */
export interface Reading {
  /** Code points; `SPACE` between words. */
  readonly letters: readonly number[];
  /** How often each stands there in a row. */
  readonly runs: readonly number[];
  /** Whether a word may begin with it. */
  readonly starts: readonly boolean[];
  /** Whether a word may end with it. */
  readonly ends: readonly boolean[];
}

/** A letter of a text, or a break between letters. */
interface Sign {
  readonly code: number;
  readonly kind: 'letter' | 'digit' | 'alone' | 'break' | 'space';
}

/** Accents and other marks that hide a letter, but none that are a vowel of their own. */
const MARKS =
  /[\u0300-\u036f]|[\u0483-\u0489]|[\u0591-\u05c7]|[\u064b-\u0652]|[\u1ab0-\u1aff]|[\u1dc0-\u1dff]|[\u20d0-\u20ff]/g;
/** What is not seen, or only makes a word longer (tatweel) or a picture darker. */
const UNSEEN =
  /[\p{Cf}\p{Cc}\u0640\u115f\u1160\u3164\uffa0]|[\u{1f3fb}-\u{1f3ff}]|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;
const LETTER = /[\p{L}\p{M}]/u;
const DIGIT = /\p{N}/u;
/** Scripts without spaces between words, and pictures: a word may begin and end anywhere. */
const ALONE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{So}]/u;
const WHITE_SPACE = /\s/;
/** Single letters in a row from which on they are one word. */
const LEAST_SPELLED = 3;
const BANG = 0x21;

/** The text as it stands: how terms themselves are read. */
export function readPlainly(text: string): Reading {
  return readingOf(wordsOf(text), undefined);
}

/** Every way to read the text: plainly, and when it has signs for letters, with those as well. */
export function readingsOf(text: string): readonly Reading[] {
  const words = wordsOf(text);
  const plain = readingOf(words, undefined);
  let meanings = 0;
  for (const word of words) {
    if (!word.some(isLetter)) continue;
    for (const { code } of word) meanings = Math.max(meanings, leetOf(code)?.length ?? 0);
  }
  const readings = [plain];
  for (let meaning = 0; meaning < meanings; meaning += 1) readings.push(readingOf(words, meaning));
  return readings;
}

function wordsOf(text: string): readonly (readonly Sign[])[] {
  const bare = text.normalize('NFKD').toLowerCase().replace(MARKS, '');
  const words: Sign[][] = [];
  let word: Sign[] = [];
  for (const character of bare.replace(UNSEEN, '').replaceAll('ß', 'ss')) {
    const sign = signOf(character);
    if (sign.kind !== 'space') {
      word.push(sign);
    } else if (word.length > 0) {
      words.push(word);
      word = [];
    }
  }
  if (word.length > 0) words.push(word);
  return words;
}

function signOf(character: string): Sign {
  const written = character.codePointAt(0) ?? 0;
  const code = latinOf(written);
  // Pictures of letters may be one word or stand beside one.
  if (written > 0xffff && code !== written) return { code, kind: 'alone' };
  if (code >= 97 && code <= 122) return { code, kind: 'letter' };
  if (code >= 48 && code <= 57) return { code, kind: 'digit' };
  if (WHITE_SPACE.test(character)) return { code, kind: 'space' };
  if (code < 128) return { code, kind: 'break' };
  if (ALONE.test(character)) return { code, kind: 'alone' };
  if (LETTER.test(character)) return { code, kind: 'letter' };
  return { code, kind: DIGIT.test(character) ? 'digit' : 'break' };
}

/** `meaning`: which of its letters a digit or sign stands for; undefined: for itself. */
function readingOf(words: readonly (readonly Sign[])[], meaning: number | undefined): Reading {
  const writer = new Writer();
  const meant = words.map((word) => (meaning === undefined ? word : leetIn(word, meaning)));
  const single = meant.map((word) => word.filter(isShown).length === 1);
  let spelled = 0;
  for (const [index, word] of meant.entries()) {
    if (spelled > 0) {
      spelled -= 1;
    } else {
      spelled = spelledFrom(single, index) - 1;
      writer.space();
    }
    writer.word(word);
    if (spelled < 0) spelled = 0;
  }
  return writer;
}

/** Words of one letter in a row from here on; 1 when they are too few to be one word. */
function spelledFrom(single: readonly boolean[], index: number): number {
  // Only the first of a row looks at all of it.
  let end = index;
  while (single[end] === true) end += 1;
  return end - index >= LEAST_SPELLED ? end - index : 1;
}

/** Prices and years stay numbers: only a word with a letter in it can have signs for letters. */
function leetIn(word: readonly Sign[], meaning: number): readonly Sign[] {
  if (!word.some(isLetter)) return word;
  return word.map((sign, index) => {
    const letters = leetOf(sign.code);
    const next = word[index + 1];
    // What ends a sentence is no letter.
    const isEnd = sign.code === BANG && (next === undefined || !isMeant(next));
    if (letters === undefined || isEnd) return sign;
    return { code: letters[Math.min(meaning, letters.length - 1)] ?? sign.code, kind: 'letter' };
  });
}

function isMeant(sign: Sign): boolean {
  return isShown(sign) || (sign.code !== BANG && leetOf(sign.code) !== undefined);
}

function isShown({ kind }: Sign): boolean {
  return kind !== 'break';
}

function isLetter({ kind }: Sign): boolean {
  return kind === 'letter';
}

/** Puts words one behind the other. */
class Writer implements Reading {
  readonly letters: number[] = [];
  readonly runs: number[] = [];
  readonly starts: boolean[] = [];
  readonly ends: boolean[] = [];

  space(): void {
    if (this.letters.length > 0) this.#push(SPACE, true, true);
  }

  word(word: readonly Sign[]): void {
    for (const [index, { code, kind }] of word.entries()) {
      if (kind === 'break') continue;
      const starts = kind === 'alone' || isEdge(word[index - 1]);
      const ends = kind === 'alone' || isEdge(word[index + 1]);
      const last = this.letters.length - 1;
      // Digits are no drawn-out letters: 1000 is not 10.
      if (kind === 'digit' || this.letters[last] !== code) {
        this.#push(code, starts, ends);
        continue;
      }
      this.runs[last] = (this.runs[last] ?? 0) + 1;
      this.starts[last] ||= starts;
      this.ends[last] ||= ends;
    }
  }

  #push(code: number, starts: boolean, ends: boolean): void {
    this.letters.push(code);
    this.runs.push(1);
    this.starts.push(starts);
    this.ends.push(ends);
  }
}

/** Whether a word ends between a letter and this. */
function isEdge(sign: Sign | undefined): boolean {
  return sign === undefined || sign.kind === 'break' || sign.kind === 'alone';
}
