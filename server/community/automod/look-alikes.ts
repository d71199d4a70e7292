/** Letters that are written for other letters. */

/**
 * Latin letter: what looks like it and is not taken apart by NFKD. Whoever writes a Cyrillic or Greek
 * word is not harmed: the terms of a list are read in the same way.
 */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: 'аαɑᴀ',
  b: 'ьвβʙ',
  c: 'сϲᴄ',
  d: 'ԁđðɖᴅ',
  e: 'еєεҽɛəᴇ',
  f: 'ғƒꜰ',
  g: 'ɡɢ',
  h: 'һнħʜ',
  i: 'іιıɪ',
  j: 'јϳᴊ',
  k: 'кκқᴋ',
  l: 'ӏłʟ',
  m: 'мᴍ',
  n: 'пηɴ',
  o: 'оοσøөᴏ',
  p: 'рρᴘ',
  q: 'ԛ',
  r: 'гʀ',
  s: 'ѕꜱ',
  t: 'тτŧᴛ',
  u: 'υսʊᴜ',
  v: 'νѵᴠ',
  w: 'ԝωᴡ',
  x: 'хχ',
  y: 'уγүʏ',
  z: 'ᴢ',
};

/** Digits and signs that stand for letters; one that stands for two has both. */
const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'il',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '€': 'e',
  '¢': 'c',
  '£': 'l',
  '+': 't',
  '!': 'il',
  '|': 'il',
};

/** Letters in circles, squares and flags: the code point of their `a`. */
const SERIES = [0x1f130, 0x1f150, 0x1f170, 0x1f1e6];
const LETTERS = 26;
const CODE_OF_A = 97;

const latinByCode = new Map<number, number>();
for (const [latin, others] of Object.entries(LOOK_ALIKES)) {
  for (const other of others) latinByCode.set(codeOf(other), codeOf(latin));
}
for (const first of SERIES) {
  for (let index = 0; index < LETTERS; index += 1) {
    latinByCode.set(first + index, CODE_OF_A + index);
  }
}
const leetByCode = new Map(
  Object.entries(LEET).map(([sign, letters]) => [codeOf(sign), [...letters].map(codeOf)]),
);

/** The code point of the Latin letter that this one looks like; itself when it looks like none. */
export function latinOf(code: number): number {
  return latinByCode.get(code) ?? code;
}

/** What a digit or sign stands for between letters; undefined: itself alone. */
export function leetOf(code: number): readonly number[] | undefined {
  return leetByCode.get(code);
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
