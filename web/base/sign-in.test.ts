import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { pathAfterSignIn, signInAddress } from './sign-in.ts';

const ORIGIN = 'https://tv.example';
const after = (address: string): string => pathAfterSignIn(new URL(address, ORIGIN).search, ORIGIN);

suite('sign-in', () => {
  test('signInAddress() leads back to the page where it was pressed', () => {
    for (const path of ['/watch/k2w7oume445v', '/', '/studio/a%20b', '/admin/people']) {
      assert.equal(after(signInAddress(path)), path);
    }
  });

  test('signInAddress() does not lead back to a link that works once, nor to itself', () => {
    for (const path of ['/setup', '/sign-in', '/sign-in/', `/${'a'.repeat(600)}`]) {
      assert.equal(signInAddress(path), '/sign-in');
      assert.equal(after(`/sign-in?then=${encodeURIComponent(path)}`), '/account');
    }
  });

  test('pathAfterSignIn() leads to no other site', () => {
    const foreign = ['//evil.example', '/\\evil.example', 'https://evil.example/', 'javascript:1'];
    for (const then of [...foreign, '/\t/evil.example', '', 'watch/one', '//']) {
      assert.equal(after(`/sign-in?then=${encodeURIComponent(then)}`), '/account', then);
    }
    assert.equal(after('/sign-in'), '/account');
  });
});
