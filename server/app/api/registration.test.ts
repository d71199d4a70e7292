import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Fastify from 'fastify';
import { z } from 'zod';
import type { Principal } from '../../account/index.ts';
import { ManualClock } from '../../base/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import { DEFAULT_BUDGETS, RateLimits } from './rate-limits.ts';
import { type RegistrationSettings, registerApi } from './registration.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { body, byId } from './schema.ts';

const anna: Principal = { kind: 'user', userId: 'usr_anna', role: 'broadcaster', sessionHash: '' };

const write = defineRoute({
  ...{ method: 'POST', path: '/api/things/:id', operationId: 'write', tag: 'server' },
  summary: 'Writes',
  verb: 'write thing',
  access: { action: 'stream.write', object: 'stream' },
  params: byId,
  body: body({ name: z.string(), size: z.int().max(9).optional() }),
  answers: { 200: z.object({ name: z.string() }) },
  answer: async ({ body: { name } }) => ({ status: 200, body: { name, key: 'not declared' } }),
});

function start(
  context: TestContext,
  routes: readonly ApiRoute[] = [write],
  settings: Partial<RegistrationSettings> = {},
) {
  const app = Fastify();
  context.after(() => app.close());
  const owners = { mine: 'usr_anna', theirs: 'usr_bob', nobodys: null } as const;
  const ownerOf = async (id: string) =>
    Object.hasOwn(owners, id) ? { ownerId: owners[id as keyof typeof owners] } : undefined;
  registerApi(
    app,
    {
      identify: async () => anna,
      owners: { stream: ownerOf, webhook: ownerOf },
      limits: new RateLimits(new ManualClock()),
      ...settings,
    },
    routes,
  );
  return app;
}

test('registerApi() lets nothing be added under /api that does not say who has access', (context) => {
  const app = start(context);
  for (const url of ['/api', '/api/', '/api/open', '/api/:id/x']) {
    assert.throws(
      () => app.get(url, async () => 'open to all'),
      /does not say who has access/,
      url,
    );
  }
  app.get('/apis', async () => 'another face');
  assert.throws(() => start(context, [write, { ...write, path: '/api/x' }]), /write is taken/);
});

test('registerApi() answers with what the schema names, and no more', async (context) => {
  const app = start(context);
  const payload = { name: 'a', size: 3, owner_id: 'usr_bob', role: 'admin' };
  const { statusCode, body } = await app.inject({
    method: 'POST',
    url: '/api/things/mine',
    payload,
  });
  assert.deepEqual([statusCode, JSON.parse(body)], [200, { name: 'a' }]);
});

test('registerApi() hides, forbids and lets in by who owns the object', async (context) => {
  const secret = { ...write, path: '/api/secrets/:id', operationId: 'secret' } as const;
  const access = { action: 'webhook.write', object: 'stream' } as const;
  const app = start(context, [write, { ...secret, access }]);
  const status = async (url: string) =>
    (await app.inject({ method: 'POST', url, payload: { name: 'a' } })).statusCode;
  assert.equal(await status('/api/things/mine'), 200);
  assert.equal(await status('/api/things/theirs'), 403);
  assert.equal(await status('/api/things/nobodys'), 403);
  assert.equal(await status('/api/things/unknown'), 404);
  assert.equal(await status('/api/things/%00'), 404);
  assert.equal(await status('/api/things/__proto__'), 404);
  assert.equal(await status('/api/secrets/mine'), 200);
  const hidden = await app.inject({ method: 'POST', url: '/api/secrets/theirs', payload: {} });
  const absent = await app.inject({ method: 'POST', url: '/api/secrets/absent', payload: {} });
  assert.equal(hidden.statusCode, 404);
  assert.equal(hidden.body.replace('theirs', 'absent'), absent.body);
});

test('registerApi() asks who it is before it reads the body', async (context) => {
  const app = start(context, [write], { identify: async () => ({ kind: 'anonymous' }) });
  const payload = '{broken';
  const headers = { 'content-type': 'application/json' };
  const { statusCode } = await app.inject({
    ...{ method: 'POST', url: '/api/things/mine', payload, headers },
  });
  assert.equal(statusCode, 401);
});

test('registerApi() names every field that does not fit', async (context) => {
  const app = start(context);
  const payload = { size: 12 };
  const answer = await app.inject({ method: 'POST', url: '/api/things/mine', payload });
  assert.equal(answer.statusCode, 400);
  assert.deepEqual(answer.json().errors, [
    { field: 'name', message: 'is missing' },
    { field: 'size', message: 'must be at most 9' },
  ]);
});

test('registerApi() says 503 with Retry-After while the database is away', async (context) => {
  const away = async (): Promise<never> => {
    throw new DatabaseUnavailableError('away');
  };
  const places: readonly [readonly ApiRoute[], Partial<RegistrationSettings>][] = [
    [[{ ...write, answer: away }], {}],
    [[write], { identify: away }],
    [[write], { owners: { webhook: async () => undefined, stream: away } }],
  ];
  for (const [routes, settings] of places) {
    const app = start(context, routes, settings);
    const answer = await app.inject({
      ...{ method: 'POST', url: '/api/things/mine', payload: { name: 'a' } },
    });
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.json().code, 'database_unavailable');
    assert.equal(answer.headers['retry-after'], '1');
  }
});

test('registerApi() tells how a budget stands, and says 429 when it is used up', async (context) => {
  const limits = new RateLimits(new ManualClock(), { ...DEFAULT_BUDGETS, user: 1 });
  const app = start(context, [write], { limits });
  const ask = () =>
    app.inject({
      ...{ method: 'POST', url: '/api/things/mine', payload: { name: 'a' } },
      headers: { 'x-forwarded-for': '192.0.2.77' },
    });
  const first = await ask();
  assert.equal(first.statusCode, 200);
  assert.equal(first.headers['ratelimit-limit'], '1');
  assert.equal(first.headers['ratelimit-remaining'], '0');
  assert.equal(first.headers['ratelimit-reset'], '60');
  const second = await ask();
  assert.equal(second.statusCode, 429);
  assert.equal(second.json().code, 'too_many_requests');
  assert.equal(second.headers['retry-after'], '60');
});

test('registerApi() lets known tokens and API_TOKEN in where a flood of wrong ones comes from', async (context) => {
  const good = new Set(['Bearer old', 'Bearer new', 'Bearer operator']);
  const looked: (string | undefined)[] = [];
  const app = start(context, [write], {
    limits: new RateLimits(new ManualClock(), { ...DEFAULT_BUDGETS, anonymous: 3 }),
    identify: async ({ headers: { authorization } }) => {
      looked.push(authorization);
      if (good.has(authorization ?? '')) return anna;
      return { refused: 'unauthorized', detail: 'Cannot tell who asks' };
    },
    isOperator: (authorization) => authorization === 'Bearer operator',
  });
  const ask = async (token: string): Promise<number> => {
    const asked = { method: 'POST', url: '/api/things/mine', payload: { name: 'a' } } as const;
    const headers = { authorization: `Bearer ${token}` };
    return (await app.inject({ ...asked, headers })).statusCode;
  };
  assert.equal(await ask('old'), 200);
  for (const guess of ['a', 'b', 'c']) assert.equal(await ask(guess), 401);
  assert.equal(await ask('d'), 429);
  assert.ok(!looked.includes('Bearer d'), 'nobody was asked about it');
  assert.deepEqual([await ask('old'), await ask('operator')], [200, 200]);
  assert.equal(await ask('new'), 429, 'it was never seen to be good');
  good.delete('Bearer old');
  for (let times = 0; times < 3; times += 1) assert.equal(await ask('old'), 429);
  const seen = looked.filter((each) => each === 'Bearer old').length;
  assert.equal(seen, 3, 'once more when it was good no longer, then not again');
});
