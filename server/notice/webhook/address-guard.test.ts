import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  isAllowedAddress,
  isLoopbackAddress,
  LONGEST_URL,
  readWebhookUrl,
} from './address-guard.ts';

const STRICT = { allowsLoopback: false };
const LOCAL = { allowsLoopback: true };

const INSIDE = [
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '168.63.129.16',
  '::ffff:168.63.129.16',
  '100.64.0.1',
  '100.127.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:7f00:1',
  '::7f00:1',
  '::10.0.0.1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::7f00:1',
  '2002:7f00:1::1',
  '2001:0:7f00:1::1',
  '2001:db8::1',
  '100::1',
];
const OUTSIDE = ['93.184.215.14', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111'];

test('isAllowedAddress() refuses everything inside and takes what is outside', () => {
  for (const address of INSIDE) assert.equal(isAllowedAddress(address, STRICT), false, address);
  for (const address of OUTSIDE) assert.equal(isAllowedAddress(address, STRICT), true, address);
  for (const address of ['', 'localhost', '1.1.1.1.1', 'x:y']) {
    assert.equal(isAllowedAddress(address, LOCAL), false, address);
  }
});

test('isAllowedAddress() takes this machine alone where that is allowed', () => {
  const allowed = INSIDE.filter((address) => isAllowedAddress(address, LOCAL));
  assert.deepEqual(allowed, [
    '127.0.0.1',
    '127.255.255.254',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
  ]);
  for (const address of allowed) assert.ok(isLoopbackAddress(address));
});

test('isAllowedAddress() treats a mapped IPv4 address like itself', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const mapped = isAllowedAddress(`::ffff:${address}`, STRICT);
      assert.equal(mapped, isAllowedAddress(address, STRICT));
    }),
  );
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['https://127.0.0.1/', /inside network/],
  ['https://0x7f.1/', /inside network/],
  ['https://0x7f000001/', /inside network/],
  ['https://2130706433/', /inside network/],
  ['https://017700000001/', /inside network/],
  ['https://0177.0.0.1/', /inside network/],
  ['https://127.1/', /inside network/],
  ['https://127.0.0.1./', /inside network/],
  ['https://\u{ff11}27.0.0.1/', /inside network/],
  ['https://[::1]/', /inside network/],
  ['https://[::ffff:127.0.0.1]/', /inside network/],
  ['https://[::ffff:a9fe:a9fe]/', /inside network/],
  ['https://[fe80::1]/', /inside network/],
  ['https://169.254.169.254/latest/meta-data', /inside network/],
  ['https://localhost/', /this machine/],
  ['https://LOCALHOST./', /this machine/],
  ['https://a.localhost/', /this machine/],
  ['http://example.com/', /https/],
  ['http://localhost/', /https/],
  ['file:///etc/passwd', /https/],
  ['concat:a|b', /https/],
  ['rtmp://localhost/live', /https/],
  ['javascript:alert(1)', /https/],
  ['/hook', /absolute/],
  ['', /absolute/],
  ['https://user:password@example.com/', /user or password/],
  ['https://example.com/#part', /fragment/],
  ['https://example.com:25/', /port/],
  [`https://example.com/${'a'.repeat(LONGEST_URL)}`, /at most/],
];

test('readWebhookUrl() refuses what does not lead to the internet over TLS', () => {
  for (const [text, expected] of REFUSED) {
    const read = readWebhookUrl(text, STRICT);
    assert.ok('wrong' in read, text);
    assert.match(read.wrong, expected, text);
  }
});

test('readWebhookUrl() takes addresses of the internet', () => {
  for (const text of [
    'https://example.com/hook?a=1',
    'https://example.com:8443/',
    'https://1.1.1.1/',
  ]) {
    const read = readWebhookUrl(text, STRICT);
    assert.ok(read instanceof URL);
    assert.equal(read.href, text);
  }
});

test('readWebhookUrl() takes this machine, also without TLS, where that is allowed', () => {
  for (const text of ['http://localhost:9000/', 'http://127.0.0.1:9000/', 'https://[::1]:9000/']) {
    assert.ok(readWebhookUrl(text, LOCAL) instanceof URL, text);
  }
  for (const text of ['http://example.com/', 'http://10.0.0.1:9000/', 'https://10.0.0.1/']) {
    assert.ok('wrong' in readWebhookUrl(text, LOCAL), text);
  }
});
