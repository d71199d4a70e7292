import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_PER_NETWORK, NetworkShares } from './network-shares.ts';

test('NetworkShares bound the sockets of a network, and leave others theirs', () => {
  const shares = new NetworkShares();
  for (let count = 0; count < MOST_PER_NETWORK; count += 1) {
    assert.equal(shares.isFull('2001:db9::1'), false);
    // Of one IPv6 connection all addresses are the same network.
    shares.take(`2001:db9::${count.toString(16)}`);
  }
  assert.equal(shares.isFull('2001:db9::ffff'), true);
  assert.equal(shares.isFull('2001:db9:1::1'), false);
  assert.equal(shares.isFull('93.184.216.34'), false);
  shares.give('2001:db9::2');
  assert.equal(shares.isFull('2001:db9::1'), false);
});

test('NetworkShares do not count who cannot be told apart', () => {
  const shares = new NetworkShares();
  for (const address of [undefined, '127.0.0.1', '10.0.0.1']) {
    for (let count = 0; count <= MOST_PER_NETWORK; count += 1) shares.take(address);
    assert.equal(shares.isFull(address), false);
    shares.give(address);
  }
});
