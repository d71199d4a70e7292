import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { newId } from './new-id.ts';

test('newId() names the kind and has 24 characters of base32', () => {
  assert.match(newId('usr', Date.UTC(2026, 10, 21), randomBytes), /^usr_[a-z2-7]{24}$/);
});

test('newId() never gives the same twice in a millisecond', () => {
  const ids = Array.from({ length: 1000 }, () => newId('usr', 5, randomBytes));
  assert.equal(new Set(ids).size, 1000);
});
