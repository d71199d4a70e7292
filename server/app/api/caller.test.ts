import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyRequest } from 'fastify';
import type { Accounts } from '../../account/index.ts';
import { Callers } from './caller.ts';

function linkOf(settings: { publicUrl?: string; isTls?: boolean }, host: string) {
  const { publicUrl, isTls = false } = settings;
  const accounts = {} as Accounts;
  const callers = new Callers({ accounts, management: { host: '::', publicUrl }, isTls });
  return callers.linkTo({ host } as FastifyRequest, '/setup#abc');
}

test('linkTo() takes PUBLIC_URL, whatever the request came to', () => {
  const link = linkOf({ publicUrl: 'https://tv.example' }, 'localhost:8080');
  assert.deepEqual(link, { url: 'https://tv.example/setup#abc', hint: null });
});

test('linkTo() says without PUBLIC_URL that the link may not work elsewhere', () => {
  const { url, hint } = linkOf({}, 'localhost:8080');
  assert.equal(url, 'http://localhost:8080/setup#abc');
  assert.match(hint ?? '', /^PUBLIC_URL is not set/);
  assert.equal(linkOf({ isTls: true }, '[::1]:8443').url, 'https://[::1]:8443/setup#abc');
});

test('linkTo() puts nothing into a link that is no host', () => {
  for (const host of ['', 'a b', 'tv.example/@evil.example', 'me@evil.example', 'x:123456']) {
    assert.equal(linkOf({}, host).url, 'http://localhost/setup#abc', host);
  }
});
