import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { silentLog, systemClock } from '../../server/base/index.ts';
import {
  type Database,
  type Databases,
  DatabaseUnavailableError,
  openDatabases,
} from '../../server/store/sql/index.ts';
import { needs } from '../support/component.ts';
import type { Cleaning } from '../support/place.ts';
import { PostgresServer } from '../support/postgres-server.ts';

/** Refusals come from the system at once; this leaves room for a machine that is busy. */
const AT_ONCE_MS = 1500;

async function open(server: PostgresServer, context: Cleaning): Promise<Databases> {
  const url = await server.freshDatabase(context);
  const place = { folder: '/nowhere', log: silentLog, clock: systemClock };
  const databases = await openDatabases({ ...place, url });
  await databases.control.query('create table things (id integer primary key)');
  context.after(() => databases.close());
  return databases;
}

async function refusal(work: Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await assert.rejects(work, DatabaseUnavailableError);
  return performance.now() - startedMs;
}

/** Asks until the database answers again. */
async function waitFor(database: Database): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      await database.query('select 1');
      return;
    } catch (error) {
      assert.ok(error instanceof DatabaseUnavailableError);
      await wait(50);
    }
  }
  assert.fail('the database did not come back');
}

describe('A PostgreSQL server that goes away', needs('postgres'), () => {
  let server: PostgresServer;
  const cleanings: (() => Promise<void> | void)[] = [];
  before(async () => {
    server = await PostgresServer.start({ after: (task) => cleanings.push(task) });
  });
  // Behind the tests' own clean-ups, which close their connections.
  after(async () => {
    for (const task of cleanings) await task();
  });

  test('query() refuses at once while it is away, and works when it is back', async (context) => {
    const { control, admission } = await open(server, context);
    await control.query('insert into things values (1)');
    const cut = refusal(control.query('select pg_sleep(60)'));
    await server.kill();
    await cut;
    assert.ok((await refusal(control.query('select 1'))) < AT_ONCE_MS);
    assert.ok((await refusal(admission.query('select 1'))) < AT_ONCE_MS);
    await server.resume();
    await Promise.all([waitFor(control), waitFor(admission)]);
    assert.deepEqual(await control.query('select id from things'), [{ id: 1 }]);
  });

  test('transaction() that was cut off keeps nothing, and one that was answered everything', async (context) => {
    const { control } = await open(server, context);
    const kept: number[] = [];
    const write = async (id: number): Promise<void> => {
      await control.transaction(async (transaction) => {
        await transaction.query('insert into things values ($1)', [id]);
        await transaction.query('insert into things values ($1)', [-id]);
      });
      kept.push(id);
    };
    const writing = Array.from({ length: 200 }, (_, index) => write(index + 1));
    await Promise.race(writing);
    await server.kill();
    const results = await Promise.allSettled(writing);
    for (const result of results) {
      if (result.status === 'rejected')
        assert.ok(result.reason instanceof DatabaseUnavailableError);
    }
    await server.resume();
    await waitFor(control);
    const rows = await control.query<{ id: number }>('select id from things');
    const found = new Set(rows.map(({ id }) => id));
    for (const id of kept) assert.ok(found.has(id), `${id} was acknowledged`);
    for (const id of found) assert.ok(found.has(-id), `${id} came without its other half`);
  });

  test('openDatabases() waits for a server that is still starting', async (context) => {
    const url = await server.freshDatabase(context);
    await server.kill();
    const opening = openDatabases({ url, folder: '/nowhere', log: silentLog, clock: systemClock });
    await server.resume();
    const databases = await opening;
    context.after(() => databases.close());
    assert.ok((await databases.control.query('select 1 from schema_migrations')).length > 0);
  });

  test('two that open one database at once migrate it once', async (context) => {
    const url = await server.freshDatabase(context);
    const place = { folder: '/nowhere', log: silentLog, clock: systemClock };
    const opened = await Promise.all([1, 2].map(() => openDatabases({ ...place, url })));
    const counted = await opened[0]?.control.query(
      'select count(*) = count(distinct number) as is_once from schema_migrations',
    );
    await Promise.all(opened.map((databases) => databases.close()));
    assert.deepEqual(counted, [{ is_once: true }]);
  });

  test('admission goes on while control is busy with slow statements', async (context) => {
    const { control, admission } = await open(server, context);
    let isSlowOver = false;
    const slow = Promise.all(
      Array.from({ length: 16 }, () => control.query('select pg_sleep(1)')),
    ).then(() => {
      isSlowOver = true;
    });
    for (let count = 0; count < 20; count += 1) await admission.query('select 1');
    assert.equal(isSlowOver, false);
    await slow;
  });

  test('admission ends a statement that takes too long', async (context) => {
    const { admission } = await open(server, context);
    const tookMs = await refusal(admission.query('select pg_sleep(20)'));
    assert.ok(tookMs < 10_000, `after ${tookMs} ms`);
    assert.equal((await admission.query('select 1')).length, 1);
  });
});
