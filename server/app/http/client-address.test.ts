import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clientAddress } from './client-address.ts';

const TRUSTED = ['10.0.0.0/8', '127.0.0.1', 'fd00::/8'];

const CASES: readonly (readonly [
  what: string,
  peer: string,
  forwarded: string | undefined,
  expected: string,
])[] = [
  ['nobody in between', '192.0.2.1', undefined, '192.0.2.1'],
  ['a stranger who claims another address', '192.0.2.1', '198.51.100.7', '192.0.2.1'],
  ['mapped IPv4', '::ffff:192.0.2.1', undefined, '192.0.2.1'],
  ['mapped IPv4 behind a proxy', '10.1.1.1', '::FFFF:198.51.100.7', '198.51.100.7'],
  ['one proxy', '10.1.1.1', '198.51.100.7', '198.51.100.7'],
  ['a proxy as mapped IPv4', '::ffff:10.1.1.1', '198.51.100.7', '198.51.100.7'],
  ['two proxies', '127.0.0.1', '198.51.100.7, 10.1.1.1', '198.51.100.7'],
  ['a claim left of the proxy', '10.1.1.1', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
  ['a proxy that is not trusted', '10.1.1.1', '198.51.100.7, 203.0.113.9', '203.0.113.9'],
  ['proxies alone', '10.1.1.1', '10.3.3.3,10.2.2.2', '10.3.3.3'],
  ['no field', '10.1.1.1', undefined, '10.1.1.1'],
  ['an empty field', '10.1.1.1', '', '10.1.1.1'],
  ['rubbish', '10.1.1.1', '198.51.100.7, unknown', '10.1.1.1'],
  ['rubbish behind a proxy', '10.1.1.1', 'unknown, 10.2.2.2', '10.2.2.2'],
  ['a port', '10.1.1.1', '198.51.100.7:4711', '198.51.100.7'],
  ['IPv6', 'fd00::1', '2001:db8::7', '2001:db8::7'],
  ['IPv6 with a port', 'fd00::1', '[2001:db8::7]:4711', '2001:db8::7'],
  ['a number that is no address', '10.1.1.1', '7', '10.1.1.1'],
];
for (const [what, remoteAddress, forwarded, expected] of CASES) {
  test(`clientAddress() of ${what}`, () => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    assert.equal(clientAddress({ remoteAddress, headers }, TRUSTED), expected);
  });
}

test('clientAddress() believes no header without trusted proxies, and no other than one with', () => {
  const headers = { 'x-forwarded-for': '198.51.100.7' };
  assert.equal(clientAddress({ remoteAddress: '127.0.0.1', headers }, undefined), '127.0.0.1');
  const others = {
    forwarded: 'for=198.51.100.7',
    'x-real-ip': '198.51.100.7',
    'cf-connecting-ip': '198.51.100.7',
  };
  const hop = { remoteAddress: '127.0.0.1', headers: others };
  assert.equal(clientAddress(hop, TRUSTED), '127.0.0.1');
});

test('clientAddress() cannot be moved by anything left of what a trusted proxy wrote', () => {
  fc.assert(
    fc.property(fc.string(), (claimed) => {
      const headers = { 'x-forwarded-for': `${claimed}, 198.51.100.7` };
      const found = clientAddress({ remoteAddress: '10.1.1.1', headers }, TRUSTED);
      assert.equal(found, '198.51.100.7');
    }),
  );
});
