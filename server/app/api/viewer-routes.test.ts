import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import Fastify, { type FastifyRequest } from 'fastify';
import type { Principal } from '../../account/index.ts';
import { silentLog } from '../../base/index.ts';
import { created, openChannels } from '../../channel/channels.test-support.ts';
import { OnAir } from '../../live/index.ts';
import { ViewersFace } from '../viewers.ts';
import { RateLimits } from './rate-limits.ts';
import { registerApi } from './registration.ts';
import { viewerRoutes } from './viewer-routes.ts';

/** A server with one stream, off air. */
async function start(context: TestContext) {
  const { channels, clock, database } = await openChannels();
  const { stream } = await created(channels);
  const viewers = new ViewersFace({
    ...{ database, channels, clock, log: silentLog, tell: () => {}, link: undefined },
    trustedProxies: () => undefined,
    ...{ onAir: new OnAir(), pepper: randomBytes(32) },
  });
  const app = Fastify();
  app.decorateRequest('clientAddress', {
    getter(this: FastifyRequest) {
      return String(this.headers['x-from']);
    },
  });
  const budgets = { anonymous: 3, user: 3, token: 3, operator: 1_000 };
  const access = {
    identify: async ({ headers }: { headers: Record<string, unknown> }): Promise<Principal> =>
      headers['x-who'] === 'operator' ? { kind: 'operator' } : { kind: 'anonymous' },
    owners: { stream: async () => undefined, webhook: async () => undefined },
    limits: new RateLimits(clock),
    viewerLimits: new RateLimits(clock, budgets),
  };
  registerApi(app, access, viewerRoutes(viewers));
  context.after(async () => {
    await app.close();
    await viewers.close();
    await channels.close();
  });
  const path = `/api/streams/${stream.id}/viewers`;
  const say = async (what: string, payload?: object, headers: Record<string, string> = {}) => {
    const answer = await app.inject({
      method: 'POST',
      url: `${path}/${what}`,
      headers: { 'x-who': 'operator', ...headers },
      ...(payload && { payload }),
    });
    return { status: answer.statusCode, json: answer.body === '' ? null : answer.json() };
  };
  const count = async () => (await app.inject(path)).json();
  const seconds = async (number: number): Promise<void> => {
    for (let second = 0; second < number; second += 1) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { app, say, count, seconds };
}

test('a page joins, stays by its heartbeats, and leaves', async (context) => {
  const { say, count, seconds } = await start(context);
  const joined = await say('join');
  assert.equal(joined.status, 200);
  const { sessionId, heartbeatS, timeoutS, count: one, isExact } = joined.json;
  assert.deepEqual([heartbeatS, timeoutS, one, isExact], [10, 30, 1, true]);
  assert.equal((await say('join', { sessionId: 'my-own-name' })).json.count, 2);
  await seconds(25);
  assert.equal((await say('heartbeat', { sessionId })).json.sessionId, sessionId);
  await seconds(10);
  assert.deepEqual(await count(), { count: 1, isExact: true, errorPercent: 0, broadcast: null });
  assert.equal((await say('leave', { sessionId })).status, 204);
  assert.equal((await count()).count, 0);
  assert.equal((await say('heartbeat', { sessionId })).json.count, 1);
});

test('a session has a name of a certain form, and a stream has to be there', async (context) => {
  const { app, say } = await start(context);
  for (const sessionId of ['short', 'x'.repeat(65), 'white space', 7]) {
    assert.equal((await say('join', { sessionId })).status, 400);
  }
  assert.equal((await say('heartbeat', {})).status, 400);
  for (const id of ['s2', '..%2f', 'a%20b']) {
    const answer = await app.inject(`/api/streams/${id}/viewers`);
    assert.deepEqual([answer.statusCode, answer.json().code], [404, 'stream_not_found']);
  }
});

test('heartbeats have a budget of their own, for each address', async (context) => {
  const { say, count } = await start(context);
  const from = (client: string) => ({ 'x-who': 'nobody', 'x-from': client });
  for (const expected of [200, 200, 200, 429]) {
    const said = await say('heartbeat', { sessionId: 'abcdefgh' }, from('192.0.2.1'));
    assert.equal(said.status, expected);
  }
  assert.equal((await say('join', undefined, from('192.0.2.2'))).status, 200);
  assert.equal((await count()).count, 2);
});
