import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from '../../store/sql/database.test-support.ts';
import { database, OPERATOR, Stage, status } from './stage.test-support.ts';
import type { TryOutcome } from './webhook-sender.ts';

const HOUR_MS = 3_600_000;
const REFUSED: TryOutcome = { kind: 'unanswered', why: 'connection refused' };

beforeEach(() => clear(database));

test('a receiver that was down for three days gets everything once, in order', async () => {
  for (const down of [REFUSED, status(503), status(500)]) {
    await clear(database);
    const stage = new Stage();
    await stage.webhook();
    stage.answer = () => down;
    for (let hour = 0; hour < 72; hour += 1) {
      await stage.happen();
      await stage.pass(HOUR_MS);
    }
    assert.deepEqual(stage.accepted(), []);
    stage.answer = () => status(200);
    await stage.pass(24 * HOUR_MS);
    assert.deepEqual(
      stage.accepted(),
      Array.from({ length: 72 }, (_, index) => index),
    );
    await stage.happen();
    await stage.pass(0);
    assert.equal(stage.accepted().at(-1), 72);
    await stage.pass(100 * HOUR_MS);
    assert.equal(stage.accepted().length, 73);
  }
});

test('a delivery is given up after ten tries, listed, and replayed with the same id', async () => {
  const stage = new Stage();
  const { id } = await stage.webhook();
  stage.answer = () => REFUSED;
  await stage.happen();
  await stage.pass(80 * HOUR_MS);
  assert.equal(stage.seen.length, 10);
  const stamps = stage.seen.map(({ headers }) => Number(headers['webhook-timestamp']));
  assert.ok((stamps[9] ?? 0) - (stamps[0] ?? 0) > 75 * 3600);
  assert.equal(new Set(stage.seen.map(({ headers }) => headers['webhook-id'])).size, 1);
  const [failed] = await stage.list(id, 'failed');
  assert.equal(failed?.attempts, 10);
  assert.equal(failed?.lastError, 'connection refused');
  assert.equal(failed?.nextAttemptAt, null);

  stage.answer = () => status(200);
  await stage.pass(100 * HOUR_MS);
  assert.equal(stage.seen.length, 10);
  assert.equal(await stage.webhooks.replayFailed(id, OPERATOR), 1);
  await stage.settle();
  assert.deepEqual(stage.accepted(), [0]);
  assert.equal(stage.seen.at(-1)?.headers['webhook-id'], failed?.eventId);
  assert.deepEqual(await stage.list(id, 'failed'), []);

  const [delivered] = await stage.list(id, 'delivered');
  const replayed = await stage.webhooks.replay(id, delivered?.id ?? '', OPERATOR);
  assert.equal('status' in replayed && replayed.status, 'pending');
  await stage.settle();
  assert.deepEqual(stage.accepted(), [0, 0]);
  const unknown = await stage.webhooks.replay(id, 'dlv_none', OPERATOR);
  assert.equal('refused' in unknown && unknown.refused, 'delivery_not_found');
});

test('an event that alone is refused does not hold those behind it, and goes on trying', async () => {
  const stage = new Stage();
  const { id } = await stage.webhook();
  let isMended = false;
  stage.answer = (_request, { data }) => status(data.number === 1 && !isMended ? 500 : 200);
  for (let index = 0; index < 4; index += 1) await stage.happen();
  await stage.pass(HOUR_MS);
  assert.deepEqual(stage.accepted(), [0, 2, 3]);
  const [pending] = await stage.list(id, 'pending');
  assert.equal(pending?.lastError, 'the receiver answered 500');
  isMended = true;
  await stage.pass(24 * HOUR_MS);
  assert.deepEqual(stage.accepted(), [0, 2, 3, 1]);
});

test('what waited behind one that was given up is tried, and given up when its own time is over', async () => {
  const stage = new Stage();
  const { id } = await stage.webhook();
  stage.answer = () => REFUSED;
  await stage.happen();
  await stage.pass(HOUR_MS);
  await stage.happen();
  await stage.pass(200 * HOUR_MS);
  const failed = await stage.list(id, 'failed');
  assert.equal(failed.length, 2);
  assert.ok((failed[0]?.attempts ?? 0) >= 1);
});

test('410 disables a webhook and fails what waits for it', async () => {
  const stage = new Stage();
  const { id } = await stage.webhook();
  stage.answer = () => status(410);
  await stage.happen();
  await stage.happen();
  await stage.settle();
  await stage.happen();
  await stage.pass(100 * HOUR_MS);
  assert.equal(stage.seen.length, 1);
  const webhook = await stage.webhooks.get(id);
  assert.equal(webhook?.isEnabled, false);
  assert.match(webhook?.disabledReason ?? '', /410/);
  assert.equal((await stage.list(id, 'failed')).length, 2);
  const replayed = await stage.webhooks.replayFailed(id, OPERATOR);
  assert.equal(typeof replayed === 'object' && replayed.refused, 'webhook_disabled');

  stage.answer = () => status(200);
  await stage.webhooks.update(id, { isEnabled: true }, OPERATOR);
  await stage.happen();
  await stage.settle();
  assert.deepEqual(stage.accepted(), [3]);
  assert.equal(await stage.webhooks.replayFailed(id, OPERATOR), 2);
  await stage.settle();
  assert.deepEqual(stage.accepted(), [3, 0, 1]);
});

test('a redirect counts as a failure', async () => {
  const stage = new Stage();
  const { id } = await stage.webhook();
  stage.answer = () => status(302);
  await stage.happen();
  await stage.settle();
  const [pending] = await stage.list(id, 'pending');
  assert.equal(pending?.lastError, 'redirects are not followed');
});

test('a webhook is told of what belongs to its owner and of the types it asked for', async () => {
  const stage = new Stage();
  const url = (name: string) => `https://${name}.test/`;
  await stage.happen();
  await stage.webhook({ url: url('all') });
  await stage.webhook({ url: url('ada'), ownerId: 'ada' });
  await stage.webhook({ url: url('ended'), ownerId: 'ada', eventTypes: ['broadcast.ended'] });
  await stage.webhook({ url: url('bob'), ownerId: 'bob' });
  await stage.happen({ ownerId: 'ada', type: 'broadcast.started' });
  await stage.happen({ ownerId: 'bob' });
  await stage.happen({ ownerId: 'ada', type: 'broadcast.ended' });
  await stage.happen();
  await stage.settle();
  assert.deepEqual(stage.accepted(url('all')), [1, 2, 3, 4]);
  assert.deepEqual(stage.accepted(url('ada')), [1, 3]);
  assert.deepEqual(stage.accepted(url('ended')), [3]);
  assert.deepEqual(stage.accepted(url('bob')), [2]);
});

const NOT_ENTITLED = 'whoever it belongs to may not be told any more';
const CHANGES: readonly (readonly [
  what: string,
  draft: { readonly ownerId?: string; readonly createdBy?: string },
  change: string,
  isTold: boolean,
])[] = [
  ['a broadcaster', { ownerId: 'ada' }, `role = 'broadcaster'`, true],
  ['a broadcaster who is disabled', { ownerId: 'ada' }, 'disabled_at = now()', false],
  ['a broadcaster who is a viewer by now', { ownerId: 'ada' }, `role = 'viewer'`, false],
  ['an administrator', { createdBy: 'ada' }, `role = 'admin'`, true],
  ['an administrator who is none by now', { createdBy: 'ada' }, `role = 'broadcaster'`, false],
  ['an administrator who is disabled', { createdBy: 'ada' }, 'disabled_at = now()', false],
  ['whoever the operator names', { ownerId: 'radio', createdBy: 'ada' }, `role = 'viewer'`, true],
];
for (const [what, draft, change, isTold] of CHANGES) {
  test(`${what} is ${isTold ? 'told' : 'told nothing more, not even what waits'}`, async () => {
    const role = draft.createdBy === undefined ? 'broadcaster' : 'admin';
    await database.query(
      `insert into users (id, name, display_name, role, created_at)
       values ('ada', 'ada', 'Ada', $1, now())`,
      [role],
    );
    const stage = new Stage();
    const { id } = await stage.webhook(draft);
    const { ownerId = null } = draft;
    stage.answer = () => status(500);
    await stage.happen({ ownerId });
    await stage.settle();
    stage.answer = () => status(200);
    await database.query(`update users set ${change} where id = 'ada'`);
    await stage.happen({ ownerId });
    await stage.pass(60_000);
    assert.deepEqual(stage.accepted(), isTold ? [0, 1] : []);
    const webhook = await stage.webhooks.get(id);
    assert.equal(webhook?.disabledReason, isTold ? null : NOT_ENTITLED);
    assert.equal((await stage.list(id, 'failed')).length, isTold ? 0 : 2);
  });
}

test('a receiver that does not answer holds up nobody else', async () => {
  const stage = new Stage();
  await stage.webhook({ url: 'https://slow.test/' });
  await stage.webhook();
  const late = Promise.withResolvers<TryOutcome>();
  stage.answer = ({ url }) => (url === 'https://slow.test/' ? late.promise : status(200));
  for (let index = 0; index < 3; index += 1) await stage.happen();
  while (stage.accepted().length < 3) {
    await stage.deliveries.round();
    await new Promise(setImmediate);
  }
  assert.deepEqual(stage.accepted(), [0, 1, 2]);
  late.resolve(status(200));
  await stage.deliveries.idle();
  assert.deepEqual(stage.accepted('https://slow.test/'), [0, 1, 2]);
});

test('two servers on one database send everything once', async () => {
  const stage = new Stage();
  await stage.webhook();
  const other = stage.server();
  for (let index = 0; index < 20; index += 1) await stage.happen();
  while (stage.accepted().length < 20) {
    await Promise.all([stage.deliveries.round(), other.round()]);
    await Promise.all([stage.deliveries.idle(), other.idle()]);
  }
  assert.deepEqual(
    stage.accepted(),
    Array.from({ length: 20 }, (_, index) => index),
  );
});

test('close() gives back what was under way; the next start delivers it', async () => {
  const stage = new Stage();
  await stage.webhook();
  await stage.happen();
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<TryOutcome>();
  stage.answer = () => {
    begun.resolve();
    return ended.promise;
  };
  stage.deliveries.start();
  await begun.promise;
  const closed = stage.deliveries.close();
  ended.resolve({ kind: 'aborted' });
  await closed;
  assert.deepEqual(stage.deliveries.tally.tries, {
    ...{ delivered: 0, refused: 0, unanswered: 0, given_up: 0, gone: 0 },
  });

  stage.answer = () => status(200);
  const next = stage.server();
  await next.round();
  await next.idle();
  assert.deepEqual(stage.accepted(), [0]);
  await next.round();
  assert.deepEqual(next.tally, {
    tries: { delivered: 1, refused: 0, unanswered: 0, given_up: 0, gone: 0 },
    pending: 0,
    oldestPendingMs: 0,
  });
});
