import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChangedUserView, Problem, StreamView } from '../../../contract/index.ts';
import { type Credentials, join, openWholeApi, type WholeApi } from './whole-api.test-support.ts';

async function idOf({ ask }: WholeApi, headers: Credentials): Promise<string> {
  return (await ask('GET /api/me', { headers })).json().user.id;
}

test('POST /api/streams makes none for whoever could not publish to it', async () => {
  const api = await openWholeApi();
  const admin = await join(api, 'anna', 'admin');
  const ask = async (what: string, body?: object) => api.ask(what, { body, headers: admin });
  for (const role of ['viewer', 'moderator'] as const) {
    const broadcasterId = await idOf(api, await join(api, role, role));
    const draft = { title: 'Show', broadcasterId };
    const refused = await ask('POST /api/streams', draft);
    assert.equal(refused.statusCode, 409, refused.body);
    const { code, detail } = refused.json() as Problem;
    assert.equal(code, 'owner_may_not_broadcast');
    assert.equal(
      detail,
      `Cannot create stream: its owner, ${role}, has the role ${role}; ` +
        'an administrator has to make them a broadcaster first',
    );
    const user = `/api/users/${broadcasterId}`;
    await ask(`PATCH ${user}`, { role: 'broadcaster', disabled: true });
    const disabled = (await ask('POST /api/streams', draft)).json() as Problem;
    assert.match(
      disabled.detail,
      /the account of its owner, \w+, is disabled; .* enable it first$/,
    );
    await ask(`PATCH ${user}`, { disabled: false });
    assert.equal((await ask('POST /api/streams', draft)).statusCode, 201);
  }
});

test('PATCH /api/users/{id} tells what becomes of the streams of who may not broadcast', async () => {
  const api = await openWholeApi();
  const admin = await join(api, 'anna', 'admin');
  const berta = await join(api, 'berta', 'broadcaster');
  const id = await idOf(api, berta);
  const change = async (body: object) => {
    const answer = await api.ask(`PATCH /api/users/${id}`, { body, headers: admin });
    assert.equal(answer.statusCode, 200, answer.body);
    return (answer.json() as ChangedUserView).notice;
  };
  assert.equal(await change({ role: 'viewer' }), null, 'none to speak of');
  await change({ role: 'broadcaster' });
  const make = () => api.ask('POST /api/streams', { body: { title: 'Show' }, headers: berta });
  const { id: streamId, streamKey } = (await make()).json();
  assert.equal(
    await change({ role: 'viewer' }),
    'Nobody can publish to the stream of berta now, and who is on air there is cut off within ' +
      'seconds. Make berta a broadcaster again to undo that, or delete what is not needed',
  );
  const start = async () => {
    const body = { streamKey };
    return api.ask(`POST /api/streams/${streamId}/start`, { body, headers: admin });
  };
  assert.equal(((await start()).json() as Problem).code, 'owner_may_not_broadcast');
  assert.equal(await change({ role: 'broadcaster' }), null);
  await make();
  assert.match((await change({ disabled: true })) ?? '', /the 2 streams of berta .* Enable berta /);
  assert.equal(await change({ disabled: false }), null);
  assert.equal(((await start()).json() as StreamView).status, 'live');
});

test('POST and PATCH /api/streams name a start in the past as the field that does not fit', async () => {
  const api = await openWholeApi();
  const admin = await join(api, 'anna', 'admin');
  const ask = async (what: string, body: object) => api.ask(what, { body, headers: admin });
  const { id } = (await ask('POST /api/streams', { title: 'Show' })).json();
  const scheduledStart = '2020-01-01T20:00:00Z';
  for (const what of ['POST /api/streams', `PATCH /api/streams/${id}`]) {
    const refused = await ask(what, { title: 'Show', scheduledStart });
    assert.equal(refused.statusCode, 400, what);
    const { code, errors = [] } = refused.json() as Problem;
    assert.equal(code, 'invalid_request');
    assert.deepEqual(
      errors.map(({ field }) => field),
      ['scheduledStart'],
    );
  }
});
