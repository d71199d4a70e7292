import type { Database } from '../store/sql/index.ts';

/** The same database, which calls `told` after each transaction that was kept. */
export function tellingDatabase(database: Database, told: () => void): Database {
  return {
    query: (text, values) => database.query(text, values),
    async transaction(work) {
      const result = await database.transaction(work);
      told();
      return result;
    },
    close: () => database.close(),
  };
}
