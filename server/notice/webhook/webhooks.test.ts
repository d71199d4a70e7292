import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from '../../store/sql/database.test-support.ts';
import { listAudit } from '../../store/sql/index.ts';
import { database, OPERATOR, Stage } from './stage.test-support.ts';
import { MOST_OF_ONE, MOST_TESTS, SECRET_OVERLAP_MS } from './webhooks.ts';

beforeEach(() => clear(database));

test('rotateSecret() has both secrets sign until the overlap is over', async () => {
  const stage = new Stage();
  const made = await stage.webhook();
  const signatures = async (): Promise<number> => {
    await stage.happen();
    await stage.settle();
    return stage.seen.at(-1)?.headers['webhook-signature']?.split(' ').length ?? 0;
  };
  assert.equal(await signatures(), 1);
  const rotated = await stage.webhooks.rotateSecret(made.id, OPERATOR);
  assert.ok('secret' in rotated);
  assert.notEqual(rotated.secret, made.secret);
  assert.notEqual(rotated.previousSecretExpiresAt, null);
  assert.equal(await signatures(), 2);
  stage.clock.advance(SECRET_OVERLAP_MS);
  assert.equal(await signatures(), 1);
  assert.equal((await stage.webhooks.get(made.id))?.previousSecretExpiresAt, null);
});

test('test() sends one event and says what came back', async () => {
  const stage = new Stage();
  const { id } = await stage.webhook();
  const { signal } = new AbortController();
  assert.deepEqual(await stage.webhooks.test(id, signal), {
    isDelivered: true,
    status: 200,
    error: null,
  });
  assert.equal(stage.seen[0]?.body.type, 'webhook.test');
  stage.answer = () => ({ kind: 'unanswered', why: 'connection refused' });
  assert.deepEqual(await stage.webhooks.test(id, signal), {
    ...{ isDelivered: false, status: null, error: 'connection refused' },
  });
  assert.deepEqual(await stage.list(id), []);
});

test('test() is refused when there were many, for all webhooks of one owner together', async () => {
  const stage = new Stage();
  const [first, second] = [
    await stage.webhook({ ownerId: 'ada' }),
    await stage.webhook({ ownerId: 'ada' }),
  ];
  const foreign = await stage.webhook({ ownerId: 'bob' });
  const { signal } = new AbortController();
  const tests: boolean[] = [];
  for (let index = 0; index < MOST_TESTS + 2; index += 1) {
    const { id } = index % 2 === 0 ? first : second;
    const result = await stage.webhooks.test(id, signal);
    tests.push('isDelivered' in result);
    if ('refused' in result) {
      assert.deepEqual([result.refused, result.retryAfterS], ['too_many_requests', 60]);
    }
  }
  assert.deepEqual(tests, [...Array<boolean>(MOST_TESTS).fill(true), false, false]);
  assert.equal(stage.seen.length, MOST_TESTS);
  assert.ok('isDelivered' in (await stage.webhooks.test(foreign.id, signal)));
  stage.clock.advance(60_000);
  assert.ok('isDelivered' in (await stage.webhooks.test(first.id, signal)));
});

test('create() refuses an address inside, and more webhooks of one than it says', async () => {
  const stage = new Stage();
  const draft = { ownerId: 'ada', createdBy: null, description: '', eventTypes: [] };
  const refused = await stage.webhooks.create({ ...draft, url: 'https://0x7f.1/' }, OPERATOR);
  assert.ok('refused' in refused);
  assert.equal(refused.refused, 'invalid_request');
  assert.equal(refused.errors?.[0]?.field, 'url');
  for (let count = 0; count < MOST_OF_ONE; count += 1) await stage.webhook({ ownerId: 'ada' });
  const tooMany = await stage.webhooks.create({ ...draft, url: 'https://one.test/' }, OPERATOR);
  assert.equal('refused' in tooMany && tooMany.refused, 'too_many_webhooks');
  await stage.webhook({ ownerId: 'bob' });
  await stage.webhook({ ownerId: null });
});

test('update() changes what it is given, and what is changed is audited without secrets', async () => {
  const stage = new Stage();
  const made = await stage.webhook();
  const url = 'https://two.test/hook/capability?token=capability';
  const changed = await stage.webhooks.update(made.id, { url }, OPERATOR);
  assert.ok('url' in changed);
  assert.deepEqual([changed.url, changed.isEnabled], [url, true]);
  const wrong = await stage.webhooks.update(made.id, { url: 'http://two.test/' }, OPERATOR);
  assert.equal('refused' in wrong && wrong.refused, 'invalid_request');
  await stage.webhooks.update(made.id, { isEnabled: false }, OPERATOR);
  assert.equal((await stage.webhooks.get(made.id))?.disabledReason, 'disabled by its owner');
  await stage.happen();
  await stage.webhooks.update(made.id, { isEnabled: true }, OPERATOR);
  await stage.happen();
  await stage.settle();
  assert.deepEqual(stage.accepted(url), [1]);
  assert.equal(await stage.webhooks.delete(made.id, OPERATOR), undefined);
  const entries = await listAudit(database, { objectKind: 'webhook', limit: 100 });
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['webhook.delete', ...Array(3).fill('webhook.update'), 'webhook.create'],
  );
  assert.doesNotMatch(JSON.stringify(entries), /whsec_|capability/);
  assert.deepEqual(entries.at(-2)?.changes, { url: 'https://two.test' });
});

test('whatever is asked of an unknown webhook is refused by name', async () => {
  const { webhooks } = new Stage();
  const { signal } = new AbortController();
  for (const refusal of [
    await webhooks.update('whk_none', {}, OPERATOR),
    await webhooks.delete('whk_none', OPERATOR),
    await webhooks.rotateSecret('whk_none', OPERATOR),
    await webhooks.test('whk_none', signal),
    await webhooks.replayFailed('whk_none', OPERATOR),
  ]) {
    assert.equal(
      typeof refusal === 'object' && 'refused' in refusal && refusal.refused,
      'webhook_not_found',
    );
  }
  assert.equal(await webhooks.get('whk_none'), undefined);
});

test('list() goes through the webhooks of one or of all, newest first', async () => {
  const stage = new Stage();
  const made: string[] = [];
  for (const ownerId of ['ada', 'bob', 'ada']) {
    made.push((await stage.webhook({ ownerId })).id);
    stage.clock.advance(1);
  }
  const [first, second, third] = made;
  const ids = async (query: { ownerId?: string; after?: string; limit?: number }) => {
    const whole = { ownerId: undefined, after: undefined, limit: 10, ...query };
    return (await stage.webhooks.list(whole)).map(({ id }) => id);
  };
  assert.deepEqual(await ids({}), [third, second, first]);
  assert.deepEqual(await ids({ ownerId: 'ada' }), [third, first]);
  assert.deepEqual(await ids({ limit: 2 }), [third, second]);
  assert.deepEqual(await ids({ after: second ?? '' }), [first]);
});

test('no secret is kept in the database', async () => {
  const { secret } = await new Stage().webhook();
  const rows = await database.query('select * from webhooks');
  assert.equal(rows.length, 1);
  assert.equal(JSON.stringify(rows).includes(secret.slice('whsec_'.length)), false);
});
