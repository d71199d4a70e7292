import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { ManualClock, silentLog } from '../../base/index.ts';
import { DatabaseUnavailableError } from './database.ts';
import { PgliteDatabases } from './pglite-database.ts';

/** The thread starts in real time, so the clock passes with it. */
const STEP_MS = 20;
/** Far longer than the thread takes for a small question. */
const ANSWERED_MS = 500;

async function open(
  context: TestContext,
): Promise<{ clock: ManualClock; databases: PgliteDatabases }> {
  const parent = mkdtempSync(join(tmpdir(), 'millrace-pglite-'));
  const clock = new ManualClock();
  const folder = join(parent, 'database');
  const databases = await PgliteDatabases.open({ folder, isDurable: false, log: silentLog, clock });
  await databases.control.query('create table things (id integer)');
  context.after(async () => {
    await databases.close();
    rmSync(parent, { recursive: true });
  });
  return { clock, databases };
}

test('query() of admission goes before what waits in control', async (context) => {
  const { databases } = await open(context);
  const order: string[] = [];
  const note = (name: string) => (): number => order.push(name);
  await Promise.all([
    ...[1, 2, 3].map(() => databases.control.query('select 1').then(note('control'))),
    databases.admission.query('select 1').then(note('admission')),
  ]);
  assert.deepEqual(order, ['control', 'admission', 'control', 'control']);
});

test('transaction() that waits for something else is undone after 10 s', async (context) => {
  const { clock, databases } = await open(context);
  let hasBegun = false;
  const stuck = databases.control.transaction(async (transaction) => {
    await transaction.query('insert into things values (1)');
    hasBegun = true;
    await new Promise(() => {});
  });
  const refused = assert.rejects(stuck, DatabaseUnavailableError);
  while (!hasBegun) await turn();
  clock.advance(10_000);
  await refused;
  assert.deepEqual(await databases.control.query('select id from things'), []);
});

test('query() that never ends is cut off, and a new thread takes over', async (context) => {
  const { clock, databases } = await open(context);
  await databases.control.query('insert into things values (1)');
  const endless = databases.control.query('select count(*) from generate_series(1, 1e12::bigint)');
  const waiting = databases.admission.query('select 1');
  const refused = Promise.all([
    assert.rejects(endless, DatabaseUnavailableError),
    assert.rejects(waiting, DatabaseUnavailableError),
  ]);
  await turn();
  clock.advance(20_000);
  await refused;
  const rows = await askUntilBack(clock, databases);
  assert.deepEqual(rows, [{ id: 1 }]);
});

test('query() is not given the late answer of another that was given up', async (context) => {
  const { clock, databases } = await open(context);
  const late = databases.control.query('select 1 as number');
  const next = late.catch(() => databases.control.query('select 2 as number'));
  const refused = assert.rejects(next, DatabaseUnavailableError);
  // The whole process was stopped meanwhile: the answer is there, and so is the end of its time.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ANSWERED_MS);
  clock.advance(20_000);
  await refused;
  await askUntilBack(clock, databases);
});

async function askUntilBack(
  clock: ManualClock,
  databases: PgliteDatabases,
): Promise<readonly object[]> {
  for (;;) {
    clock.advance(STEP_MS);
    try {
      return await databases.control.query('select id from things');
    } catch (error) {
      assert.ok(error instanceof DatabaseUnavailableError);
      await wait(STEP_MS);
    }
  }
}

test('what was written gets a checkpoint each minute and is vacuumed each hour', async (context) => {
  const { clock, databases } = await open(context);
  const checkpoint = async (): Promise<unknown> => {
    const rows = await databases.control.query(
      'select checkpoint_lsn::text as at from pg_control_checkpoint()',
    );
    return rows[0];
  };
  const before = await checkpoint();
  for (let minute = 0; minute < 60; minute += 1) {
    await databases.control.query('insert into things values (1)');
    clock.advance(60_000);
    // What upkeep asks goes before this, and it is done when this is.
    await checkpoint();
  }
  assert.notDeepEqual(await checkpoint(), before);
  await databases.control.query('select 1');
  const [row] = await databases.control.query(
    `select reltuples::integer as counted from pg_class where relname = 'things'`,
  );
  assert.deepEqual(row, { counted: 60 });
});
