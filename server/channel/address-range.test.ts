import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAddressRange, isInRanges } from './address-range.ts';

test('isAddressRange() takes CIDR ranges and whole addresses', () => {
  for (const good of ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1', '0.0.0.0/0', '::/0']) {
    assert.ok(isAddressRange(good), good);
  }
  for (const bad of ['', '10', '10.0.0.0/33', 'localhost', '10.0.0.0/', '::/129', '1.2.3.4/8 ']) {
    assert.ok(!isAddressRange(bad), bad);
  }
});

const rows: readonly (readonly [address: string | undefined, range: string, isIn: boolean])[] = [
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['::ffff:10.1.2.3', '10.0.0.0/8', true],
  ['192.0.2.7', '192.0.2.7', true],
  ['192.0.2.8', '192.0.2.7', false],
  ['2001:db8::5', '2001:db8::/32', true],
  ['2001:db9::5', '2001:db8::/32', false],
  ['10.1.2.3', '::/0', false],
  ['fe80::1%eth0', 'fe80::/10', true],
  [undefined, '0.0.0.0/0', false],
  ['nonsense', '0.0.0.0/0', false],
];
for (const [address, range, isIn] of rows) {
  test(`isInRanges() of ${address} and ${range} is ${isIn}`, () => {
    assert.equal(isInRanges(address, ['203.0.113.0/24', range]), isIn);
    assert.equal(isInRanges(address, []), false);
  });
}
