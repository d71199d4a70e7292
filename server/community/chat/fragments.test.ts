import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cleanLine } from './clean-text.ts';
import { textOf, toFragments } from './fragments.ts';

const noEmotes = () => undefined;

test('toFragments() finds mentions, links and emotes between words', () => {
  const emoteOf = (code: string) => (code === ':wave:' ? 'wave' : undefined);
  assert.deepEqual(toFragments('hi @Bob, see https://a.example/x?y=1! :wave: a@b', emoteOf), [
    { type: 'text', text: 'hi ' },
    { type: 'mention', text: '@Bob', name: 'Bob' },
    { type: 'text', text: ', see ' },
    { type: 'link', text: 'https://a.example/x?y=1', url: 'https://a.example/x?y=1' },
    { type: 'text', text: '! ' },
    { type: 'emote', text: ':wave:', emote: 'wave' },
    { type: 'text', text: ' a@b' },
  ]);
});

test('toFragments() finds what stands in brackets or quotation marks', () => {
  assert.deepEqual(toFragments('x (https://a.example/b). "@Bob" (no)', noEmotes), [
    { type: 'text', text: 'x (' },
    { type: 'link', text: 'https://a.example/b', url: 'https://a.example/b' },
    { type: 'text', text: '). "' },
    { type: 'mention', text: '@Bob', name: 'Bob' },
    { type: 'text', text: '" (no)' },
  ]);
});

/** What attackers type, and the one piece of text that it is. */
const HARMLESS: readonly (readonly [name: string, typed: string, shown: string])[] = [
  ['markup', '<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ['a scripting address', 'javascript:alert(1)', 'javascript:alert(1)'],
  ['a data address', 'data:text/html,<script>', 'data:text/html,<script>'],
  ['a false host', 'https://bank.example@evil.example/', 'https://bank.example@evil.example/'],
  ['a right-to-left override', 'abc\u202egnp.exe', 'abcgnp.exe'],
  ['isolates', '\u2066a\u2067b\u2068c\u2069', 'abc'],
  ['controls', 'a\u0000b\u001b[31mc\u007f\u009b', 'ab[31mc'],
  ['line ends', 'a\r\nPRIVMSG #b\u2028c', 'a PRIVMSG #b c'],
  ['invisible fillers', '\ufeffa\u200bb\u00ad', 'ab'],
  ['half a character', 'a\ud800b', 'a\ufffdb'],
  ['piled marks', `a${'\u0301'.repeat(100)}`, `a${'\u0301'.repeat(4)}`],
  ['the order of Hebrew and a family', 'שלום\u200f 👨‍👩‍👧', 'שלום\u200f 👨‍👩‍👧'],
];

for (const [name, typed, shown] of HARMLESS) {
  test(`toFragments() makes plain text of ${name}`, () => {
    assert.deepEqual(toFragments(typed, noEmotes), [{ type: 'text', text: shown }]);
  });
}

test('toFragments() takes 500 characters, however many bytes they have, and no more', () => {
  assert.equal(toFragments('😀'.repeat(501), noEmotes), 'too_long');
  assert.equal(typeof toFragments('😀'.repeat(500), noEmotes), 'object');
  assert.equal(toFragments(' \u202e\u0007 ', noEmotes), 'empty');
});

test('toFragments() loses nothing of a clean line, and cleaning again changes nothing', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom(
      '@a',
      '(@a.',
      '<http://b>',
      'http://a',
      'https://x.y/z).',
      '@',
      'http://',
      '\u202e',
      '\n',
    ),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      const line = cleanLine(words.join(' '));
      assert.equal(cleanLine(line), line);
      const fragments = toFragments(line, noEmotes);
      if (fragments === 'empty') assert.equal(line, '');
      if (typeof fragments === 'string') return;
      assert.equal(textOf(fragments), line);
      for (const fragment of fragments) {
        if (fragment.type === 'link') assert.match(fragment.url, /^https?:\/\/[^@]*(?:\/|$)/);
      }
    }),
  );
});
