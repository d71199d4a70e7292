import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { newId } from './new-id.ts';

test('newId() names the kind and has 24 characters of base32', () => {
  assert.match(newId('usr', Date.UTC(2026, 10, 21), randomBytes), /^usr_[a-z2-7]{24}$/);
});

test('newId() sorts what was made later behind what was made before', () => {
  let atMs = Date.UTC(2026, 10, 21);
  let before = '';
  // Steps from a millisecond to months, so that every character of the time counts up and over.
  for (let step = 1; step < 2 ** 33; step = Math.ceil(step * 1.1)) {
    const id = newId('usr', atMs, randomBytes);
    assert.ok(id > before, `${id} after ${before}`);
    before = id;
    atMs += step;
  }
});

test('newId() never gives the same twice in a millisecond', () => {
  const ids = Array.from({ length: 1000 }, () => newId('usr', 5, randomBytes));
  assert.equal(new Set(ids).size, 1000);
});
