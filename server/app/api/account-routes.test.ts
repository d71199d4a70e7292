import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { emptyAccounts } from '../../account/accounts.test-support.ts';
import type { Accounts } from '../../account/index.ts';

import { ManualClock, silentLog } from '../../base/index.ts';
import { testDatabase } from '../../store/sql/database.test-support.ts';
import { createApp } from '../http/fastify-app.ts';
import { DEFAULT_HTTP_LIMITS, ManagementGuard, ResponseTally } from '../http/index.ts';
import { Callers } from './caller.ts';
import { peopleRoutes } from './people-routes.ts';
import { RateLimits } from './rate-limits.ts';
import { registerApi } from './registration.ts';
import type { ApiRoute } from './route.ts';
import { sessionRoutes } from './session-routes.ts';
import { tokenRoutes } from './token-routes.ts';

const PUBLIC_URL = 'https://tv.example';
const PASSWORD = 'correct horse';
const ELSEWHERE = '192.0.2.7';
const LOOK = 'POST /api/invitations/look';
const ACCEPT = 'POST /api/invitations/accept';

const database = await testDatabase();

interface Server {
  readonly app: FastifyInstance;
  readonly accounts: Accounts;
  readonly routes: readonly ApiRoute[];
  readonly clock: ManualClock;
}

async function serve({ isPublic = true } = {}): Promise<Server> {
  const publicUrl = isPublic ? PUBLIC_URL : undefined;
  const clock = new ManualClock();
  const accounts = await emptyAccounts({ clock });
  const callers = new Callers({ accounts, management: { host: '::', publicUrl }, isTls: false });
  const settings = { accounts, callers };
  const routes = [
    ...[sessionRoutes, tokenRoutes].flatMap((make) => make(settings)),
    ...peopleRoutes({ ...settings, channels: { countOf: async () => 0 } }),
  ];
  const app = createApp({
    log: silentLog,
    limits: DEFAULT_HTTP_LIMITS,
    guard: new ManagementGuard({ host: '::', publicUrl }),
    responses: new ResponseTally(),
  });
  registerApi(
    app,
    {
      identify: (request) => callers.identify(request),
      owners: { stream: async () => undefined, webhook: async () => undefined },
      limits: new RateLimits(clock),
    },
    routes,
  );
  return { app, accounts, routes, clock };
}

interface Ask {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string;
}

/** Asks as a page of ours in a browser elsewhere does, unless told otherwise. */
function ask(app: FastifyInstance, what: string, { body, headers, from = ELSEWHERE }: Ask = {}) {
  const [method = '', url = ''] = what.split(' ');
  return app.inject({
    method: method as 'GET',
    url,
    remoteAddress: from,
    headers: { host: 'tv.example', origin: PUBLIC_URL, ...headers },
    ...(body === undefined ? {} : { payload: body as object }),
  });
}

/** The headers of a signed-in page. */
function signedIn(answer: LightMyRequestResponse): Record<string, string> {
  assert.equal(answer.statusCode, 200, answer.body);
  const [cookie = ''] = String(answer.headers['set-cookie']).split(';');
  return { cookie, 'x-csrf-token': answer.json().csrfToken };
}

async function setUp({ app, accounts }: Server): Promise<Record<string, string>> {
  const secret = await accounts.invitations.openSetup();
  const body = { name: 'anna', password: PASSWORD };
  return signedIn(await ask(app, ACCEPT, { body: { ...body, secret } }));
}

async function invite(
  { app, clock }: Server,
  admin: Record<string, string>,
  role: string,
): Promise<string> {
  clock.advance(1_000);
  const answer = await ask(app, 'POST /api/invitations', { body: { role }, headers: admin });
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json().path.replace('/setup#', '');
}

test('a first administrator sets up, invites, and whoever is invited has the role offered', async () => {
  const server = await serve();
  const { app } = server;
  const admin = await setUp(server);
  const me = await ask(app, 'GET /api/me', { headers: admin });
  assert.equal(me.json().user.role, 'admin');
  assert.equal(me.json().csrfToken, admin['x-csrf-token']);

  const secret = await invite(server, admin, 'broadcaster');
  const look = await ask(app, LOOK, { body: { secret } });
  assert.deepEqual([look.json().purpose, look.json().role], ['invitation', 'broadcaster']);
  const body = { name: 'berta', displayName: 'Berta B.', password: PASSWORD };
  const berta = signedIn(await ask(app, ACCEPT, { body: { ...body, secret } }));
  assert.equal((await ask(app, 'GET /api/users', { headers: berta })).statusCode, 403);
  const users = (await ask(app, 'GET /api/users?limit=1', { headers: admin })).json();
  assert.equal(users.data[0].name, 'anna');
  const next = await ask(app, `GET /api/users?cursor=${users.next_cursor}`, { headers: admin });
  assert.deepEqual([next.json().data[0].name, next.json().next_cursor], ['berta', null]);
});

test('the cookie is out of reach of scripts, other sites, other hosts and plain HTTP', async () => {
  const server = await serve();
  await setUp(server);
  const body = { name: 'anna', password: PASSWORD };
  const answer = await ask(server.app, 'POST /api/session', { body });
  assert.match(
    String(answer.headers['set-cookie']),
    /^__Host-millrace_session=[a-z2-7]{32}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
  );
  assert.equal(answer.headers['cache-control'], 'no-store');
});

test('signing in over plain HTTP works on this machine alone', async () => {
  const server = await serve({ isPublic: false });
  const { app, accounts } = server;
  const secret = await accounts.invitations.openSetup();
  const body = { name: 'anna', password: PASSWORD };
  const far = { host: 'tv.example', origin: 'http://tv.example' };
  const refused = await ask(app, ACCEPT, { body: { ...body, secret }, headers: far });
  assert.equal(refused.json().code, 'insecure_connection');
  const near = { host: 'localhost:8080', origin: 'http://localhost:8080' };
  const asked = { body: { ...body, secret }, headers: near, from: '127.0.0.1' };
  const answer = await ask(app, ACCEPT, asked);
  assert.match(String(answer.headers['set-cookie']), /^millrace_session=[a-z2-7]{32}; /);
  // A proxy on this machine makes everybody look local.
  const proxied = { ...asked, headers: { ...near, 'x-forwarded-for': '192.0.2.1' } };
  const through = await ask(app, 'POST /api/session', proxied);
  assert.equal(through.json().code, 'insecure_connection');
});

test('no route that writes follows a session whose request another site sent (A15)', async () => {
  const server = await serve();
  const { app, accounts, routes } = server;
  const admin = await setUp(server);
  const { cookie = '', 'x-csrf-token': token = '' } = admin;
  const attacks: readonly Record<string, string>[] = [
    { cookie },
    { cookie, 'x-csrf-token': 'f'.repeat(64) },
    { cookie, 'x-csrf-token': token, origin: 'https://evil.example' },
    { cookie, 'x-csrf-token': token, origin: 'null' },
    { cookie, 'x-csrf-token': token, 'sec-fetch-site': 'cross-site' },
    { cookie, 'x-csrf-token': token, 'sec-fetch-site': 'same-site' },
  ];
  const writing = routes.filter(({ method }) => method !== 'GET');
  assert.ok(writing.length >= 10);
  const before = await database.query('select * from audit_log');
  for (const { method, path, operationId, access } of writing) {
    const url = path.replace(/:\w+/, 'x');
    for (const headers of attacks) {
      // Who signs in has no session yet: of such a request the site is what can be checked.
      const isOpen = access === 'everybody' && operationId !== 'signOut';
      if (isOpen && headers.origin === undefined && !('sec-fetch-site' in headers)) continue;
      const body = { name: 'anna', password: PASSWORD, secret: 'x' };
      const answer = await ask(app, `${method} ${url}`, { body, headers });
      assert.equal(answer.statusCode, 403, `${operationId} ${JSON.stringify(headers)}`);
      assert.equal(answer.json().code, 'csrf_rejected', operationId);
      assert.equal(answer.headers['set-cookie'], undefined, operationId);
    }
  }
  assert.deepEqual(await database.query('select * from audit_log'), before);
  assert.ok(await accounts.sessions.check(cookie.split('=')[1] ?? ''));
});

test('no route that reads changes anything (A15)', async () => {
  const server = await serve();
  const admin = await setUp(server);
  const state = () =>
    database.query(`select (select json_agg(users) from users) as users,
      (select json_agg(sessions) from sessions) as sessions,
      (select json_agg(invitations) from invitations) as invitations,
      (select json_agg(api_tokens) from api_tokens) as tokens`);
  const before = await state();
  const reading = server.routes.filter(({ method }) => method === 'GET');
  assert.ok(reading.length >= 5);
  for (const { path } of reading) {
    await ask(server.app, `GET ${path.replace(/:\w+/, 'x')}`, { headers: admin });
  }
  assert.deepEqual(await state(), before);
});

test('no body sets what only the server may (A17)', async () => {
  const server = await serve();
  const { app } = server;
  const admin = await setUp(server);
  const secret = await invite(server, admin, 'viewer');
  const extra = {
    ...{ role: 'admin', id: 'usr_mine', owner_id: 'x', userId: 'x', plan: 'gold' },
    ...{ disabledAt: null, createdAt: '1970-01-01T00:00:00Z', passwordHash: 'x', purpose: 'x' },
  };
  const body = { ...extra, name: 'vera', password: PASSWORD };
  const vera = signedIn(await ask(app, ACCEPT, { body: { ...body, secret } }));
  const { user } = (await ask(app, 'GET /api/me', { headers: vera })).json();
  assert.equal(user.role, 'viewer');
  assert.match(user.id, /^usr_[a-z2-7]{24}$/);
  assert.match(user.createdAt, /^2026/);

  const draft = { ...extra, name: 'ci', scopes: ['admin'], last4: 'mine', token: 'mrt_mine' };
  const made = await ask(app, 'POST /api/tokens', { body: draft, headers: vera });
  assert.equal(made.statusCode, 201, made.body);
  assert.notEqual(made.json().token, 'mrt_mine');
  const headers = { authorization: `Bearer ${made.json().token}` };
  assert.equal((await ask(app, 'GET /api/users', { headers })).statusCode, 403);

  const spare = await invite(server, admin, 'viewer');
  const payload = `{"secret":"${spare}","name":"eva","password":"${PASSWORD}","__proto__":{"role":"admin"}}`;
  const polluted = await app.inject({
    ...{ method: 'POST', url: '/api/invitations/accept' },
    headers: { host: 'tv.example', 'content-type': 'application/json' },
    ...{ remoteAddress: ELSEWHERE, payload },
  });
  assert.equal(polluted.json().code, 'malformed_json');
  assert.equal(Object.hasOwn(Object.prototype, 'role'), false);

  const change = { ...extra, role: undefined, name: 'other', displayName: 'Other' };
  const changed = await ask(app, `PATCH /api/users/${user.id}`, { body: change, headers: admin });
  assert.deepEqual(changed.json(), { ...user, notice: null });
  const self = await ask(app, `PATCH /api/users/${user.id}`, {
    body: { role: 'admin' },
    headers: vera,
  });
  assert.equal(self.statusCode, 403);
});

test('no header makes a guesser somebody else (A18)', async () => {
  const server = await serve();
  await setUp(server);
  const statuses: number[] = [];
  for (let index = 0; index < 35; index += 1) {
    const address = `198.51.100.${index}`;
    const answer = await ask(server.app, 'POST /api/session', {
      body: { name: `name${index}`, password: 'wrong' },
      headers: {
        'x-forwarded-for': address,
        'x-real-ip': address,
        forwarded: `for=${address}`,
        'cf-connecting-ip': address,
        'true-client-ip': address,
      },
    });
    statuses.push(answer.statusCode);
    if (answer.statusCode === 429) assert.ok(Number(answer.headers['retry-after']) > 60);
  }
  assert.deepEqual(
    [
      statuses.filter((each) => each === 401).length,
      statuses.filter((each) => each === 429).length,
    ],
    [30, 5],
  );
});

test('whoever guesses at one account is stopped, though each guess has another address (A18)', async () => {
  const server = await serve();
  await setUp(server);
  const statuses: number[] = [];
  const guess = { name: 'anna', password: 'wrong' };
  for (let index = 0; index < 102; index += 1) {
    const from = `198.51.100.${index}`;
    statuses.push((await ask(server.app, 'POST /api/session', { body: guess, from })).statusCode);
  }
  assert.deepEqual(statuses, [...Array<number>(100).fill(401), 429, 429]);
  const body = { name: 'anna', password: PASSWORD };
  assert.equal((await ask(server.app, 'POST /api/session', { body })).statusCode, 200);
});

test('the setup link works once, and sitting at the machine opens nothing (A25)', async () => {
  const server = await serve({ isPublic: false });
  const { app, accounts } = server;
  const near = { host: 'localhost', origin: 'http://localhost' };
  const from = '127.0.0.1';
  const local = (what: string, body?: unknown) => ask(app, what, { body, headers: near, from });
  const secret = await accounts.invitations.openSetup();
  // Before and after there is an administrator: loopback neither invites nor lists.
  for (const moment of ['before', 'after']) {
    for (const [what, body] of [
      ['GET /api/users', undefined],
      ['GET /api/invitations', undefined],
      ['POST /api/invitations', { role: 'admin' }],
      ['POST /api/users/usr_x/password-link', undefined],
      ['POST /api/tokens', { name: 'x', scopes: ['admin'] }],
    ] as const) {
      const { statusCode } = await local(what, body);
      assert.ok(statusCode === 401 || statusCode === 403, `${moment}: ${what} ${statusCode}`);
    }
    const body = { name: `${moment}er`, password: PASSWORD };
    const answer = await local(ACCEPT, { ...body, secret });
    assert.equal(answer.statusCode, moment === 'before' ? 200 : 404);
  }
  assert.equal((await local(LOOK, { secret })).statusCode, 404);
  for (const guess of ['', 'x', 'a'.repeat(32), '__proto__', "' or 1=1"]) {
    for (const what of [LOOK, ACCEPT]) {
      const answer = await local(what, { name: 'mallory', password: PASSWORD, secret: guess });
      assert.equal(answer.statusCode, 404, `${what} ${guess}`);
    }
  }
  assert.equal((await local(LOOK, { secret: '\u0000' })).statusCode, 400);
  assert.equal((await local(LOOK)).statusCode, 400, 'no secret at all');
});

test('the secret of a link is behind its # alone, and no route takes one in a path', async () => {
  const server = await serve();
  const admin = await setUp(server);
  const secret = await invite(server, admin, 'viewer');
  assert.match(secret, /^[a-z2-7]{32}$/, 'all that follows /setup#');
  for (const method of ['GET', 'POST', 'DELETE']) {
    const body = { name: 'mallory', password: PASSWORD };
    const answer = await ask(server.app, `${method} /api/invitations/${secret}`, {
      ...{ body, headers: admin },
    });
    assert.ok(answer.statusCode >= 400, `${method}: ${answer.statusCode}`);
  }
  assert.equal((await ask(server.app, LOOK, { body: { secret } })).statusCode, 200);
});

test('signing out ends the session and takes the cookie away', async () => {
  const server = await serve();
  const { app } = server;
  const admin = await setUp(server);
  const answer = await ask(app, 'DELETE /api/session', { headers: admin });
  assert.equal(answer.statusCode, 204);
  assert.match(String(answer.headers['set-cookie']), /^__Host-millrace_session=; .*Max-Age=0;/);
  const { json } = await ask(app, 'GET /api/me', { headers: admin });
  assert.deepEqual(json(), {
    user: null,
    csrfToken: null,
    hasAccounts: true,
    mayBroadcast: false,
  });
  assert.equal((await ask(app, 'GET /api/sessions', { headers: admin })).statusCode, 401);
});

test('people see and end their own sessions and tokens, and nobody else’s', async () => {
  const server = await serve();
  const { app } = server;
  const anna = await setUp(server);
  const secret = await invite(server, anna, 'admin');
  const body = { name: 'berta', password: PASSWORD };
  const berta = signedIn(await ask(app, ACCEPT, { body: { ...body, secret } }));
  const sessions = (await ask(app, 'GET /api/sessions', { headers: anna })).json().data;
  assert.deepEqual(
    sessions.map((each: { isCurrent: boolean }) => each.isCurrent),
    [true],
  );
  const draft = { name: 'ci', scopes: ['streams:read'], expiresAt: '2030-01-01T00:00:00+01:00' };
  const token = (await ask(app, 'POST /api/tokens', { body: draft, headers: anna })).json();
  assert.equal(token.expiresAt, '2029-12-31T23:00:00.000Z');
  for (const what of [`sessions/${sessions[0].id}`, `tokens/${token.id}`]) {
    const foreign = await ask(app, `DELETE /api/${what}`, { headers: berta });
    assert.equal(foreign.statusCode, 404, what);
  }
  const listed = (await ask(app, 'GET /api/tokens', { headers: anna })).json().data;
  assert.deepEqual(Object.keys(listed[0]).includes('token'), false);
  assert.equal(
    (await ask(app, `DELETE /api/tokens/${token.id}`, { headers: anna })).statusCode,
    204,
  );
  const headers = { authorization: `Bearer ${token.token}` };
  assert.equal((await ask(app, 'GET /api/sessions', { headers })).statusCode, 401);
});

test('a password link and a new password end the old sessions', async () => {
  const server = await serve();
  const { app } = server;
  const anna = await setUp(server);
  const id = (await ask(app, 'GET /api/me', { headers: anna })).json().user.id;
  const next = { currentPassword: PASSWORD, newPassword: 'another horse' };
  const fresh = signedIn(await ask(app, 'PUT /api/me/password', { body: next, headers: anna }));
  assert.equal((await ask(app, 'GET /api/sessions', { headers: anna })).statusCode, 401);
  const link = await ask(app, `POST /api/users/${id}/password-link`, { headers: fresh });
  const secret = link.json().path.replace('/setup#', '');
  const body = { password: 'a third horse' };
  signedIn(await ask(app, ACCEPT, { body: { ...body, secret } }));
  assert.equal((await ask(app, 'GET /api/sessions', { headers: fresh })).statusCode, 401);
});
