import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Problem } from '../../../contract/index.ts';
import { ManualClock, silentLog, systemClock } from '../../base/index.ts';
import { createHttpServer } from '../http/index.ts';
import { registerOperationsRoutes } from './operations.ts';

async function start(context: TestContext, token?: string) {
  const clock = new ManualClock();
  let isReady = false;
  let unwritten = { waiting: 0, lost: 0, isFull: false };
  const server = createHttpServer({
    log: silentLog,
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
    delivery: { handler: { handle: () => undefined }, matches: () => false },
    management: { token },
    register: (app) =>
      registerOperationsRoutes(app, {
        clock,
        version: '1.2.3',
        isReady: () => isReady,
        unwritten: () => unwritten,
        metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'up 1\n' },
      }),
  });
  const { port } = await server.listen();
  context.after(() => server.close(0));
  return {
    clock,
    get: (path: string) => fetch(`http://127.0.0.1:${port}${path}`),
    setUnwritten: (tally: typeof unwritten) => {
      unwritten = tally;
    },
    setReady: (ready: boolean) => {
      isReady = ready;
    },
  };
}

test('GET /health tells version and uptime', async (context) => {
  const { get, clock } = await start(context);
  clock.advance(61_900);
  const response = await get('/health');
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    ...{ status: 'ok', version: '1.2.3', uptimeS: 61 },
    database: { changesWaiting: 0, changesLost: 0 },
  });
  assert.equal(response.headers.get('cache-control'), 'no-store');
});

test('GET /health says when changes are left out, and goes on with 200', async (context) => {
  const { get, setUnwritten } = await start(context);
  setUnwritten({ waiting: 10_000, lost: 3, isFull: true });
  const response = await get('/health');
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    ...{ status: 'degraded', version: '1.2.3', uptimeS: 0 },
    database: { changesWaiting: 10_000, changesLost: 3 },
  });
});

test('GET /ready is 503 unless everything listens', async (context) => {
  const { get, setReady } = await start(context);
  const before = await get('/ready');
  assert.equal(before.status, 503);
  assert.equal(((await before.json()) as Problem).code, 'shutting_down');
  assert.equal(before.headers.get('retry-after'), '1');
  setReady(true);
  const ready = await get('/ready');
  assert.deepEqual([ready.status, await ready.json()], [200, { status: 'ready' }]);
});

test('GET /metrics gives the figures to those who manage', async (context) => {
  const open = await start(context);
  const response = await open.get('/metrics');
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4');
  assert.equal(await response.text(), 'up 1\n');
  const guarded = await start(context, 'a-token-for-these-tests');
  assert.equal((await guarded.get('/metrics')).status, 401);
  assert.equal((await guarded.get('/health')).status, 200);
  assert.equal((await guarded.get('/ready')).status, 503);
});
