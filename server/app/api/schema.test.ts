import assert from 'node:assert/strict';
import { test } from 'node:test';
import { line } from './schema.ts';

test('line() takes what people are called, in every script', () => {
  const names = [
    ...['Bea', '  Bea  ', 'Mona 🛡️ Mod', '👩‍👩‍👧', '1️⃣', 'אבג', 'نص عربي', 'می‌خواهم'],
    ...['a\u200eb', 'Ångström', '日本語', 'e\u0301'],
  ];
  for (const name of names) assert.equal(line(60).parse(name), name.trim());
});

test('line() refuses what deceives who reads it, and what nobody can see', () => {
  const turned = ['\u202e', '\u202a', '\u2066', '\u2069'].map((sign) => `Bea${sign} nimda`);
  const steering = ['a\u0000b', 'a\u001b[31m', 'a\nb', 'a\u2028b'];
  const unseen = ['', '  ', '\u200b', '\u2060 \u200d', '\u3164', '\u00ad', '\ufe0f'];
  for (const text of [...turned, ...steering, ...unseen, '\ud800']) {
    assert.equal(line(60).safeParse(text).success, false, JSON.stringify(text));
  }
});
