/**
 * Whatever is sent to any route of the OpenAPI document, the answer is the server's own: never a
 * fault, never a stack, and nothing of it ends up in a prototype.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import type { Principal } from '../../account/index.ts';
import { silentLog, systemClock } from '../../base/index.ts';
import { openChannels } from '../../channel/channels.test-support.ts';
import { createApp } from '../http/fastify-app.ts';
import { DEFAULT_HTTP_LIMITS, ManagementGuard } from '../http/index.ts';
import { ResponseTally } from '../http/response-tally.ts';
import type { ApiDocument, DocumentOperation, DocumentSchema } from './document.ts';
import { describeApi } from './document.ts';
import { documentRoutes } from './document-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { RateLimits } from './rate-limits.ts';
import { registerApi } from './registration.ts';
import type { ApiRoute } from './route.ts';
import { serverRoutes } from './server-routes.ts';
import { streamRoutes } from './stream-routes.ts';

const RUNS = Number(process.env.FUZZ_CASES ?? 60);
const operator: Principal = { kind: 'operator' };
let app: FastifyInstance;
let routes: readonly ApiRoute[];
let streamId: string;
let close: () => Promise<void>;

before(async () => {
  const { channels, clock } = await openChannels();
  const settings = {
    ...{ channels, clock, publicUrl: undefined, rtmpPort: () => 1935, windowS: 12 },
    ...{ hasPoster: () => false, qualitiesOf: () => [], viewersOf: () => 0 },
  };
  const described = [...streamRoutes(settings), ...keyRoutes(settings), ...serverRoutes({ clock })];
  routes = [...described, ...documentRoutes(described, '0.0.0')];
  app = createApp({
    log: silentLog,
    limits: DEFAULT_HTTP_LIMITS,
    guard: new ManagementGuard({ host: '127.0.0.1' }),
    responses: new ResponseTally(),
  });
  const owners = {
    stream: async (id: string) => {
      const stream = await channels.get(id);
      return stream === undefined ? undefined : { ownerId: stream.broadcasterId };
    },
    webhook: async () => undefined,
  };
  const budgets = { anonymous: 1e9, user: 1e9, token: 1e9, operator: 1e9 };
  const limits = new RateLimits(systemClock, budgets);
  registerApi(app, { identify: async () => operator, owners, limits }, routes);
  const actor = { kind: 'operator', id: null, remoteAddress: null } as const;
  const made = await channels.create({ broadcasterId: 'anna', title: 'Show' }, actor);
  assert.ok(!('refused' in made));
  streamId = made.stream.id;
  close = async () => {
    await app.close();
    await channels.close();
  };
});

after(() => close());

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
  const filled = path.replace(/\{\w+\}/g, () => {
    const id = left.shift() ?? 'nobody';
    return id === 'own' ? streamId : id;
  });
  const pairs = Object.entries(query).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name}=${encodeURIComponent((text ?? '').toWellFormed())}`;
  });
  return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`;
}

test('no route of the document can be brought to a fault', async () => {
  const { paths }: ApiDocument = describeApi(routes, '0.0.0');
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      await fc.assert(
        fc.asyncProperty(requestsFor(operation), async (sent) => {
          // The object stays for those who come after.
          const isGone = method === 'delete' && sent.ids[0] === 'own' && !path.includes('{keyId}');
          if (isGone) return;
          const { body = '', type } = sent;
          const answer = await app.inject({
            method: method.toUpperCase() as 'GET',
            url: urlOf(path, sent),
            ...(body === '' ? {} : { payload: body, headers: { 'content-type': type } }),
            remoteAddress: `192.0.2.${randomBytes(1)[0]}`,
          });
          const what = `${method} ${urlOf(path, sent)} ${body.slice(0, 200)}`;
          assert.ok(answer.statusCode < 500, `${answer.statusCode} to ${what}: ${answer.body}`);
          assert.ok(!/\bat .+\.ts:\d+/.test(answer.body), `a stack to ${what}`);
          assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
        }),
        { numRuns: RUNS },
      );
    }
  }
});
