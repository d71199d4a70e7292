import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, type TestContext, test } from 'node:test';
import Fastify from 'fastify';
import { z } from 'zod';
import type { Principal } from '../../account/index.ts';
import { ManualClock } from '../../base/index.ts';
import { clear, testDatabase } from '../../store/sql/database.test-support.ts';
import { IdempotencyKeys } from './idempotency.ts';
import { RateLimits } from './rate-limits.ts';
import { registerApi } from './registration.ts';
import { defineRoute } from './route.ts';
import { body } from './schema.ts';

const anna: Principal = { kind: 'user', userId: 'usr_anna', role: 'admin', sessionHash: '' };
const bob: Principal = { ...anna, userId: 'usr_bob' };

const KEY = '8e03978e-40d5-43dd-bc93-6894a57f9324';

beforeEach(async () => clear(await testDatabase()));

async function start(context: TestContext) {
  const database = await testDatabase();
  const clock = new ManualClock();
  const app = Fastify();
  context.after(() => app.close());
  const state = { made: 0, caller: anna, gate: Promise.resolve(), fails: false };
  const make = defineRoute({
    ...{ method: 'POST', path: '/api/things', operationId: 'make', tag: 'server' },
    summary: 'Makes',
    verb: 'make thing',
    access: { action: 'stream.create' },
    body: body({ name: z.string() }),
    answers: { 201: z.object({ number: z.number(), secret: z.string() }) },
    answer: async () => {
      await state.gate;
      if (state.fails) return { refused: 'too_many_streams', detail: 'Cannot make: full' };
      state.made += 1;
      const headers = { location: `/api/things/${state.made}` };
      return { status: 201, body: { number: state.made, secret: 'shown-once' }, headers };
    },
  });
  const settings = {
    identify: async () => state.caller,
    owners: { stream: async () => undefined, webhook: async () => undefined },
    limits: new RateLimits(clock),
    idempotency: new IdempotencyKeys(database, clock, Buffer.alloc(32, 1)),
  };
  registerApi(app, settings, [make]);
  const ask = async (key: string | undefined, name: unknown = 'a') => {
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    const answer = await app.inject({
      ...{ method: 'POST', url: '/api/things', payload: { name }, headers },
    });
    const { location, 'idempotency-replayed': replayed } = answer.headers;
    return { location, replayed, status: answer.statusCode, json: answer.json() };
  };
  return { ask, state, clock, database };
}

test('Idempotency-Key gives the first answer again, headers and secrets included', async (context) => {
  const { ask, state, database } = await start(context);
  const first = await ask(KEY);
  const again = await ask(KEY);
  assert.equal(state.made, 1);
  assert.deepEqual([first.status, first.json], [201, { number: 1, secret: 'shown-once' }]);
  assert.deepEqual([again.status, again.json, again.location], [201, first.json, '/api/things/1']);
  assert.deepEqual([first.replayed, again.replayed], [undefined, 'true']);
  assert.equal((await ask('k2')).json.number, 2);
  assert.equal((await ask(undefined)).json.number, 3);
  const rows = await database.query<{ key: string }>('select * from idempotency_keys');
  const kept = JSON.stringify(rows);
  const guess = createHash('sha256')
    .update(JSON.stringify(['key', 'k2']))
    .digest('hex');
  assert.ok(!kept.includes(guess), 'who reads the database cannot try guesses of a key');
  assert.ok(!/shown-once|8e03978e/.test(kept), 'neither the secret nor the key is in the database');
});

test('Idempotency-Key is refused for another request, and free for another caller', async (context) => {
  const { ask, state } = await start(context);
  await ask('k1');
  const other = await ask('k1', 'b');
  assert.deepEqual([other.status, other.json.code], [422, 'idempotency_conflict']);
  state.caller = bob;
  assert.equal((await ask('k1')).json.number, 2);
  assert.equal((await ask('has blanks')).status, 400);
  assert.equal((await ask('x'.repeat(256))).status, 400);
});

test('Idempotency-Key lets one of two at once go on', async (context) => {
  const { ask, state } = await start(context);
  const gate = Promise.withResolvers<void>();
  state.gate = gate.promise;
  const both = [ask('k1'), ask('k1')];
  const early = await Promise.race(both);
  assert.deepEqual([early.status, early.json.code], [409, 'idempotency_in_progress']);
  gate.resolve();
  const statuses = (await Promise.all(both)).map(({ status }) => status);
  assert.deepEqual(statuses.toSorted(), [201, 409]);
  assert.equal(state.made, 1);
});

test('Idempotency-Key is free again after a refusal, a cut-off, and a day', async (context) => {
  const { ask, state, clock, database } = await start(context);
  state.fails = true;
  assert.equal((await ask('k1')).status, 503);
  assert.equal((await ask('k1', 7)).status, 400);
  state.fails = false;
  assert.equal((await ask('k1')).json.number, 1);
  clock.advance(24 * 3_600_000 + 1);
  assert.equal((await ask('k1', 'b')).json.number, 2);
  await database.query('update idempotency_keys set status = null, sealed = null');
  assert.equal((await ask('k1', 'b')).status, 409);
  clock.advance(60_001);
  assert.equal((await ask('k1', 'b')).json.number, 3);
});
