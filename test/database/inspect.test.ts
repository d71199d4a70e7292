import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog, systemClock } from '../../server/base/index.ts';
import { openDatabases } from '../../server/store/sql/index.ts';
import { inspectPostgres } from '../../server/store/sql/inspect-postgres.ts';
import { needs } from '../support/component.ts';
import { PostgresServer } from '../support/postgres-server.ts';

test(
  'inspectPostgres() tells version and migrations, and changes nothing',
  needs('postgres'),
  async (context) => {
    const server = await PostgresServer.start(context);
    const url = await server.freshDatabase(context);
    const fresh = await inspectPostgres(url);
    assert.ok(fresh.major >= 15, fresh.version);
    assert.ok(fresh.pending.length > 0);
    assert.deepEqual(await inspectPostgres(url), fresh, 'to ask is not to migrate');

    const settings = { url, folder: '/nowhere', log: silentLog, clock: systemClock };
    const databases = await openDatabases(settings);
    try {
      const { pending, foreign } = await inspectPostgres(url);
      assert.deepEqual([pending, foreign], [[], []]);
      await databases.control.query(
        "insert into schema_migrations (number, name, checksum) values (9999, '9999-later.sql', '')",
      );
      assert.deepEqual((await inspectPostgres(url)).foreign, ['9999-later.sql']);
    } finally {
      await databases.close();
    }
  },
);
