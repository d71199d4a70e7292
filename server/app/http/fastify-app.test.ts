import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { InjectOptions } from 'fastify';
import type { Problem } from '../../../contract/index.ts';
import { silentLog } from '../../base/index.ts';
import { createApp } from './fastify-app.ts';
import { registerTestRoutes } from './http-server.test-support.ts';
import { DEFAULT_HTTP_LIMITS, ResponseTally } from './index.ts';
import { ManagementGuard } from './management-guard.ts';

const LOCAL = { remoteAddress: '127.0.0.1' } as const;

function startApp(context: TestContext, token?: string) {
  const responses = new ResponseTally();
  const faults: unknown[] = [];
  const app = createApp({
    log: { ...silentLog, error: ({ error }) => faults.push(error) },
    limits: DEFAULT_HTTP_LIMITS,
    guard: new ManagementGuard({ token, host: '0.0.0.0' }),
    responses,
  });
  registerTestRoutes(app);
  context.after(() => app.close());
  return { app, responses, faults };
}

/** A request as a local program sends it, and the problem that it must be answered with. */
const PROBLEMS: readonly (readonly [name: string, request: InjectOptions, Partial<Problem>])[] = [
  ['an unknown route', { url: '/api/nothing' }, { status: 404, code: 'not_found' }],
  [
    'an unknown route by POST',
    { method: 'POST', url: '/nothing' },
    { status: 404, code: 'not_found' },
  ],
  [
    'a part of an address that is longer than any id',
    { url: `/streams/${'x'.repeat(3_000)}/end`, method: 'POST' },
    {
      status: 400,
      code: 'invalid_request',
      detail: 'Cannot read address: a part of it has more than 2048 characters',
    },
  ],
  [
    'an unknown route of the API by POST, with a token that nobody asked for',
    { method: 'POST', url: '/api/nothing', headers: { authorization: 'Bearer mrt_one' } },
    { status: 404, code: 'not_found' },
  ],
  [
    'another method',
    { method: 'DELETE', url: '/streams/a/end?x' },
    {
      status: 405,
      code: 'method_not_allowed',
      detail: 'Cannot DELETE here: only POST is allowed',
    },
  ],
  [
    'GET where there is only POST and a catch-all',
    { url: '/streams/a/end' },
    { status: 405, code: 'method_not_allowed' },
  ],
  [
    'malformed JSON',
    { method: 'POST', url: '/api/echo', payload: '{"a":', headers: json() },
    { status: 400, code: 'malformed_json' },
  ],
  [
    'a poisoned prototype',
    { method: 'POST', url: '/api/echo', payload: '{"__proto__":{"a":1}}', headers: json() },
    { status: 400, code: 'malformed_json' },
  ],
  [
    'a poisoned constructor',
    {
      method: 'POST',
      url: '/api/echo',
      payload: '{"constructor":{"prototype":{"a":1}}}',
      headers: json(),
    },
    { status: 400, code: 'malformed_json' },
  ],
  [
    'a body that is not UTF-8',
    { method: 'POST', url: '/api/echo', payload: Buffer.from('"\xff"', 'latin1'), headers: json() },
    { status: 400, code: 'malformed_json', detail: 'Cannot read body: it is not UTF-8' },
  ],
  [
    'a body of text',
    { method: 'POST', url: '/api/echo', payload: '{}', headers: json('text/plain') },
    { status: 415, code: 'unsupported_media_type' },
  ],
  [
    'a form',
    {
      method: 'POST',
      url: '/api/echo',
      payload: 'a=b',
      headers: json('application/x-www-form-urlencoded'),
    },
    { status: 415, code: 'unsupported_media_type' },
  ],
  [
    'a body without a type',
    { method: 'POST', url: '/api/echo', payload: Buffer.from('{}') },
    { status: 415, code: 'unsupported_media_type' },
  ],
  [
    'a body above 64 KiB',
    { method: 'POST', url: '/api/echo', payload: `"${'a'.repeat(65_536)}"`, headers: json() },
    { status: 413, code: 'body_too_large' },
  ],
  [
    'broken percent-encoding',
    { url: '/api/streams/%zz' },
    { status: 400, code: 'invalid_request' },
  ],
  ['a fault', { url: '/fault' }, { status: 500, code: 'internal_error' }],
];

function json(type = 'application/json') {
  return { 'content-type': type };
}

for (const [name, request, expected] of PROBLEMS) {
  test(`createApp() answers ${name} with ${expected.code}`, async (context) => {
    const { app } = startApp(context);
    const response = await app.inject({ ...LOCAL, ...request });
    const problem = response.json<Problem>();
    assert.equal(response.statusCode, expected.status);
    assert.equal(response.headers['content-type'], 'application/problem+json');
    assert.equal(response.headers['x-content-type-options'], 'nosniff');
    assert.equal(response.headers['cache-control'], 'no-store');
    assert.deepEqual(problem, { ...problem, ...expected });
    assert.equal(problem.type, `/docs/errors#${problem.code}`);
  });
}

test('createApp() says which methods there are', async (context) => {
  const { app } = startApp(context);
  const refused = await app.inject({ ...LOCAL, method: 'PUT', url: '/api/streams/a' });
  assert.equal(refused.headers.allow, 'GET, HEAD');
  const asked = await app.inject({ ...LOCAL, method: 'OPTIONS', url: '/api/echo' });
  assert.equal(asked.statusCode, 204);
  assert.equal(asked.headers.allow, 'POST');
  assert.equal(asked.headers['access-control-allow-origin'], undefined);
});

test('createApp() logs and counts a fault, and tells nobody', async (context) => {
  const { app, faults, responses } = startApp(context);
  const response = await app.inject({ ...LOCAL, url: '/fault' });
  assert.doesNotMatch(response.body, /secret/);
  assert.equal(faults.length, 1);
  assert.match(String(faults[0]), /secret inside/);
  assert.equal(responses.faults, 1);
  assert.deepEqual([...responses.counts()], [{ face: 'page', status: 500, count: 1 }]);
});

test('createApp() takes an action without a body, whatever type it names', async (context) => {
  const { app } = startApp(context);
  for (const headers of [{}, json()]) {
    const request = { ...LOCAL, method: 'POST', url: '/streams/a/end', headers } as const;
    assert.equal((await app.inject(request)).statusCode, 200);
  }
});

test('createApp() lets a long id reach its route', async (context) => {
  const { app } = startApp(context);
  const response = await app.inject({ ...LOCAL, url: `/api/streams/${'a'.repeat(500)}` });
  assert.equal(response.statusCode, 200);
});

const MANAGING: readonly (readonly [method: 'GET' | 'POST', url: string])[] = [
  ['POST', '/streams/a/end'],
  ['POST', '/api/echo'],
  ['POST', '/%61pi/echo'],
  ['GET', '/metrics'],
  ['GET', '/metric%73'],
  ['GET', '/metrics?x'],
];

for (const [method, url] of MANAGING) {
  test(`createApp() guards ${method} ${url}`, async (context) => {
    const { app } = startApp(context);
    const refused = await app.inject({ method, url, remoteAddress: '192.0.2.1' });
    assert.equal(refused.statusCode, 403);
    assert.equal(refused.json<Problem>().code, 'management_is_local');
    assert.match(refused.json<Problem>().detail, /API_TOKEN=<secret>/);
    assert.equal((await app.inject({ ...LOCAL, method, url })).statusCode, 200);
  });
}

test('createApp() lets anybody read', async (context) => {
  const { app } = startApp(context, 'secret');
  for (const url of ['/api/streams/a', '/streams/a']) {
    const response = await app.inject({ url, remoteAddress: '192.0.2.1' });
    assert.equal(response.statusCode, 200);
  }
});

test('createApp() asks everybody for the token when there is one', async (context) => {
  const { app } = startApp(context, 'secret');
  const url = '/streams/a/end';
  const refused = await app.inject({ ...LOCAL, method: 'POST', url });
  assert.equal(refused.statusCode, 401);
  assert.equal(refused.headers['www-authenticate'], 'Bearer realm="millrace"');
  const headers = { authorization: 'Bearer secret' };
  const taken = await app.inject({ method: 'POST', url, headers, remoteAddress: '192.0.2.1' });
  assert.equal(taken.statusCode, 200);
});
