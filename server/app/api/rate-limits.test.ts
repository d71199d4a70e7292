import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/index.ts';
import { RateLimits } from './rate-limits.ts';

const budgets = { anonymous: 2, user: 3, token: 3, operator: 3 };
const nobody = { kind: 'anonymous' } as const;

test('RateLimits.count() counts down to the last request of a window, then begins anew', () => {
  const clock = new ManualClock();
  const limits = new RateLimits(clock, budgets);
  const count = () => limits.count(nobody, '192.0.2.1');
  assert.deepEqual(count(), { limit: 2, remaining: 1, resetS: 60, isExceeded: false });
  clock.advance(30_500);
  assert.deepEqual(count(), { limit: 2, remaining: 0, resetS: 30, isExceeded: false });
  assert.deepEqual(count(), { limit: 2, remaining: 0, resetS: 30, isExceeded: true });
  clock.advance(29_500);
  assert.deepEqual(count(), { limit: 2, remaining: 1, resetS: 60, isExceeded: false });
});

test('RateLimits.refusedTooOften() holds back an address whose credentials are refused', () => {
  const clock = new ManualClock();
  const limits = new RateLimits(clock, budgets);
  const refuse = (address: string) => limits.countRefused(address);
  refuse('192.0.2.1');
  assert.equal(limits.refusedTooOften('192.0.2.1'), undefined);
  refuse('192.0.2.1');
  assert.deepEqual(limits.refusedTooOften('192.0.2.1'), {
    ...{ limit: 2, remaining: 0, resetS: 60, isExceeded: true },
  });
  assert.equal(limits.refusedTooOften('192.0.2.2'), undefined);
  assert.equal(limits.count(nobody, '192.0.2.1').remaining, 1, 'who shows none is counted apart');
  clock.advance(60_000);
  assert.equal(limits.refusedTooOften('192.0.2.1'), undefined);
});

test('RateLimits.count() takes a household of IPv6 for one, and people for themselves', () => {
  const limits = new RateLimits(new ManualClock(), budgets);
  const remaining = (address: string) => limits.count(nobody, address).remaining;
  assert.equal(remaining('2001:db8:1:2:a::1'), 1);
  assert.equal(remaining('2001:db8:1:2:ffff::'), 0);
  assert.equal(remaining('2001:db8:1:3::1'), 1);
  assert.equal(remaining('::1'), 1);
  assert.equal(remaining('::ffff:192.0.2.1'), 1);
  const anna = { kind: 'user', userId: 'usr_a', role: 'viewer', sessionHash: '' } as const;
  assert.equal(limits.count(anna, '::1').remaining, 2);
  assert.equal(limits.count(anna, '192.0.2.9').remaining, 1);
});

test('RateLimits.count() forgets the callers of long ago, not those of now', () => {
  const limits = new RateLimits(new ManualClock(), budgets);
  for (let index = 0; index < 20_001; index += 1) {
    limits.count(nobody, `10.0.${index >> 8}.${index & 255}`);
  }
  assert.equal(limits.count(nobody, '10.0.78.32').remaining, 0, 'the newest is known');
  assert.equal(limits.count(nobody, '10.0.0.0').remaining, 1, 'the oldest is forgotten');
});
