import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join, openWholeApi } from './whole-api.test-support.ts';

test('POST /api/configuration/reload says in the audit log who did it and what became of it', async () => {
  const reload = async () => ({
    ...({ kind: 'reloaded', applied: ['LOG_LEVEL'], needRestart: ['PORT'] } as const),
    isCertificateRead: false,
  });
  const api = await openWholeApi({ reload });
  const anna = await join(api, 'anna', 'admin');
  const answer = await api.ask('POST /api/configuration/reload', { headers: anna });
  assert.equal(answer.statusCode, 200, answer.body);
  const audit = (await api.ask('GET /api/audit?limit=1', { headers: anna })).json();
  const [{ action, actor, changes }] = audit.data;
  assert.equal(action, 'configuration.reload');
  assert.deepEqual([actor.kind, actor.remoteAddress], ['user', '192.0.2.7']);
  assert.deepEqual(changes, { applied: ['LOG_LEVEL'], needRestart: ['PORT'] });
});
