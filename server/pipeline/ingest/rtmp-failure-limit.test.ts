import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureLimit } from './rtmp-failure-limit.ts';

const options = { failures: 3, windowMs: 1000, addresses: 2 };

function failing(address: string, times: number, limit = new FailureLimit(options)): FailureLimit {
  for (let i = 0; i < times; i++) limit.fail(address, 0);
  return limit;
}

test('FailureLimit.blocks() blocks from the last allowed failure on, for one window', () => {
  assert.equal(failing('10.0.0.1', 2).blocks('10.0.0.1', 0), false);
  const limit = failing('10.0.0.1', 2);
  limit.fail('10.0.0.1', 900);
  assert.equal(limit.blocks('10.0.0.1', 900), true);
  assert.equal(limit.blocks('10.0.0.2', 900), false);
  assert.equal(limit.blocks('10.0.0.1', 1899), true);
  assert.equal(limit.blocks('10.0.0.1', 1900), false);
});

test('FailureLimit.fail() tells once when an address is blocked', () => {
  const limit = new FailureLimit(options);
  const told = Array.from({ length: 5 }, () => limit.fail('10.0.0.1', 0));
  assert.deepEqual(told, [false, false, true, false, false]);
});

test('FailureLimit.fail() is not prolonged by failures inside a block', () => {
  const limit = failing('10.0.0.1', 3);
  limit.fail('10.0.0.1', 999);
  assert.equal(limit.blocks('10.0.0.1', 1000), false);
});

test('FailureLimit.fail() counts anew after a window', () => {
  const limit = failing('10.0.0.1', 2);
  limit.fail('10.0.0.1', 1000);
  limit.fail('10.0.0.1', 1001);
  assert.equal(limit.blocks('10.0.0.1', 1001), false);
});

test('FailureLimit.fail() counts mapped IPv4 as IPv4, and IPv6 by its /64', () => {
  assert.equal(failing('::ffff:10.0.0.1', 3).blocks('10.0.0.1', 0), true);
  const limit = failing('2001:db8:0:7::1', 3);
  assert.equal(limit.blocks('2001:DB8:0:7:aaaa:bbbb:cccc:dddd', 0), true);
  assert.equal(limit.blocks('2001:db8:0:8::1', 0), false);
  assert.equal(failing('::1', 3).blocks('::1', 0), true);
});

test('FailureLimit.fail() remembers no more addresses than it may, the newest ones', () => {
  const limit = failing('10.0.0.1', 3);
  failing('10.0.0.2', 3, limit);
  failing('10.0.0.3', 3, limit);
  assert.equal(limit.size, 2);
  assert.deepEqual(
    ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => limit.blocks(address, 0)),
    [false, true, true],
  );
});
