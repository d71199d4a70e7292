import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/index.ts';
import type { Database, Queryable } from './database.ts';

/** Any number of its own: servers that start together migrate one after the other. */
const MIGRATION_LOCK = 727_000;

/** Statements that take a table from others wait no longer for it than live traffic bears. */
const LOCK_TIMEOUT = '5s';

/** One step forward; there are none back. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** The database does not fit this version, said for whoever started the server. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** Reads the migrations that belong to this version, in their order. */
export async function readMigrations(
  folder = join(import.meta.dirname, 'migrations'),
): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name));
  return Promise.all(
    names.sort().map(async (name) => ({
      number: Number.parseInt(name, 10),
      name,
      sql: await readFile(join(folder, name), 'utf8'),
    })),
  );
}

/**
 * Brings the database to this version: each migration in a transaction of its own, once. Throws a
 * `MigrationError` when the database is newer, or was made by other migrations.
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
  log: Log,
): Promise<void> {
  await database.transaction(async (transaction) => {
    await lock(transaction);
    await transaction.query(
      `create table if not exists schema_migrations (
         number integer primary key,
         name text not null,
         checksum text not null,
         applied_at timestamptz not null default now())`,
    );
  });
  for (const migration of migrations) await applyOnce(database, migration, log);
  const [last] = await database.query<{ number: number }>(
    'select number from schema_migrations order by number desc limit 1',
  );
  const known = migrations.at(-1)?.number ?? 0;
  if (last === undefined || last.number <= known) return;
  throw new MigrationError(
    `The database is at migration ${last.number} and this Millrace knows ${known}: ` +
      'start the newer version, or restore a backup',
  );
}

async function applyOnce(database: Database, migration: Migration, log: Log): Promise<void> {
  const { number, name, sql } = migration;
  const checksum = createHash('sha256').update(sql).digest('hex');
  const isApplied = await database.transaction(async (transaction) => {
    await lock(transaction);
    const [known] = await transaction.query<{ checksum: string }>(
      'select checksum from schema_migrations where number = $1',
      [number],
    );
    if (known?.checksum === checksum) return false;
    if (known !== undefined) {
      throw new MigrationError(`Migration ${name} is another one than the database was made with`);
    }
    await transaction.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
    await transaction.query(sql);
    await transaction.query(
      'insert into schema_migrations (number, name, checksum) values ($1, $2, $3)',
      [number, name, checksum],
    );
    return true;
  });
  if (isApplied) log.info({ migration: name }, 'database migrated');
}

async function lock(transaction: Queryable): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
}
