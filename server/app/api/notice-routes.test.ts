import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, type TestContext, test } from 'node:test';
import type { Principal } from '../../account/index.ts';
import { newId, silentLog, systemClock } from '../../base/index.ts';
import { EventStreams, MOST_READERS_OF_ONE } from '../../notice/event-stream/index.ts';
import { Courier, Deliveries, WebhookSender, Webhooks } from '../../notice/webhook/index.ts';
import { clear, testDatabase } from '../../store/sql/database.test-support.ts';
import { appendEvents, EventTail } from '../../store/sql/index.ts';
import { createApp } from '../http/fastify-app.ts';
import { DEFAULT_HTTP_LIMITS, ManagementGuard, ResponseTally } from '../http/index.ts';
import { eventRoutes } from './event-routes.ts';
import { RateLimits } from './rate-limits.ts';
import { registerApi } from './registration.ts';
import { webhookRoutes } from './webhook-routes.ts';

const database = await testDatabase();

const NOBODY: Principal = { kind: 'anonymous' };
const PEOPLE: Readonly<Record<string, Principal>> = {
  operator: { kind: 'operator' },
  root: { kind: 'user', userId: 'usr_root', role: 'admin', sessionHash: '' },
  ada: { kind: 'user', userId: 'usr_ada', role: 'broadcaster', sessionHash: '' },
  bob: { kind: 'user', userId: 'usr_bob', role: 'broadcaster', sessionHash: '' },
  adasProgram: {
    ...{ kind: 'token', tokenId: 'tok_1', userId: 'usr_ada', role: 'broadcaster' },
    scopes: ['events:read'],
  },
  eve: { kind: 'user', userId: 'usr_eve', role: 'viewer', sessionHash: '' },
};

beforeEach(() => clear(database));

async function start(context: TestContext) {
  const clock = systemClock;
  const log = silentLog;
  const policy = { allowsLoopback: true };
  const courier = new Courier({
    ...{ clock, root: randomBytes(32), sender: new WebhookSender({ clock, policy }) },
  });
  const random = Math.random;
  const deliveries = new Deliveries({ database, clock, log, courier, randomBytes, random });
  const requeued = (): void => deliveries.wake();
  const webhooks = new Webhooks({ database, clock, courier, policy, randomBytes, requeued });
  const tail = new EventTail({ database, clock, log });
  tail.listen(() => deliveries.wake());
  await tail.start();
  deliveries.start();
  const streams = new EventStreams({ tail, clock, log });
  const app = createApp({
    log,
    limits: DEFAULT_HTTP_LIMITS,
    guard: new ManagementGuard({ host: '127.0.0.1' }),
    responses: new ResponseTally(),
  });
  const identify = async ({ headers }: { headers: Record<string, unknown> }) =>
    PEOPLE[String(headers['x-who'])] ?? NOBODY;
  const owners = { stream: async () => undefined, webhook: (id: string) => webhooks.get(id) };
  const settings = { database, streams, webhooks, identifyAgain: identify };
  const limits = new RateLimits(clock);
  registerApi(app, { identify, owners, limits }, [
    ...webhookRoutes(settings),
    ...eventRoutes(settings),
  ]);
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  context.after(async () => {
    streams.close();
    await app.close();
    await deliveries.close();
    await tail.close();
  });
  const ask = async (who: string, method: string, path: string, body?: unknown) => {
    const response = await fetch(origin + path, {
      method,
      headers: {
        'x-who': who,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text), text };
  };
  const happen = async (ownerId: string | null): Promise<string> => {
    const id = newId('evt', clock.epochMs(), randomBytes);
    const event = { id, type: 'stream.created', ownerId, streamId: 's', data: { a: 1 } } as const;
    await database.transaction((transaction) =>
      appendEvents(transaction, [{ ...event, occurredAt: new Date(clock.epochMs()) }]),
    );
    tail.wake();
    return id;
  };
  return { origin, ask, happen };
}

/** A receiver on this machine that answers as it is told. */
async function receive(context: TestContext, answer: () => number) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const status = answer();
      if (status === 200) seen.push(String(request.headers['webhook-id']));
      response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; ) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('It did not come within 30 s');
}

test('a webhook is made, told what happens, tested, replayed and deleted over HTTP', async (context) => {
  const { ask, happen } = await start(context);
  let status = 410;
  const { seen, url } = await receive(context, () => status);
  const made = await ask('ada', 'POST', '/api/webhooks', { url, eventTypes: ['stream.created'] });
  assert.equal(made.status, 201, made.text);
  assert.match(made.json.secret, /^whsec_/);
  assert.equal(made.json.ownerId, 'usr_ada');
  const path = `/api/webhooks/${made.json.id}`;
  assert.equal('secret' in (await ask('ada', 'GET', path)).json, false);

  const event = await happen('usr_ada');
  const failed = await until(async () => {
    const { json } = await ask('ada', 'GET', `${path}/deliveries?status=failed`);
    return json.data[0];
  });
  assert.deepEqual([failed.eventId, failed.lastStatus], [event, 410]);
  await until(async () => (await ask('ada', 'GET', path)).json.disabledReason ?? undefined);
  assert.equal((await ask('ada', 'POST', `${path}/replay`)).json.code, 'webhook_disabled');
  status = 200;
  assert.equal((await ask('ada', 'PATCH', path, { isEnabled: true })).json.isEnabled, true);
  assert.deepEqual((await ask('ada', 'POST', `${path}/replay`)).json, { replayed: 1 });
  await until(async () => seen[0]);
  assert.deepEqual(seen, [event]);
  const tested = await ask('ada', 'POST', `${path}/test`);
  assert.deepEqual(tested.json, { isDelivered: true, status: 200, error: null });
  const one = await ask('ada', 'POST', `${path}/deliveries/${failed.id}/replay`);
  assert.equal(one.status, 202);
  await until(async () => seen[2]);
  assert.equal(seen[2], event);
  const rotated = await ask('ada', 'POST', `${path}/secret`);
  assert.notEqual(rotated.json.secret, made.json.secret);
  assert.equal((await ask('ada', 'DELETE', path)).status, 204);
  assert.equal((await ask('ada', 'GET', path)).json.code, 'webhook_not_found');
});

test('a webhook is for its owner and administrators alone, and nobody is told of what is another’s', async (context) => {
  const { ask } = await start(context);
  const draft = { url: 'https://one.test/' };
  const { json } = await ask('ada', 'POST', '/api/webhooks', draft);
  const path = `/api/webhooks/${json.id}`;
  for (const [method, tail] of [
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', '/secret'],
    ['POST', '/test'],
    ['POST', '/replay'],
    ['GET', '/deliveries'],
    ['POST', '/deliveries/dlv_a/replay'],
  ] as const) {
    const body = method === 'PATCH' ? {} : undefined;
    const status = async (who: string) => (await ask(who, method, path + tail, body)).status;
    assert.equal(await status('nobody'), 401, method + tail);
    assert.equal(await status('bob'), 404, method + tail);
    assert.equal(await status('eve'), 403, method + tail);
  }
  assert.equal(
    (await ask('bob', 'POST', '/api/webhooks', { ...draft, ownerId: 'usr_ada' })).status,
    403,
  );
  assert.equal(
    (await ask('bob', 'POST', '/api/webhooks', { ...draft, ownerId: null })).status,
    403,
  );
  const all = await ask('root', 'POST', '/api/webhooks', draft);
  assert.equal(all.json.ownerId, null);
  const forAda = await ask('root', 'POST', '/api/webhooks', { ...draft, ownerId: 'usr_ada' });
  assert.equal(forAda.json.ownerId, 'usr_ada');
  const idsOf = async (who: string, query = '') => {
    const page = (await ask(who, 'GET', `/api/webhooks${query}`)).json;
    return [page.data.map(({ id }: { id: string }) => id), page.next_cursor];
  };
  assert.deepEqual(await idsOf('bob'), [[], null]);
  assert.deepEqual(new Set((await idsOf('ada'))[0]), new Set([forAda.json.id, json.id]));
  const [first, cursor] = await idsOf('operator', '?limit=2');
  const [second, end] = await idsOf('operator', `?limit=2&cursor=${cursor}`);
  assert.equal(new Set([...first, ...second]).size, 3);
  assert.equal(end, null);
});

test('bad input is refused by field', async (context) => {
  const { ask } = await start(context);
  const fields = async (path: string, method = 'GET', body?: unknown) => {
    const { json } = await ask('root', method, path, body);
    assert.equal(json.status, 400);
    return json.errors.map(({ field }: { field: string }) => field);
  };
  assert.deepEqual(await fields('/api/webhooks', 'POST', { url: 'http://10.0.0.1/' }), ['url']);
  const types = { url: 'https://one.test/', eventTypes: ['stream.exploded'] };
  assert.deepEqual(await fields('/api/webhooks', 'POST', types), ['eventTypes.0']);
  for (const limit of ['0', '101', 'x', '1.5']) {
    assert.deepEqual(await fields(`/api/webhooks?limit=${limit}`), ['limit']);
  }
  for (const cursor of ['x', '%00', 'cDE', Buffer.from('iwhk_').toString('base64url')]) {
    assert.deepEqual(await fields(`/api/webhooks?cursor=${cursor}`), ['cursor']);
  }
  assert.deepEqual(await fields('/api/audit?cursor=x'), ['cursor']);
  assert.deepEqual(await fields('/api/events?after=-1'), ['after']);
  assert.deepEqual(await fields('/api/events?types=none'), ['types.0']);
});

test('/api/events gives pages of what is one’s own', async (context) => {
  const { ask, happen } = await start(context);
  const [first, , third] = [
    await happen('usr_ada'),
    await happen('usr_bob'),
    await happen('usr_ada'),
  ];
  const page = async (who: string, query = '') => {
    const { json } = await ask(who, 'GET', `/api/events${query}`);
    return [json.data.map(({ id }: { id: string }) => id), json.next_cursor];
  };
  assert.deepEqual(await page('ada'), [[first, third], '3']);
  assert.deepEqual(await page('ada', '?limit=1'), [[first], '1']);
  assert.deepEqual(await page('ada', '?after=1'), [[third], '3']);
  assert.deepEqual(await page('ada', '?after=3'), [[], '3']);
  assert.deepEqual(await page('ada', '?types=stream.deleted,clip.ready'), [[], '0']);
  assert.equal((await page('operator'))[0].length, 3);
  assert.equal((await ask('eve', 'GET', '/api/events')).status, 403);
  assert.equal((await ask('nobody', 'GET', '/api/events')).status, 401);
});

test('/api/events follows what happens, from where Last-Event-ID left off', async (context) => {
  const { origin, happen } = await start(context);
  await happen('usr_ada');
  const missed = await happen('usr_ada');
  await happen('usr_bob');
  const stop = new AbortController();
  const response = await fetch(`${origin}/api/events`, {
    headers: { 'x-who': 'ada', 'last-event-id': '1' },
    signal: stop.signal,
  });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  const decoder = new TextDecoder();
  let text = '';
  const later = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece, { stream: true });
      if (text.includes('id: 2\n')) later.resolve();
      if (text.includes('id: 4\n')) return;
    }
  })();
  await later.promise;
  const live = await happen('usr_ada');
  await reading;
  stop.abort();
  const ids = [...text.matchAll(/"id":"(\w+)"/g)].map(([, id]) => id);
  assert.deepEqual(ids, [missed, live]);
});

test('/api/events gives the programs of one user no more places than that user', async (context) => {
  const { ask, origin } = await start(context);
  const stop = new AbortController();
  const follow = (who: string) =>
    fetch(`${origin}/api/events`, { headers: { 'x-who': who }, signal: stop.signal });
  for (let place = 0; place < MOST_READERS_OF_ONE; place += 1) {
    assert.equal((await follow(place % 2 === 0 ? 'ada' : 'adasProgram')).status, 200);
  }
  for (const who of ['ada', 'adasProgram']) assert.equal((await follow(who)).status, 429);
  assert.equal((await follow('bob')).status, 200);
  assert.equal((await ask('ada', 'GET', '/api/webhooks')).status, 200);
  stop.abort();
});

test('/api/audit lists who did what, for administrators alone', async (context) => {
  const { ask } = await start(context);
  const made = await ask('ada', 'POST', '/api/webhooks', { url: 'https://one.test/' });
  await ask('root', 'DELETE', `/api/webhooks/${made.json.id}`);
  const { json } = await ask('root', 'GET', '/api/audit?limit=1');
  assert.equal(json.data[0].action, 'webhook.delete');
  assert.deepEqual(json.data[0].actor, {
    kind: 'user',
    id: 'usr_root',
    remoteAddress: '127.0.0.1',
  });
  const next = await ask('root', 'GET', `/api/audit?limit=1&cursor=${json.next_cursor}`);
  assert.equal(next.json.data[0].action, 'webhook.create');
  assert.equal(next.json.next_cursor, null);
  const own = await ask('root', 'GET', `/api/audit?objectId=${made.json.id}&actorId=usr_ada`);
  assert.equal(own.json.data.length, 1);
  for (const [who, status] of [
    ['ada', 403],
    ['nobody', 401],
  ] as const) {
    assert.equal((await ask(who, 'GET', '/api/audit')).status, status);
  }
});
