import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../base/index.ts';
import { createApp } from '../http/fastify-app.ts';
import { DEFAULT_HTTP_LIMITS, ManagementGuard, ResponseTally } from '../http/index.ts';
import { registerPageRoutes } from './pages.ts';

test('pages are alone in their window, and stay with HTTPS where there is any', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-pages-'));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'index.html'), '<head></head>');
  for (const isHttps of [true, false]) {
    const app = createApp({
      ...{ log: silentLog, limits: DEFAULT_HTTP_LIMITS, isHttps },
      guard: new ManagementGuard({ host: '127.0.0.1' }),
      responses: new ResponseTally(),
    });
    await registerPageRoutes(app, folder, () => false);
    const { headers, statusCode } = await app.inject('/sign-in');
    assert.equal(statusCode, 200);
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    const kept = headers['strict-transport-security'];
    assert.equal(kept, isHttps ? 'max-age=31536000' : undefined);
    await app.close();
  }
});
