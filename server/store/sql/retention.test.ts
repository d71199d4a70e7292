import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { appendAudit, listAudit } from './audit.ts';
import { clear, testDatabase } from './database.test-support.ts';
import { appendEvents } from './outbox.ts';
import {
  DELIVERED_LIFETIME_MS,
  EVENT_LIFETIME_MS,
  MOST_EVENTS,
  sweepOldRows,
} from './retention.ts';

const database = await testDatabase();
const NOW = new Date(Date.UTC(2026, 5, 1));

beforeEach(() => clear(database));

async function happen(id: string, occurredAt: Date): Promise<void> {
  const event = { id, occurredAt, type: 'stream.created', ownerId: null, streamId: null } as const;
  await database.transaction((transaction) => appendEvents(transaction, [{ ...event, data: {} }]));
}

async function idsOf(table: 'events' | 'webhook_deliveries'): Promise<string[]> {
  const rows = await database.query<{ id: string }>(`select id from ${table} order by id`);
  return rows.map(({ id }) => id);
}

/** As if webhooks had been looked up for all events so far. */
async function fannedOut(): Promise<void> {
  await database.query(
    `insert into event_cursors (name, position) select 'webhooks', max(position) from events
     on conflict (name) do update set position = excluded.position`,
  );
}

function before(ageMs: number): Date {
  return new Date(NOW.getTime() - ageMs);
}

test('sweepOldRows() deletes what has outlived its time, and nothing else', async () => {
  await happen('evt_old', before(EVENT_LIFETIME_MS + 1));
  await happen('evt_new', before(EVENT_LIFETIME_MS));
  await database.query(
    `insert into webhooks (id, url, created_at, from_position) values ('w', 'u', $1, 0)`,
    [NOW],
  );
  await database.query(
    `insert into webhooks (id, url, created_at, from_position) values ('x', 'u', $1, 0)`,
    [NOW],
  );
  const insert = `insert into webhook_deliveries
    (id, webhook_id, event_position, status, queued_at, next_attempt_at, last_attempt_at)
    values ($1, $2, $3, $4, $5, $5, $5)`;
  const old = before(DELIVERED_LIFETIME_MS + 1);
  await database.query(insert, ['dlv_of_old_event', 'w', 1, 'failed', NOW]);
  await database.query(insert, ['dlv_delivered', 'w', 2, 'delivered', old]);
  await database.query(insert, ['dlv_failed', 'x', 2, 'failed', old]);
  await fannedOut();
  const key = `insert into idempotency_keys (principal, key, request_hash, created_at)
    values ('p', $1, 'h', $2)`;
  await database.query(key, ['old', before(24 * 3_600_000 + 1)]);
  await database.query(key, ['new', before(24 * 3_600_000)]);

  assert.equal(await sweepOldRows(database, NOW), 3);
  assert.deepEqual(await idsOf('events'), ['evt_new']);
  assert.deepEqual(await idsOf('webhook_deliveries'), ['dlv_failed']);
  assert.equal(await sweepOldRows(database, NOW), 0);
});

test('sweepOldRows() leaves the newest events where there are too many', async () => {
  await happen('evt_a', NOW);
  await database.query(
    `insert into events (position, id, type, occurred_at, data) overriding system value
     values ($1, 'evt_b', 'stream.created', $2, '{}')`,
    [MOST_EVENTS + 1, NOW],
  );
  await fannedOut();
  assert.equal(await sweepOldRows(database, NOW), 1);
  assert.deepEqual(await idsOf('events'), ['evt_b']);
});

test('sweepOldRows() keeps what a webhook has still to be told, however old or many', async () => {
  const old = before(EVENT_LIFETIME_MS + 1);
  await happen('evt_pending', old);
  await happen('evt_failed', old);
  await happen('evt_not_looked_at', old);
  await database.query(
    `insert into events (position, id, type, occurred_at, data) overriding system value
     values ($1, 'evt_newest', 'stream.created', $2, '{}')`,
    [MOST_EVENTS + 1000, NOW],
  );
  await database.query(
    `insert into webhooks (id, url, created_at, from_position) values ('w', 'u', $1, 0)`,
    [NOW],
  );
  const insert = `insert into webhook_deliveries
    (id, webhook_id, event_position, status, queued_at, next_attempt_at)
    values ($1, 'w', $2, $3, $4, $4)`;
  await database.query(insert, ['dlv_a', 1, 'pending', NOW]);
  await database.query(insert, ['dlv_b', 2, 'failed', NOW]);
  await database.query(`insert into event_cursors (name, position) values ('webhooks', 2)`);

  assert.equal(await sweepOldRows(database, NOW), 1);
  assert.deepEqual(await idsOf('events'), ['evt_newest', 'evt_not_looked_at', 'evt_pending']);

  await fannedOut();
  await database.query(`update webhook_deliveries set status = 'delivered'`);
  assert.equal(await sweepOldRows(database, NOW), 2);
  assert.deepEqual(await idsOf('events'), ['evt_newest']);
});

test('sweepOldRows() goes no further once it is told to stop', async () => {
  await happen('evt_old', new Date(NOW.getTime() - EVENT_LIFETIME_MS - 1));
  await fannedOut();
  assert.equal(await sweepOldRows(database, NOW, AbortSignal.abort()), 0);
  assert.deepEqual(await idsOf('events'), ['evt_old']);
});

test('listAudit() lists newest first, by who, what and of what, page by page', async () => {
  const add = (action: string, actorId: string | null, objectId: string) =>
    database.transaction((transaction) =>
      appendAudit(transaction, {
        at: NOW,
        actor: { kind: actorId === null ? 'system' : 'user', id: actorId, remoteAddress: '::1' },
        action,
        objectKind: 'stream',
        objectId,
        changes: { title: ['a', 'b'] },
      }),
    );
  await add('stream.create', 'usr_a', 's1');
  await add('stream.create', 'usr_b', 's2');
  await add('stream.delete', null, 's1');
  const all = await listAudit(database, { limit: 10 });
  assert.deepEqual(
    all.map(({ position, action }) => [position, action]),
    [
      [3, 'stream.delete'],
      [2, 'stream.create'],
      [1, 'stream.create'],
    ],
  );
  assert.deepEqual(all[1], {
    position: 2,
    at: NOW,
    actor: { kind: 'user', id: 'usr_b', remoteAddress: '::1' },
    action: 'stream.create',
    objectKind: 'stream',
    objectId: 's2',
    changes: { title: ['a', 'b'] },
  });
  const positions = async (query: object): Promise<number[]> =>
    (await listAudit(database, { limit: 10, ...query })).map(({ position }) => position);
  assert.deepEqual(await positions({ actorId: 'usr_a' }), [1]);
  assert.deepEqual(await positions({ action: 'stream.create' }), [2, 1]);
  assert.deepEqual(await positions({ objectKind: 'stream', objectId: 's1' }), [3, 1]);
  assert.deepEqual(await positions({ objectKind: 'user' }), []);
  assert.deepEqual(await positions({ limit: 2 }), [3, 2]);
  assert.deepEqual(await positions({ before: 2 }), [1]);
});

test('the audit log cannot be changed', async () => {
  await assert.rejects(() => database.query('delete from audit_log'));
});
