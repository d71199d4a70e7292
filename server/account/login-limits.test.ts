import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoginLimits } from './login-limits.ts';

const MANY = 200;

/** How many attempts in a row are let through. */
async function passed(
  limits: LoginLimits,
  attemptOf: (index: number) => { remoteAddress: string; name: string },
): Promise<number> {
  for (let index = 0; index < MANY; index += 1) {
    const refusal = await limits.begin(attemptOf(index));
    if (refusal === undefined) continue;
    assert.equal(refusal.refused, 'too_many_requests');
    assert.ok(refusal.retryAfterS > 0 && refusal.retryAfterS <= 900);
    return index;
  }
  return MANY;
}

test('LoginLimits ends guessing at one account, from however many addresses', async () => {
  const count = await passed(new LoginLimits(), (index) => ({
    remoteAddress: `10.0.0.${index}`,
    name: index % 2 === 0 ? 'anna' : 'ANNA',
  }));
  assert.equal(count, 100);
});

test('LoginLimits ends guessing at one account from one address much earlier', async () => {
  const limits = new LoginLimits();
  const count = await passed(limits, (index) => ({
    remoteAddress: '192.0.2.1',
    name: index % 2 === 0 ? 'anna' : 'ANNA',
  }));
  assert.equal(count, 10);
  const elsewhere = { remoteAddress: '192.0.2.2', name: 'anna' };
  assert.equal(await limits.begin(elsewhere), undefined, 'its owner is not shut out by that');
});

test('LoginLimits lets an account’s owner in from where they were before, whoever attacks', async () => {
  const limits = new LoginLimits();
  const owner = { remoteAddress: '203.0.113.5', name: 'anna' };
  assert.equal(await limits.begin(owner), undefined);
  await limits.succeeded(owner);
  await passed(limits, (index) => ({ remoteAddress: `10.0.0.${index}`, name: 'anna' }));
  const stranger = await limits.begin({ remoteAddress: '203.0.113.6', name: 'anna' });
  assert.equal(stranger?.refused, 'too_many_requests');
  for (let visit = 0; visit < 3; visit += 1) {
    const again = { ...owner };
    assert.equal(await limits.begin(again), undefined);
    await limits.succeeded(again);
  }
  const count = await passed(limits, () => ({ ...owner }));
  assert.equal(count, 10, 'who attacks from there is held back all the same');
});

test('LoginLimits ends guessing from one address, at however many accounts', async () => {
  const spellings = ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201'];
  const count = await passed(new LoginLimits(), (index) => ({
    remoteAddress: spellings[index % spellings.length] ?? '',
    name: `name${index}`,
  }));
  assert.equal(count, 30);
});

test('LoginLimits takes an IPv6 customer for one, and neighbours for others', async () => {
  const limits = new LoginLimits();
  const count = await passed(limits, (index) => ({
    remoteAddress: `2001:db8:1:2::${index.toString(16)}`,
    name: `name${index}`,
  }));
  assert.equal(count, 30);
  assert.equal(await limits.begin({ remoteAddress: '2001:db8:1:3::1', name: 'new' }), undefined);
});

test('LoginLimits counts many at once like many in a row', async () => {
  const limits = new LoginLimits();
  const answers = await Promise.all(
    Array.from({ length: MANY }, (_, index) =>
      limits.begin({ remoteAddress: `10.0.1.${index}`, name: 'anna' }),
    ),
  );
  assert.equal(answers.filter((each) => each === undefined).length, 100);
});

test('LoginLimits gives back what succeeded', async () => {
  const limits = new LoginLimits();
  const attempt = { remoteAddress: '192.0.2.1', name: 'anna' };
  for (let index = 0; index < MANY; index += 1) {
    assert.equal(await limits.begin(attempt), undefined);
    await limits.succeeded(attempt);
  }
});

test('LoginLimits refuses everybody while it cannot count', async () => {
  const broken = {
    consume: () => Promise.reject(new Error('the counter is away')),
    reward: () => Promise.resolve(),
  };
  for (const counters of [{ addresses: broken }, { pairs: broken }, { accounts: broken }]) {
    const refusal = await new LoginLimits(counters).begin({ remoteAddress: '::1', name: 'anna' });
    assert.equal(refusal?.refused, 'sign_in_unavailable');
  }
});
