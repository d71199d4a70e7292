import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicNetwork } from './public-network.ts';

test('publicNetwork() tells connections apart, and nothing by addresses that many share', () => {
  assert.equal(publicNetwork('93.184.216.34'), '93.184.216.34');
  assert.equal(publicNetwork('::ffff:93.184.216.34'), '93.184.216.34');
  assert.equal(publicNetwork('2a00:1450:4001:81b::200e'), publicNetwork('2a00:1450:4001:81b:9::1'));
  assert.notEqual(publicNetwork('2a00:1450:4001:81b::1'), publicNetwork('2a00:1450:4001:81c::1'));
  const shared = ['127.0.0.1', '::1', '10.0.0.7', '192.168.1.9', '172.17.0.1', '100.64.0.1'];
  for (const address of [...shared, 'fe80::1%eth0', 'fd00::1', '', 'nonsense']) {
    assert.equal(publicNetwork(address), undefined, address);
  }
});
