/** A database for unit tests: PGlite in a folder that goes when the test file ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock } from '../../base/index.ts';
import type { Database, Databases } from './database.ts';
import { migrate, readMigrations } from './migrations.ts';
import { PgliteDatabases } from './pglite-database.ts';

let opened: Promise<Databases> | undefined;
let tables: readonly { readonly name: string }[] | undefined;

/** Both ways into the database that all tests of this file share; migrated, and empty at first. */
export function testDatabases(): Promise<Databases> {
  opened ??= open();
  return opened;
}

/** The shared database of this test file; `clear` it before each test. */
export async function testDatabase(): Promise<Database> {
  return (await testDatabases()).control;
}

/** Empties every table, and lets positions start again at 1. Truncating would make files anew. */
export async function clear(database: Database): Promise<void> {
  tables ??= await database.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables
     where schemaname = 'public' and tablename <> 'schema_migrations'`,
  );
  await database.query(`
    begin;
    set local session_replication_role = replica;
    ${tables.map(({ name }) => `delete from ${name};`).join(' ')}
    alter table events alter column position restart;
    alter table audit_log alter column position restart;
    commit`);
}

async function open(): Promise<Databases> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-database-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const databases = await PgliteDatabases.open({
    folder: join(folder, 'database'),
    isDurable: false,
    log: silentLog,
    clock: systemClock,
  });
  await migrate(databases.control, await readMigrations(), silentLog);
  return databases;
}
