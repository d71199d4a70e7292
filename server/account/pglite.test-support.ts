/** A database in memory for the tests of this folder. */
import { readFileSync } from 'node:fs';
import { PGlite, type Transaction, types } from '@electric-sql/pglite';
import { type Database, type Queryable, UniqueViolationError } from '../store/sql/index.ts';

/** A migrated database of its own. */
export async function testDatabase(): Promise<Database> {
  const lite = await PGlite.create({ parsers: { [types.INT8]: Number } });
  await lite.exec(
    readFileSync(new URL('../store/sql/migrations/0001-platform.sql', import.meta.url), 'utf8'),
  );
  const over = (q: PGlite | Transaction): Queryable => ({
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) => {
      try {
        return (await q.query<Row>(text, [...values])).rows;
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === '23505') {
          throw new UniqueViolationError('constraint' in error ? String(error.constraint) : '');
        }
        throw error;
      }
    },
  });
  return {
    ...over(lite),
    transaction: (work) => lite.transaction((tx) => work(over(tx))),
    close: () => lite.close(),
  };
}

/** Empties every table of people. */
export async function clear(database: Database): Promise<void> {
  await database.query('truncate users, sessions, api_tokens, invitations cascade');
}
