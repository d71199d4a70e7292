import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import { clear, testDatabase } from '../store/sql/database.test-support.ts';
import { keepPrimaryEndpoint, listIngestEndpoints } from './ingest-table.ts';

const database = await testDatabase();
beforeEach(() => clear(database));

const options = { nowMs: 0, randomBytes };

test('keepPrimaryEndpoint() replaces what this server was called before, and nothing else', async () => {
  await keepPrimaryEndpoint(database, 'rtmp://before.example.org/live', options);
  await database.query(
    `insert into ingest_endpoints (id, url, region, created_at)
     values ('ing_far', 'rtmp://far.example.org/live', 'far', now())`,
  );
  const url = 'rtmp://live.example.org/live';
  for (const _ of [1, 2]) await keepPrimaryEndpoint(database, url, options);
  const far = { url: 'rtmp://far.example.org/live', region: 'far', isPrimary: false };
  const primary = { url, region: '', isPrimary: true };
  assert.deepEqual(await listIngestEndpoints(database), [primary, far]);
  await keepPrimaryEndpoint(database, null, options);
  assert.deepEqual(await listIngestEndpoints(database), [far]);
});
