import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownCredentials } from './known-credentials.ts';

test('KnownCredentials.has() knows what was good, until it is good no longer', () => {
  const known = new KnownCredentials();
  assert.equal(known.has('Bearer a'), false);
  known.remember('Bearer a');
  assert.equal(known.has('Bearer a'), true);
  assert.equal(known.has('Bearer b'), false);
  known.forget('Bearer a');
  assert.equal(known.has('Bearer a'), false);
});

test('KnownCredentials.remember() makes room by what was good longest ago', () => {
  const known = new KnownCredentials();
  for (let index = 0; index < 10_000; index += 1) known.remember(`Bearer ${index}`);
  known.remember('Bearer 0');
  known.remember('Bearer new');
  assert.equal(known.has('Bearer 0'), true);
  assert.equal(known.has('Bearer 1'), false);
  assert.equal(known.has('Bearer new'), true);
});
