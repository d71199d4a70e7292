import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CsrfRequest, checkCsrf, csrfTokenOf } from './csrf.ts';

const SECRET = 'a'.repeat(32);
const GOOD: CsrfRequest = {
  method: 'POST',
  authority: 'tv.example:8080',
  origin: 'http://tv.example:8080',
  site: 'same-origin',
  token: csrfTokenOf(SECRET),
  sessionSecret: SECRET,
  publicUrl: 'https://tv.example',
};

test('checkCsrf() lets our own pages write', () => {
  assert.equal(checkCsrf(GOOD), undefined);
  assert.equal(checkCsrf({ ...GOOD, origin: 'https://tv.example' }), undefined);
  assert.equal(checkCsrf({ ...GOOD, origin: undefined, site: undefined }), undefined);
});

test('checkCsrf() lets anybody read', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    const request = { ...GOOD, method, origin: 'https://evil.example', token: undefined };
    assert.equal(checkCsrf(request), undefined);
  }
});

test('checkCsrf() refuses every other origin, though it has the token', () => {
  for (const origin of [
    'https://evil.example',
    'null',
    '',
    'https://tv.example.evil.example',
    'https://sub.tv.example',
    'https://tv.example@evil.example',
    'http://tv.example:8081',
    'file://',
  ]) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      assert.equal(checkCsrf({ ...GOOD, method, origin })?.refused, 'csrf_rejected', origin);
    }
  }
  for (const site of ['cross-site', 'same-site', 'anything']) {
    assert.equal(checkCsrf({ ...GOOD, site })?.refused, 'csrf_rejected', site);
  }
});

test('checkCsrf() asks for the token of this very session', () => {
  for (const token of [undefined, '', csrfTokenOf('b'.repeat(32)), `${GOOD.token}0`]) {
    assert.equal(checkCsrf({ ...GOOD, token })?.refused, 'csrf_rejected');
  }
});

test('checkCsrf() asks only for the site when there is no session', () => {
  const request = { ...GOOD, sessionSecret: undefined, token: undefined };
  assert.equal(checkCsrf(request), undefined);
  assert.equal(checkCsrf({ ...request, origin: 'https://evil.example' })?.refused, 'csrf_rejected');
});
