import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog, systemClock } from '../../server/base/index.ts';
import { DatabaseFolderError, openDatabases } from '../../server/store/sql/index.ts';
import { killWriters } from '../support/database-killing.ts';
import { tempFolder } from '../support/place.ts';

/** `bench/database-kills.ts` does a thousand. */
const KILLS = 8;

test('a process that is killed while it writes loses nothing that it acknowledged', async () => {
  const { acknowledged } = await killWriters(tempFolder(), KILLS);
  assert.ok(acknowledged > 0, 'nothing was written before the kills');
});

test('openDatabases() begins again where a first start was killed half-way', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'database.new'));
  writeFileSync(join(folder, 'database.new/PG_VERSION'), '18\n');
  const databases = await openDatabases({ folder, log: silentLog, clock: systemClock });
  const rows = await databases.control.query('select 1 from schema_migrations');
  await databases.close();
  assert.ok(rows.length > 0);
});

test('openDatabases() lets nobody else into its folder', async () => {
  const folder = tempFolder();
  const databases = await openDatabases({ folder, log: silentLog, clock: systemClock });
  await databases.close();
  assert.equal(statSync(join(folder, 'database')).mode & 0o777, 0o700);
});

test('openDatabases() says that a folder is of another version', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'database'));
  writeFileSync(join(folder, 'database/PG_VERSION'), '17\n');
  await assert.rejects(
    openDatabases({ folder, log: silentLog, clock: systemClock }),
    (error) => error instanceof DatabaseFolderError && /version 17/.test(error.message),
  );
});
