import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../base/index.ts';
import { testDatabase } from './database.test-support.ts';
import { type Migration, MigrationError, migrate, readMigrations } from './migrations.ts';

const known = await readMigrations();

/** What comes after the last one. */
function next(sql: string): Migration {
  return { number: 9001, name: '9001-next.sql', sql };
}

test('readMigrations() numbers them without a gap', () => {
  assert.deepEqual(
    known.map(({ number }) => number),
    known.map((_, index) => index + 1),
  );
});

test('migrate() leaves nothing of one that fails', async () => {
  const database = await testDatabase();
  const broken = next('create table half (id integer); selekt');
  await assert.rejects(migrate(database, [...known, broken], silentLog), /syntax/);
  const tables = await database.query(`select 1 from pg_tables where tablename = 'half'`);
  assert.deepEqual(tables, []);
});

test('migrate() refuses a database that was made by another text of a migration', async () => {
  const database = await testDatabase();
  const changed = known.map((each) => ({ ...each, sql: `${each.sql}\n-- changed` }));
  await assert.rejects(migrate(database, changed, silentLog), MigrationError);
});

test('migrate() refuses a database that is newer', async () => {
  const database = await testDatabase();
  const newer = next('create table newer (id integer)');
  await migrate(database, [...known, newer], silentLog);
  await assert.rejects(migrate(database, known, silentLog), /start the newer version/);
  await database.query('drop table newer');
  await database.query('delete from schema_migrations where number = $1', [newer.number]);
});
