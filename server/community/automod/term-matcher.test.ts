import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AutomodTerm } from '../../../contract/index.ts';
import { readingsOf } from './reading.ts';
import { MAX_TERM_LENGTH, termProblem } from './term.ts';
import { TermMatcher } from './term-matcher.ts';

const LOOSE = { isStrict: false };
const STRICT = { isStrict: true };

function block(...texts: readonly string[]): readonly AutomodTerm[] {
  return texts.map((text) => ({ text, action: 'block' }));
}

function found(terms: readonly string[], text: string, options = LOOSE): string | undefined {
  return new TermMatcher(block(...terms)).find(text, options)?.text;
}

/** Ways to hide a word from a list that has it. */
const HIDDEN: readonly (readonly [how: string, term: string, text: string])[] = [
  ['as it is', 'badword', 'a badword here'],
  ['in capitals', 'badword', 'BadWORD'],
  ['in full width', 'badword', 'ｂａｄｗｏｒｄ'],
  ['in mathematical letters', 'badword', '𝓫𝓪𝓭𝔀𝓸𝓻𝓭'],
  ['in circles', 'badword', 'ⓑⓐⓓⓦⓞⓡⓓ'],
  ['in black squares', 'badword', '🅱🅰🅳🆆🅾🆁🅳'],
  ['in small capitals', 'badword', 'ʙᴀᴅᴡᴏʀᴅ'],
  ['with accents', 'badword', 'bádwörd'],
  ['under piled marks', 'badword', 'b\u0336a\u0336d\u0336word'],
  ['with Cyrillic letters', 'badword', 'bаdwоrd'],
  ['with Greek letters', 'badword', 'bαdwοrd'],
  ['with letters drawn out', 'badword', 'baaaadwoooordddd'],
  ['with digits', 'badword', 'b4dw0rd'],
  ['with signs', 'assault', '@$$ault'],
  ['with a one for an i', 'idiot', '1d10t'],
  ['with a one for an l', 'silly', 's1lly'],
  ['with an exclamation mark for an i', 'bitter', 'b!tter!'],
  ['with full stops in it', 'badword', 'b.a.d.w.o.r.d.'],
  ['with a hyphen in it', 'badword', 'bad-word'],
  ['with letters apart', 'badword', 'you b a d w o r d'],
  ['with a zero-width space in it', 'badword', 'bad\u200bword'],
  ['with a soft hyphen in it', 'badword', 'bad\u00adword'],
  ['with a joiner in it', 'badword', 'bad\u200dword'],
  ['between full stops', 'badword', 'x.badword.y'],
  ['between pictures', 'badword', '😀badword😀'],
  ['beside a flag', 'badword', 'badword🇩🇪'],
  ['as a mention', 'badword', '@badword'],
  ['in brackets', 'badword', '(badword)'],
  ['as a phrase', 'buy followers', 'BUY   followers!'],
  ['as a phrase in one word', 'buy followers', 'buyfollowers'],
  ['as a phrase with a hyphen', 'buy followers', 'buy-followers'],
  ['as a number', '1488', 'no 1488 here'],
  ['with its own digit', 'k4t', 'a k4t'],
  ['without spaces around it', '死ね', 'お前死ねよ'],
  ['as a picture', '🖕', 'a🖕🏽b'],
  ['in another script', 'плохой', 'ПЛОХОЙ!'],
  ['with sharp s', 'scheisse', 'Scheiße'],
];

for (const [how, term, text] of HIDDEN) {
  test(`find() finds a term ${how}`, () => {
    assert.equal(found(['other', term, 'more'], text), term);
  });
}

/** What looks a little like a term and is none. */
const INNOCENT: readonly (readonly [why: string, term: string, text: string])[] = [
  ['it is part of a word', 'ass', 'class assembly pass'],
  ['a letter is missing', 'ass', 'as he said'],
  ['a letter is missing before another word', 'ass', 'as she said'],
  ['the letters are of two words', 'bad', 'grab a day, nba dogs'],
  ['numbers are no words', 'ass', 'it costs 455 or $455'],
  ['a longer number is another one', '10', '1000 and 110'],
  ['two letters apart are two words', 'as', 'a s'],
  ['an end of a sentence is no letter', 'bi', 'b !'],
  ['an accent is not a vowel sign', 'क', 'कि'],
];

for (const [why, term, text] of INNOCENT) {
  test(`find() passes over a text because ${why}`, () => {
    assert.equal(found([term], text), undefined);
  });
}

test('find() lets a word go on where the term has a star, and everywhere when strict', () => {
  assert.equal(found(['bad*'], 'badly'), 'bad*');
  assert.equal(found(['bad*'], 'forbad'), undefined);
  assert.equal(found(['*bad'], 'forbad'), '*bad');
  assert.equal(found(['*bad*'], 'forbadly'), '*bad*');
  assert.equal(found(['bad'], 'forbadly', STRICT), 'bad');
});

test('find() tells a term that blocks before one that holds', () => {
  const terms: AutomodTerm[] = [
    { text: 'one', action: 'hold' },
    { text: 'two', action: 'block' },
  ];
  const matcher = new TermMatcher(terms);
  assert.equal(matcher.find('one and two', LOOSE)?.text, 'two');
  assert.equal(matcher.find('one and tw0', LOOSE)?.text, 'two');
  assert.equal(matcher.find('only one', LOOSE)?.text, 'one');
});

test('termProblem() refuses what would match everything or nothing', () => {
  for (const text of ['', '*', '**', '***', 'a*', '*a', 'a*b', '...', ' ', 'x'.repeat(51)]) {
    assert.equal(typeof termProblem(text), 'string', text);
  }
  for (const text of ['a', 'ab*', '*ab*', 'buy followers', '死', '🖕', 'x'.repeat(50)]) {
    assert.equal(termProblem(text), undefined, text);
  }
});

test('find() finds just what a search for each term alone finds', () => {
  const letter = fc.constantFrom('a', 'b', ' ', '.', '4');
  const word = fc.string({ unit: letter, minLength: 1, maxLength: 5 });
  const term = word.filter((text) => termProblem(text) === undefined);
  const text = fc.string({ unit: letter, maxLength: 14 });
  fc.assert(
    fc.property(fc.array(term, { maxLength: 6 }), text, fc.boolean(), (terms, said, isStrict) => {
      const alone = terms.some((each) => found([each], said, { isStrict }) !== undefined);
      assert.equal(found(terms, said, { isStrict }) !== undefined, alone);
    }),
    { numRuns: 2_000 },
  );
});

test('find() takes any text and any term, and finds the term in itself', () => {
  const any = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(any, any, (term, text) => {
      if (termProblem(term) !== undefined) return;
      found([term], text);
      const core = term.replaceAll('*', '');
      assert.equal(found([term], core), term);
    }),
    { numRuns: 5_000 },
  );
});

test('readingsOf() gives lists of the same length, no longer than the text allows', () => {
  const any = fc.string({ unit: 'binary', maxLength: 60 });
  fc.assert(
    fc.property(any, (text) => {
      const readings = readingsOf(text);
      assert.ok(readings.length <= 3);
      for (const { letters, runs, starts, ends } of readings) {
        assert.deepEqual(
          [runs, starts, ends].map(({ length }) => length),
          Array(3).fill(letters.length),
        );
        // One character decomposes into 18 at most.
        assert.ok(letters.length <= 1 + text.length * 18);
      }
    }),
    { numRuns: 5_000 },
  );
});

/** Terms and texts that are the worst for searches that go back. */
const WORST: readonly (readonly [name: string, terms: readonly string[], unit: string])[] = [
  ['one letter', Array.from({ length: 25 }, (_, index) => `*${'a'.repeat(index + 2)}*`), 'a'],
  ['a period', Array.from({ length: 48 }, (_, index) => 'ab'.repeat(25).slice(0, index + 2)), 'ab'],
  ['all but the last', [`${'ab'.repeat(24)}x`, `*${'ba'.repeat(23)}x*`], 'ab'],
  ['signs for letters', ['*il*', 'lililililililix'], '1!|l'],
  ['letters apart', ['aaaaaaaab'], 'a '],
  ['piled marks', ['a'], 'a\u0301\u0323'],
];

for (const [name, terms, unit] of WORST) {
  test(`find() takes time in proportion to a text of ${name}`, () => {
    // None blocks, so that it does not stop at the first.
    const matcher = new TermMatcher(terms.map((text) => ({ text, action: 'hold' })));
    const quickestMs = (length: number): number => {
      const text = unit.repeat(Math.ceil(length / unit.length));
      const times = Array.from({ length: 7 }, () => {
        const startedMs = performance.now();
        matcher.find(text, STRICT);
        return performance.now() - startedMs;
      });
      return Math.min(...times);
    };
    quickestMs(20_000);
    const [short, long] = [quickestMs(5_000), quickestMs(80_000)];
    // 16 times the text; what grows with its square would take 256 times as long.
    assert.ok(long < 80 * Math.max(short, 0.1), `${short} ms, then ${long} ms`);
  });
}

test('find() looks for 500 long terms in a message in a millisecond or so', () => {
  const terms = Array.from({ length: 500 }, (_, index) =>
    `${index}x`.padEnd(MAX_TERM_LENGTH, 'abcde'),
  );
  const matcher = new TermMatcher(block(...terms));
  assert.ok(matcher.size <= 500 * MAX_TERM_LENGTH + 1);
  const text = '1xabcdeabcde'.repeat(41);
  const startedMs = performance.now();
  for (let index = 0; index < 100; index += 1) matcher.find(text, STRICT);
  assert.ok(performance.now() - startedMs < 2_000);
});
