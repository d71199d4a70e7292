import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cookieKindOf, readSessionCookie, writeSessionCookie } from './session-cookie.ts';

test('cookieKindOf() never sends a secret in the clear beyond this machine unless told to', () => {
  const table = [
    [{ isTls: true, isLocal: false, publicUrl: undefined }, 'secure'],
    [{ isTls: true, isLocal: true, publicUrl: 'http://tv.example' }, 'secure'],
    [{ isTls: false, isLocal: true, publicUrl: undefined }, 'plain'],
    [{ isTls: false, isLocal: true, publicUrl: 'https://tv.example' }, 'plain'],
    [{ isTls: false, isLocal: false, publicUrl: undefined }, 'refused'],
    [{ isTls: false, isLocal: false, publicUrl: 'https://tv.example' }, 'secure'],
    [{ isTls: false, isLocal: false, publicUrl: 'http://tv.example' }, 'plain'],
  ] as const;
  for (const [passage, expected] of table) assert.equal(cookieKindOf(passage), expected);
});

test('writeSessionCookie() says what a browser must hold to', () => {
  assert.equal(
    writeSessionCookie('secret', 'secure'),
    '__Host-millrace_session=secret; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax; Secure',
  );
  assert.equal(
    writeSessionCookie('', 'plain'),
    'millrace_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
  );
});

test('readSessionCookie() takes its own name alone, once', () => {
  assert.equal(readSessionCookie('a=b; millrace_session=one', 'plain'), 'one');
  assert.equal(readSessionCookie('__Host-millrace_session=one; x=y', 'secure'), 'one');
  // Anybody on a neighbouring host can plant the plain name; HTTPS does not look at it.
  assert.equal(readSessionCookie('millrace_session=one', 'secure'), undefined);
  assert.equal(readSessionCookie('millrace_session=one; millrace_session=two', 'plain'), undefined);
  assert.equal(readSessionCookie('millrace_session=one', 'refused'), undefined);
  assert.equal(readSessionCookie(undefined, 'plain'), undefined);
  assert.equal(readSessionCookie(`millrace_session=${'a'.repeat(9_000)}`, 'plain'), undefined);
});
