/**
 * Whatever is sent to any route of the OpenAPI document, the answer is the server's own: never a
 * fault, never a stack, and nothing of it ends up in a prototype.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { emptyAccounts } from '../../account/accounts.test-support.ts';
import { ManualClock, silentLog } from '../../base/index.ts';
import { openChannels } from '../../channel/channels.test-support.ts';
import { EventStreams } from '../../notice/event-stream/index.ts';
import { Courier, Webhooks } from '../../notice/webhook/index.ts';
import { testDatabase } from '../../store/sql/database.test-support.ts';
import { EventTail } from '../../store/sql/index.ts';
import { createApp } from '../http/fastify-app.ts';
import { DEFAULT_HTTP_LIMITS, ManagementGuard } from '../http/index.ts';
import { ResponseTally } from '../http/response-tally.ts';
import { registerControlApi } from './control-api.ts';
import type { ApiDocument, DocumentOperation, DocumentSchema } from './document.ts';

const RUNS = Number(process.env.FUZZ_CASES ?? 60);
const OPERATOR_TOKEN = 'the-operators-token';
const PUBLIC_URL = 'https://tv.example';
const PASSWORD = 'correct horse battery';
/** So that no budget is used up, and what is made has times of its own. */
const BETWEEN_REQUESTS_MS = 1_000;

type Headers = Readonly<Record<string, string>>;

/** Of every request; without its Accept, the answer of the event stream would never end. */
const HEADERS: Headers = { host: 'tv.example', accept: 'application/json' };

const clock = new ManualClock();
let app: FastifyInstance;
let close: () => Promise<void>;
/** By the path of its collection, the id of an object that is there. */
const own: Record<string, string> = {};
let token: string;

before(async () => {
  const accounts = await emptyAccounts({ clock, operatorToken: OPERATOR_TOKEN });
  const { channels } = await openChannels({ clock });
  const database = await testDatabase();
  const log = silentLog;
  // Nothing leaves this machine.
  const sender = { send: async () => ({ kind: 'answered', status: 200 }) as const };
  const courier = new Courier({ clock, sender, root: randomBytes(32) });
  const policy = { allowsLoopback: false };
  const requeued = (): void => undefined;
  const webhooks = new Webhooks({ database, clock, courier, policy, randomBytes, requeued });
  const tail = new EventTail({ database, clock, log });
  const management = { host: '::', publicUrl: PUBLIC_URL, token: OPERATOR_TOKEN };
  app = createApp({
    log,
    limits: DEFAULT_HTTP_LIMITS,
    guard: new ManagementGuard(management),
    responses: new ResponseTally(),
  });
  registerControlApi(app, {
    ...{ channels, accounts, database, clock, management, version: '0.0.0', isTls: false },
    ...{ publicUrl: PUBLIC_URL, rtmpPort: () => 1935, windowS: 12, answerRoot: randomBytes(32) },
    ...{
      hasPoster: () => false,
      qualitiesOf: () => [],
      viewersOf: () => 0,
      ingestEndpoints: async () => [],
    },
    notices: { database, webhooks, streams: new EventStreams({ tail, clock, log }) },
    configuration: {
      view: () => [],
      reload: async () => ({ kind: 'refused', problems: ['nothing is configured here'] }),
    },
  });
  close = async () => {
    await app.close();
    await channels.close();
  };
  const secret = await accounts.invitations.openSetup();
  const body = { secret, name: 'anna', password: PASSWORD };
  await made('POST', '/api/invitations/accept', body, {});
  await makeObjects();
});

after(() => close());

/** Sends what is right; gives the body. */
async function made(method: 'POST' | 'GET', url: string, payload: object, headers: Headers) {
  clock.advance(BETWEEN_REQUESTS_MS);
  const answer = await app.inject({
    ...{ method, url, headers: { ...HEADERS, ...headers } },
    ...(method === 'GET' ? {} : { payload }),
    remoteAddress: '192.0.2.1',
  });
  assert.ok(answer.statusCode < 300, `${method} ${url}: ${answer.statusCode} ${answer.body}`);
  return { body: answer.json(), headers: answer.headers };
}

async function makeObjects(): Promise<void> {
  const headers = await signedIn();
  const draft = { title: 'Show', broadcasterId: 'anna' };
  own['/api/streams'] = (await made('POST', '/api/streams', draft, headers)).body.id;
  const url = 'https://hooks.example/hook';
  own['/api/webhooks'] = (await made('POST', '/api/webhooks', { url }, headers)).body.id;
  own['/api/users'] = (await made('GET', '/api/me', {}, headers)).body.user.id;
  const wanted = { name: 'fuzz', scopes: ['admin'] };
  token = (await made('POST', '/api/tokens', wanted, headers)).body.token;
  const key = { kind: 'guest', name: 'guest' };
  const keys = `/api/streams/${own['/api/streams']}/keys`;
  own['/keys'] = (await made('POST', keys, key, headers)).body.id;
}

async function signedIn(): Promise<Headers> {
  const answer = await made('POST', '/api/session', { name: 'anna', password: PASSWORD }, {});
  const [cookie = ''] = String(answer.headers['set-cookie']).split(';');
  return { cookie, 'x-csrf-token': answer.body.csrfToken };
}

/** Things that programs trip over, besides what fits. */
const nasty = fc.oneof(
  fc.constantFrom(
    ...['', ' ', '\0', '../..', "'; drop table streams; --", '\ud800', 'true', 'null', '__proto__'],
    ...['9999-12-31T23:59:59-14:00', '0000-01-01T00:00:00Z', '0001-01-01T00:00:00+14:00'],
    ...['999999999999999 a', 'p9007199254740993', 'p999999999999999'].map((text) =>
      Buffer.from(text).toString('base64url'),
    ),
    ...[0, -1, 1e308, 2 ** 53, true, null, [], {}, [[[]]], { $ne: null }, 'a'.repeat(20_000)],
  ),
  fc.json({ maxDepth: 3 }).map((text) => JSON.parse(text) as unknown),
  fc.string({ unit: 'binary', maxLength: 50 }),
);

/** A value for a schema: mostly one that fits. */
function valueFor(schema: DocumentSchema): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: fitting(schema), weight: 4 }, { arbitrary: nasty, weight: 1 });
}

function fitting(schema: DocumentSchema): fc.Arbitrary<unknown> {
  const { type, anyOf, oneOf, properties, items } = schema;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const branches = anyOf ?? oneOf;
  if (branches !== undefined) return fc.oneof(...branches.map(valueFor));
  if (properties !== undefined) {
    const fields = Object.entries(properties).map(
      ([name, each]) => [name, valueFor(each)] as const,
    );
    return fc.record(Object.fromEntries(fields), { requiredKeys: [] });
  }
  if (type === 'array') return fc.array(valueFor(items ?? {}), { maxLength: 3 });
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer' || type === 'number') return fc.integer();
  if (type === 'null') return fc.constant(null);
  return fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom('2026-11-21T20:00:00Z', '9999-12-31T23:59:59.999Z', '192.0.2.0/24', 'off'),
    fc.constantFrom('0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59'),
  );
}

interface Sent {
  readonly ids: readonly string[];
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: string | undefined;
  readonly type: string;
}

function requestsFor({ parameters = [], requestBody }: DocumentOperation): fc.Arbitrary<Sent> {
  const query = parameters.filter((each) => each.in === 'query');
  const schema = requestBody?.content['application/json']?.schema ?? {};
  const json = valueFor(schema).map((value) => JSON.stringify(value) ?? '');
  const poisoned = fc.constantFrom(
    '{"__proto__":{"isAdmin":true}}',
    '{"constructor":{"prototype":{"isAdmin":true}}}',
    ...['{"a":', '[', '\u2028', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, '"\ud800"'],
  );
  return fc.record({
    ids: fc.array(
      fc.oneof(
        fc.constantFrom(
          'own',
          'nobody',
          '%00',
          '%2e%2e',
          '__proto__',
          'constructor',
          'x'.repeat(99),
        ),
        fc.string({ minLength: 1, maxLength: 20 }).map(encodeURIComponent),
      ),
      { minLength: 2, maxLength: 2 },
    ),
    query: fc.record(
      Object.fromEntries(query.map(({ name, schema: each }) => [name, valueFor(each)])),
      { requiredKeys: [] },
    ),
    body: fc.option(fc.oneof({ arbitrary: json, weight: 6 }, { arbitrary: poisoned, weight: 1 }), {
      nil: undefined,
    }),
    type: fc.oneof(
      { arbitrary: fc.constant('application/json'), weight: 9 },
      { arbitrary: fc.constantFrom('text/plain', 'application/xml', ''), weight: 1 },
    ),
  });
}

function urlOf(path: string, { ids, query }: Sent): string {
  const left = [...ids];
  const filled = path.replace(/(.*?)\/\{\w+\}/g, (_, before: string) => {
    const id = left.shift() ?? 'nobody';
    return `${before}/${id === 'own' ? (own[before] ?? 'nobody') : id}`;
  });
  const pairs = Object.entries(query).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name}=${encodeURIComponent((text ?? '').toWellFormed())}`;
  });
  return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`;
}

async function fuzz(path: string, method: string, operation: DocumentOperation): Promise<void> {
  const session = await signedIn();
  const callers = [
    session,
    { authorization: `Bearer ${OPERATOR_TOKEN}` },
    { authorization: `Bearer ${token}` },
    {},
  ];
  const requests = fc.tuple(requestsFor(operation), fc.constantFrom(...callers));
  await fc.assert(
    fc.asyncProperty(requests, async ([sent, caller]) => {
      // The object stays for those who come after.
      if (method === 'delete' && sent.ids[0] === 'own') return;
      clock.advance(BETWEEN_REQUESTS_MS);
      const { body = '', type } = sent;
      const url = urlOf(path, sent);
      const answer = await app.inject({
        ...{ method: method.toUpperCase() as 'GET', url },
        headers: { ...HEADERS, ...caller, ...(body === '' ? {} : { 'content-type': type }) },
        ...(body === '' ? {} : { payload: body }),
        remoteAddress: `192.0.2.${randomBytes(1)[0]}`,
      });
      const what = `${method} ${url} ${body.slice(0, 200)}`;
      assert.ok(answer.statusCode < 500, `${answer.statusCode} to ${what}: ${answer.body}`);
      assert.ok(!/\bat .+\.ts:\d+/.test(answer.body), `a stack to ${what}`);
      assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
    }),
    { numRuns: RUNS },
  );
}

test('no route of the document can be brought to a fault', async () => {
  const document = (await made('GET', '/api/openapi.json', {}, {})).body as ApiDocument;
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      await fuzz(path, method, operation);
    }
  }
});
