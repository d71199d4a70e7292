import { join } from 'node:path';
import type { Clock, Log } from '../../base/index.ts';
import type { Databases } from './database.ts';
import { migrate, readMigrations } from './migrations.ts';
import { PgliteDatabases } from './pglite-database.ts';
import { PostgresDatabases } from './postgres-database.ts';

/** Folder of the database in the process, below DATA_DIR. */
const FOLDER_NAME = 'database';

/** Which database, and what it needs of the world. */
export interface OpenOptions {
  /** Of a PostgreSQL server; without it the database is in this process. Secret. */
  readonly url?: string | undefined;
  /** DATA_DIR, which this process has claimed. */
  readonly folder: string;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Opens the database and brings it to this version. Waits half a minute for a server that is still
 * starting, then throws a `DatabaseUnavailableError`; throws a `MigrationError` or a
 * `DatabaseFolderError` when the database is not for this version.
 */
export async function openDatabases({ url, folder, log, clock }: OpenOptions): Promise<Databases> {
  const migrations = await readMigrations();
  if (url !== undefined) {
    await PostgresDatabases.prepare({ url, log, clock }, (database) =>
      migrate(database, migrations, log),
    );
    return new PostgresDatabases({ url, log, clock });
  }
  const databases = await PgliteDatabases.open({
    folder: join(folder, FOLDER_NAME),
    isDurable: true,
    log,
    clock,
  });
  try {
    await databases.prepare((database) => migrate(database, migrations, log));
    return databases;
  } catch (error) {
    await databases.close();
    throw error;
  }
}
