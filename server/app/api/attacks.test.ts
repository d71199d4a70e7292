/** What strangers, other sites and other people's accounts may try on the whole API. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import {
  type Credentials,
  credentialsOf,
  join,
  openWholeApi,
  operationsOf,
  PASSWORD,
  PUBLIC_URL,
  stateOf,
  type WholeApi,
} from './whole-api.test-support.ts';

const DAY_MS = 86_400_000;
const EVIL = 'https://evil.example';
const STREAM = { title: 'Show' };
/** Operations that follow a one-time link, for whoever has it. */
const LINKS = ['lookAtInvitation', 'acceptInvitation'];
const isUnsafe = ({ method }: { readonly method: string }) => method !== 'GET';

async function made(api: WholeApi, who: Credentials, what: string, body: unknown) {
  const answer = await api.ask(what, { body, headers: who });
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json();
}

test('no route that writes follows a session for a page of another site (A15)', async () => {
  const api = await openWholeApi();
  const { cookie = '', 'x-csrf-token': token = '' } = await join(api, 'anna', 'admin');
  const writing = (await operationsOf(api)).filter(isUnsafe);
  assert.ok(writing.length > 25);
  const before = await stateOf(api);
  for (const headers of [
    { cookie, origin: PUBLIC_URL },
    { cookie, 'x-csrf-token': 'f'.repeat(64) },
    { cookie, 'x-csrf-token': token, origin: EVIL },
    { cookie, 'x-csrf-token': token, origin: 'null' },
    { cookie, 'x-csrf-token': token, origin: `${PUBLIC_URL}.evil.example` },
    { cookie, 'x-csrf-token': token, 'sec-fetch-site': 'cross-site' },
    { cookie, 'x-csrf-token': token, 'sec-fetch-site': 'same-site' },
  ]) {
    for (const { operationId, method, url } of writing) {
      // These come without a session: of them the site is what there is to check.
      const isOpen = ['signIn', ...LINKS].includes(operationId);
      const isElsewhere = 'sec-fetch-site' in headers || headers.origin !== PUBLIC_URL;
      if (isOpen && !(isElsewhere && ('origin' in headers || 'sec-fetch-site' in headers)))
        continue;
      const body = { name: 'anna', password: PASSWORD, secret: 'x', ...STREAM };
      const answer = await api.ask(`${method} ${url}`, { headers, body });
      assert.equal(answer.statusCode, 403, `${operationId} ${JSON.stringify(headers)}`);
      assert.equal(answer.json().code, 'csrf_rejected', operationId);
    }
  }
  assert.deepEqual(await stateOf(api), before);
});

test('no route that reads changes anything, of what is there and what is not (A15)', async () => {
  const api = await openWholeApi();
  const anna = await join(api, 'anna', 'admin');
  const stream = await made(api, anna, 'POST /api/streams', STREAM);
  const hook = await made(api, anna, 'POST /api/webhooks', { url: 'https://hook.example/' });
  const reading = (await operationsOf(api)).filter((each) => !isUnsafe(each));
  assert.ok(reading.length > 12, `${reading.length}`);
  const before = await stateOf(api);
  for (const { operationId, url } of reading) {
    for (const id of [stream.id, hook.id, 'an-id']) {
      for (const headers of [anna, {}]) {
        const what = url.replace('an-id', id);
        const answer = await api.ask(`GET ${what}`, { headers, body: { title: 'Other' } });
        assert.ok(answer.statusCode < 500, `${operationId}: ${answer.statusCode}`);
      }
    }
  }
  assert.deepEqual(await stateOf(api), before);
});

test('no page, no rebound name and no silent proxy drives a server without accounts (A15, A25)', async () => {
  const api = await openWholeApi();
  await api.accounts.invitations.openSetup();
  const writing = (await operationsOf(api)).filter(isUnsafe);
  const before = await stateOf(api);
  const from = '127.0.0.1';
  const host = 'localhost:8080';
  for (const headers of [
    { host, origin: EVIL },
    { host, origin: 'null' },
    { host, origin: 'http://localhost:3000' },
    { host, 'sec-fetch-site': 'cross-site' },
    { host, 'sec-fetch-site': 'same-site' },
    { host: 'evil.example' },
    { host: 'localhost.evil.example' },
    { host: 'localhost@evil.example' },
    // What a proxy on this machine hands on, with or without a field that gives it away.
    { host: 'tv.example' },
    { host: 'tv.example', origin: PUBLIC_URL },
    { host, 'x-forwarded-proto': 'https' },
    { host, via: '1.1 edge' },
  ]) {
    for (const { operationId, method, url } of writing) {
      const answer = await api.ask(`${method} ${url}`, { headers, from, body: STREAM });
      const what = `${operationId} ${JSON.stringify(headers)}: ${answer.statusCode}`;
      const isOpen = ['signIn', 'signOut', ...LINKS].includes(operationId);
      if (isOpen) assert.ok(answer.statusCode < 500, what);
      else assert.ok(answer.statusCode === 401 || answer.statusCode === 403, what);
    }
  }
  assert.deepEqual(await stateOf(api), before);
  const body = { ...STREAM, broadcasterId: 'me' };
  const own = await api.ask('POST /api/streams', { headers: { host }, from, body });
  assert.equal(own.statusCode, 201, 'the operator may');
});

test('no origin may read an answer, whatever it is called (A14)', async () => {
  const api = await openWholeApi();
  const { cookie = '' } = await join(api, 'anna', 'admin');
  for (const origin of [
    ...['null', EVIL, `${PUBLIC_URL}.evil.example`, 'https://eviltv.example'],
    ...['https://sub.tv.example', 'http://tv.example', PUBLIC_URL, '*'],
  ]) {
    for (const { method, url } of await operationsOf(api)) {
      for (const headers of [
        { cookie, origin },
        { cookie, origin, 'access-control-request-method': method },
      ]) {
        const asked = 'access-control-request-method' in headers ? 'OPTIONS' : method;
        const answer = await api.ask(`${asked} ${url}`, { headers });
        const told = Object.keys(answer.headers).filter((name) =>
          name.startsWith('access-control'),
        );
        assert.deepEqual(told, [], `${asked} ${url} from ${origin}`);
      }
    }
  }
});

test('an object within one’s own object is not another’s (A16)', async () => {
  const api = await openWholeApi();
  await join(api, 'anna', 'admin');
  const bob = await join(api, 'bob', 'broadcaster');
  const eve = await join(api, 'eve', 'broadcaster');
  const keyed = { ...bob, 'idempotency-key': 'one' };
  const his = await made(api, keyed, 'POST /api/streams', STREAM);
  const hers = await made(api, { ...eve, 'idempotency-key': 'one' }, 'POST /api/streams', STREAM);
  assert.notEqual(his.streamKey, hers.streamKey, 'an answer kept for one is no other’s');
  const list = (who: Credentials, id: string) =>
    api.ask(`GET /api/streams/${id}/keys`, { headers: who });
  const [key] = (await list(bob, his.id)).json().data;
  const revoked = await api.ask(`DELETE /api/streams/${hers.id}/keys/${key.id}`, { headers: eve });
  assert.equal(revoked.json().code, 'key_not_found');
  assert.equal((await list(eve, his.id)).statusCode, 403);
  assert.equal((await list(bob, his.id)).json().data[0].revokedAt, null);

  const url = 'https://hook.example/';
  const hook = await made(api, bob, 'POST /api/webhooks', { url });
  const her = await made(api, eve, 'POST /api/webhooks', { url });
  await api.database.query(
    `insert into webhook_deliveries
       (id, webhook_id, event_position, status, queued_at, next_attempt_at)
     select 'dlv_bobs', $1, max(position), 'failed', now(), now() from events`,
    [hook.id],
  );
  for (const [id, status] of [
    [her.id, 404],
    [hook.id, 404],
  ]) {
    const what = `POST /api/webhooks/${id}/deliveries/dlv_bobs/replay`;
    assert.equal((await api.ask(what, { headers: eve })).statusCode, status);
  }
  const [{ status } = { status: '' }] = await api.database.query<{ status: string }>(
    'select status from webhook_deliveries',
  );
  assert.equal(status, 'failed');
  const events = await api.ask(`GET /api/events?streamId=${his.id}`, { headers: eve });
  assert.deepEqual(events.json().data, []);
});

test('no body sets of a stream or webhook what only the server may (A17)', async () => {
  const api = await openWholeApi();
  await join(api, 'anna', 'admin');
  const bob = await join(api, 'bob', 'broadcaster');
  const extra = {
    ...{ id: 'mine', status: 'live', ownerId: undefined, owner_id: 'usr_x', role: 'admin' },
    ...{ broadcaster_id: 'usr_x', streamKey: 'live_mine', createdAt: '1970-01-01T00:00:00Z' },
    ...{ viewerCount: 9, isOnce: true, broadcastId: 'x', secret: 'whsec_mine', isEnabled: false },
    ...{ secretVersion: 9, updatedAtMs: 0, main: true },
  };
  const stream = await made(api, bob, 'POST /api/streams', { ...extra, ...STREAM });
  const { user } = (await api.ask('GET /api/me', { headers: bob })).json();
  assert.equal(stream.broadcasterId, user.id);
  const { streamKey, ingest: _ingest, ...view } = stream;
  assert.match(stream.id, /^[a-z2-7]{12}$/);
  assert.notEqual(streamKey, 'live_mine');
  assert.deepEqual([view.status, view.once, view.viewerCount], ['idle', false, 0]);
  const body = { ...extra, broadcasterId: 'usr_x', once: true };
  const changed = await api.ask(`PATCH /api/streams/${stream.id}`, { body, headers: bob });
  assert.deepEqual(changed.json(), view);
  const theirs = { ...STREAM, broadcasterId: 'usr_x' };
  const foreign = await api.ask('POST /api/streams', { body: theirs, headers: bob });
  assert.equal(foreign.statusCode, 403);

  const draft = { ...extra, url: 'https://hook.example/' };
  const hook = await made(api, bob, 'POST /api/webhooks', draft);
  assert.deepEqual([hook.ownerId, hook.isEnabled], [user.id, true]);
  assert.notEqual(hook.secret, 'whsec_mine');
  for (const ownerId of ['usr_x', null]) {
    const asked = { body: { ...draft, ownerId }, headers: bob };
    assert.equal((await api.ask('POST /api/webhooks', asked)).statusCode, 403);
  }
});

test('no header and no guessed token gives a caller another budget (A18)', async () => {
  const api = await openWholeApi();
  const left: number[] = [];
  for (const headers of [
    {},
    { 'x-forwarded-for': '203.0.113.1' },
    { forwarded: 'for=203.0.113.2' },
    { 'cf-connecting-ip': '203.0.113.3' },
    { authorization: `Bearer mrt_${'a'.repeat(32)}` },
    { cookie: `__Host-millrace_session=${'a'.repeat(32)}` },
  ] as Credentials[]) {
    const answer = await api.ask('GET /api/clock', { headers });
    left.push(Number(answer.headers['ratelimit-remaining']));
  }
  assert.deepEqual(
    left.map((each) => (left[0] ?? 0) - each),
    [0, 1, 2, 3, 4, 5],
  );
});

test('what only looks like a token opens nothing (A04)', async () => {
  const api = await openWholeApi();
  const anna = await join(api, 'anna', 'admin');
  const { user } = (await api.ask('GET /api/me', { headers: anna })).json();
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = part({ sub: user.id, role: 'admin', exp: 4_102_444_800 });
  const signed = (header: object, key: string) => {
    const text = `${part(header)}.${claims}`;
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  };
  const [, session = ''] = anna.cookie?.split('=') ?? [];
  for (const token of [
    `${part({ alg: 'none' })}.${claims}.`,
    signed({ alg: 'HS256', typ: 'JWT' }, ''),
    signed({ alg: 'HS256', kid: '../../dev/null' }, ''),
    ...[session, `mrt_${session}`, user.id, 'undefined', 'null', `mrt_' or 1=1 --`, 'mrt_%'],
  ]) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await api.ask('GET /api/users', { headers });
    assert.deepEqual([answer.statusCode, answer.json().code], [401, 'unauthorized'], token);
  }
});

test('a token is worth nothing after its time, its revocation or its owner’s, at once (A05)', async () => {
  const api = await openWholeApi();
  const anna = await join(api, 'anna', 'admin');
  const bob = await join(api, 'bob', 'broadcaster');
  const { user } = (await api.ask('GET /api/me', { headers: bob })).json();
  const issue = async (expiresAt: string | null) => {
    const draft = { name: 'ci', scopes: ['streams:read'], expiresAt };
    return made(api, bob, 'POST /api/tokens', draft);
  };
  const use = async ({ token }: { token: string }, what = 'GET /api/streams') =>
    (await api.ask(what, { headers: { authorization: `Bearer ${token}` }, body: STREAM }))
      .statusCode;
  const expiring = await issue(new Date(api.clock.epochMs() + DAY_MS).toISOString());
  const [revoked, lasting] = [await issue(null), await issue(null)];
  assert.deepEqual([await use(expiring), await use(revoked), await use(lasting)], [200, 200, 200]);
  assert.equal(await use(lasting, 'POST /api/streams'), 403, 'beyond its scopes');
  api.clock.advance(DAY_MS);
  assert.equal(await use(expiring), 401);
  await api.ask(`DELETE /api/tokens/${revoked.id}`, { headers: bob });
  assert.equal(await use(revoked), 401);
  const body = { disabled: true };
  const changed = await api.ask(`PATCH /api/users/${user.id}`, { headers: anna, body });
  assert.equal(changed.statusCode, 200);
  assert.equal(await use(lasting), 401);
});

test('no other spelling of an address gets past who may call it (A06)', async () => {
  const api = await openWholeApi();
  await join(api, 'anna', 'admin');
  for (const url of [
    ...['/api/users', '/%61pi/users', '/api/%75sers', '/api/users/', '//api/users', '/api//users'],
    ...['/api/./users', '/x/../api/users', '/x/%2e%2e/api/users', '/API/users', '/api/users%2f'],
    ...['/api/users;x', '/api/users?x', '/api/users%00', '/api\\users', '/api/streams/../users'],
    ...['/api/streams/x/../../users', '/api/%2575sers', '/api/users%20', '/api/users/.m3u8'],
  ]) {
    for (const method of ['GET', 'HEAD', 'POST', 'PATCH', 'OPTIONS']) {
      const { statusCode, body } = await api.ask(`${method} ${url}`, { body: STREAM });
      assert.ok(statusCode >= 400 && statusCode < 500, `${method} ${url}: ${statusCode} ${body}`);
    }
  }
});

test('no title breaks out of where it is shown (A07)', async () => {
  const api = await openWholeApi();
  await join(api, 'anna', 'admin');
  const bob = await join(api, 'bob', 'broadcaster');
  for (const title of ['a\r\nb', 'a\n#EXT-X-KEY', 'a\u2028b', 'a\u0000b', '\u001b[31m', '\ud800']) {
    for (const field of ['title', 'category']) {
      const body = { ...STREAM, [field]: title };
      const answer = await api.ask('POST /api/streams', { headers: bob, body });
      assert.equal(answer.statusCode, 400, JSON.stringify(body));
    }
  }
  for (const title of ['"><img src=x onerror=alert(1)>', '#EXT-X-KEY:METHOD=NONE', '=1+1', "'--"]) {
    const { id } = await made(api, bob, 'POST /api/streams', { title });
    const answer = await api.ask(`GET /api/streams/${id}`);
    assert.equal(answer.json().title, title);
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    const found = await api.ask(`GET /api/streams?q=${encodeURIComponent(title)}`, {
      headers: bob,
    });
    assert.equal(found.json().data.length, 1, title);
  }
  // What stands for anything in a pattern stands for itself in a search.
  for (const q of ['%', '_', '\\', '%25%']) {
    const asked = `GET /api/streams?q=${encodeURIComponent(q)}`;
    assert.deepEqual((await api.ask(asked, { headers: bob })).json().data, [], q);
  }
});

test('what the database cannot read is refused, and the answer tells nothing of it', async () => {
  const api = await openWholeApi();
  const anna = await join(api, 'anna', 'admin');
  const { id } = await made(api, anna, 'POST /api/streams', STREAM);
  const hook = await made(api, anna, 'POST /api/webhooks', { url: 'https://hook.example/' });
  const cursor = Buffer.from(`999999999999999 ${id}`).toString('base64url');
  const scopes = ['streams:read'];
  for (const [what, body] of [
    ['GET /api/events?streamId=%00'],
    ['GET /api/audit?actorId=%00'],
    ['GET /api/audit?objectId=a%00b'],
    [`GET /api/streams?cursor=${cursor}`],
    [`POST /api/webhooks/${hook.id}/deliveries/%00/replay`],
    [`PATCH /api/streams/${id}`, { scheduledStart: '0000-01-01T00:00:00Z' }],
    [`PATCH /api/streams/${id}`, { scheduledStart: '9999-12-31T23:59:59-23:59' }],
    [
      `POST /api/streams/${id}/keys`,
      { kind: 'guest', name: 'g', expiresAt: '0000-01-01T00:00:00Z' },
    ],
    ['POST /api/tokens', { name: 'ci', scopes, expiresAt: '0000-01-01T00:00:00+10:00' }],
  ] as const) {
    const answer = await api.ask(what, { headers: anna, body });
    assert.equal(answer.statusCode, 400, `${what}: ${answer.body}`);
    assert.ok(!/\bat |select|postgres/i.test(answer.body), answer.body);
  }
});

test('HEAD of the event stream ends', async () => {
  const api = await openWholeApi();
  const headers = { ...(await join(api, 'anna', 'admin')), accept: 'text/event-stream' };
  assert.equal((await api.ask('HEAD /api/events', { headers })).statusCode, 200);
});

test('signing in gives a session of the server’s own choosing, and each its own', async () => {
  const api = await openWholeApi();
  const anna = await join(api, 'anna', 'admin');
  const planted = `__Host-millrace_session=${'a'.repeat(32)}`;
  const body = { name: 'anna', password: PASSWORD };
  const seen = new Set([anna.cookie, planted]);
  for (const cookie of [planted, anna.cookie ?? '', `${planted}; ${anna.cookie}`]) {
    const headers = { cookie, origin: PUBLIC_URL };
    const next = credentialsOf(await api.ask('POST /api/session', { body, headers }));
    assert.ok(!seen.has(next.cookie), 'not one that was shown or known before');
    seen.add(next.cookie);
  }
});
