import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { CreatedStream, Problem, StreamView } from '../../../contract/index.ts';
import { emptyAccounts } from '../../account/accounts.test-support.ts';
import { StreamDirectory, StreamKeys } from '../../account/index.ts';
import { ManualClock, silentLog, systemClock } from '../../base/index.ts';
import { MemoryStreamStore } from '../../store/streams/index.ts';
import { createHttpServer } from '../http/index.ts';
import { type ApiSettings, registerControlApi } from './index.ts';

const TOKEN = 'a-token-for-these-tests';

async function start(context: TestContext, settings: Partial<ApiSettings> = {}, token?: string) {
  const clock = new ManualClock();
  const keys = new StreamKeys(Buffer.alloc(32, 1), randomBytes);
  const directory = await StreamDirectory.open({
    store: new MemoryStreamStore(),
    keys,
    clock,
    log: silentLog,
    randomBytes,
  });
  const ended: string[] = [];
  const accounts = await emptyAccounts({ clock, operatorToken: token });
  const server = createHttpServer({
    log: silentLog,
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
    delivery: { handler: { handle: () => undefined }, matches: () => false },
    management: { token },
    register: (app) =>
      registerControlApi(app, {
        directory,
        accounts,
        isTls: false,
        clock,
        version: '0.0.0',
        management: { host: '127.0.0.1', token },
        publicUrl: undefined,
        rtmpPort: () => 1935,
        isAwaited: () => false,
        hasPoster: () => false,
        endBroadcast: (id) => ended.push(id) > 0,
        ...settings,
      }),
  });
  const { port } = await server.listen();
  context.after(() => server.close(0));
  const origin = `http://127.0.0.1:${port}`;
  const request = async (method: string, path: string, body?: unknown, headers = {}) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    return { response, status: response.status, json: await response.json() };
  };
  const create = async (title = 'Show'): Promise<CreatedStream> => {
    const { status, json } = await request('POST', '/api/streams', {
      broadcasterId: 'anna',
      title,
    });
    assert.equal(status, 201);
    return json as CreatedStream;
  };
  return { clock, directory, ended, port, request, create };
}

test('POST /api/streams makes an idle stream and shows its key once', async (context) => {
  const { request, directory, clock } = await start(context);
  const { response, status, json } = await request('POST', '/api/streams', {
    broadcasterId: 'anna',
    title: ' Evening show ',
  });
  assert.equal(status, 201);
  const { id, streamKey, ...rest } = json as CreatedStream;
  assert.equal(response.headers.get('location'), `/api/streams/${id}`);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.deepEqual(rest, {
    title: 'Evening show',
    broadcasterId: 'anna',
    status: 'idle',
    createdAt: new Date(clock.epochMs()).toISOString(),
    startedAt: null,
    endedAt: null,
    broadcastId: null,
    playbackUrl: `/live/${id}/master.m3u8`,
    watchUrl: `/watch/${id}`,
    posterUrl: null,
    ladder: null,
    ingest: { rtmpUrl: 'rtmp://127.0.0.1/live' },
  });
  assert.deepEqual(directory.authorize({ app: 'live', streamKey, remoteAddress: '192.0.2.1' }), {
    granted: { streamId: id },
  });
  const shown = await request('GET', `/api/streams/${id}`);
  const { streamKey: _key, ingest: _ingest, ...view } = json as CreatedStream;
  assert.deepEqual(shown.json, view);
});

test('POST /api/streams names PUBLIC_URL and another port in the address for encoders', async (context) => {
  const publicUrl = 'https://live.example.org';
  const { create } = await start(context, { publicUrl, rtmpPort: () => 1999 });
  assert.deepEqual((await create()).ingest, { rtmpUrl: 'rtmp://live.example.org:1999/live' });
});

test('GET /api/ingest tells everybody where encoders publish to', async (context) => {
  const { request } = await start(context, { rtmpPort: () => 1999 }, TOKEN);
  const { response, status, json } = await request('GET', '/api/ingest');
  assert.deepEqual([status, json], [200, { rtmpUrl: 'rtmp://127.0.0.1:1999/live' }]);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  const publicUrl = 'https://live.example.org';
  const usual = await start(context, { publicUrl });
  const answer = await usual.request('GET', '/api/ingest');
  assert.deepEqual(answer.json, { rtmpUrl: 'rtmp://live.example.org/live' });
});

test('POST /api/streams answers a misfit field by field', async (context) => {
  const { request, directory } = await start(context);
  const { response, status, json } = await request('POST', '/api/streams', { title: 'a\nb' });
  assert.equal(status, 400);
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  const problem = json as Problem;
  assert.equal(problem.code, 'invalid_request');
  assert.deepEqual(problem.errors, [
    { field: 'broadcasterId', message: 'is missing' },
    { field: 'title', message: 'must not contain control characters or line breaks' },
  ]);
  assert.equal((await request('POST', '/api/streams')).status, 400);
  assert.deepEqual(directory.list(), []);
});

test('GET /api/streams/{id} follows the stream through its broadcasts', async (context) => {
  const { request, create, directory, clock } = await start(context);
  const { id } = await create();
  const view = async () => (await request('GET', `/api/streams/${id}`)).json as StreamView;
  clock.advance(1_000);
  const broadcast = directory.beginBroadcast(id);
  const startedAt = new Date(clock.epochMs()).toISOString();
  const live = await view();
  assert.equal(live.status, 'live');
  assert.deepEqual([live.startedAt, live.endedAt], [startedAt, null]);
  assert.equal(live.broadcastId, broadcast.id);
  clock.advance(5_000);
  directory.endBroadcast(id, broadcast.id);
  const ended = await view();
  const endedAt = new Date(clock.epochMs()).toISOString();
  assert.deepEqual([ended.status, ended.startedAt, ended.endedAt], ['ended', startedAt, endedAt]);
});

test('GET /api/streams/{id} names the poster of a live broadcast that has one', async (context) => {
  const pictured = new Set<string>();
  const hasPoster = (streamId: string, broadcastId: string) =>
    pictured.has(`${streamId} ${broadcastId}`);
  const { request, create, directory } = await start(context, { hasPoster });
  const { id } = await create();
  const posterUrl = async () =>
    ((await request('GET', `/api/streams/${id}`)).json as StreamView).posterUrl;
  const broadcast = directory.beginBroadcast(id);
  assert.equal(await posterUrl(), null);
  pictured.add(`${id} ${broadcast.id}`);
  assert.equal(await posterUrl(), `/live/${id}/poster.jpg`);
  directory.endBroadcast(id, broadcast.id);
  assert.equal(await posterUrl(), null);
});

test('GET /api/streams/live lists what is live, without keys', async (context) => {
  const { request, create, directory } = await start(context);
  assert.deepEqual((await request('GET', '/api/streams/live')).json, { streams: [] });
  const { id, streamKey } = await create();
  await create('quiet');
  directory.beginBroadcast(id);
  const { response, json } = await request('GET', '/api/streams/live');
  const { streams } = json as { streams: StreamView[] };
  assert.deepEqual(
    streams.map((stream) => [stream.id, stream.status]),
    [[id, 'live']],
  );
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.ok(!JSON.stringify(json).includes(streamKey));
});

test('GET /api/streams lists all, for those who manage', async (context) => {
  const { request } = await start(context, {}, TOKEN);
  const bearer = { authorization: `Bearer ${TOKEN}` };
  await request('POST', '/api/streams', { broadcasterId: 'anna', title: 'one' }, bearer);
  for (const path of ['/api/streams', '/api/streams?x', '/%61pi/streams', '/api/%73treams']) {
    assert.equal((await request('GET', path)).status, 401, path);
  }
  const { json } = await request('GET', '/api/streams', undefined, bearer);
  assert.deepEqual(
    (json as { streams: StreamView[] }).streams.map(({ title }) => title),
    ['one'],
  );
  assert.equal((await request('GET', '/api/streams/live')).status, 200);
  assert.equal((await request('POST', '/api/streams', {})).status, 401);
});

test('POST /api/streams/{id}/end ends the broadcast, and again changes nothing', async (context) => {
  const { request, create, directory, ended, clock } = await start(context);
  const { id } = await create();
  const idle = await request('POST', `/api/streams/${id}/end`);
  assert.deepEqual([idle.status, (idle.json as StreamView).status], [200, 'idle']);
  directory.beginBroadcast(id);
  clock.advance(1_000);
  const first = await request('POST', `/api/streams/${id}/end`);
  assert.deepEqual([first.status, (first.json as StreamView).status], [200, 'ended']);
  clock.advance(1_000);
  const second = await request('POST', `/api/streams/${id}/end`);
  assert.deepEqual([second.status, second.json], [200, first.json]);
  assert.deepEqual(ended, [id, id, id]);
  assert.equal(directory.get(id)?.status, 'ended');
});

test('POST /api/streams/{id}/key shows a new key and kills the old one', async (context) => {
  const { request, create, directory } = await start(context);
  const { id, streamKey: old } = await create();
  const { status, json } = await request('POST', `/api/streams/${id}/key`);
  const { streamKey } = json as CreatedStream;
  assert.equal(status, 200);
  const attempt = { app: 'live', remoteAddress: '192.0.2.1' };
  assert.deepEqual(directory.authorize({ ...attempt, streamKey }), { granted: { streamId: id } });
  assert.ok('refused' in directory.authorize({ ...attempt, streamKey: old }));
});

test('unknown streams are 404 by name, on every route', async (context) => {
  const { request } = await start(context);
  const routes = [
    ['GET', '/api/streams/nobody', 'Cannot show stream "nobody": it is unknown'],
    ['POST', '/api/streams/nobody/end', 'Cannot end stream "nobody": it is unknown'],
    ['POST', '/api/streams/nobody/key', 'Cannot replace the key of stream "nobody": it is unknown'],
  ] as const;
  for (const [method, path, detail] of routes) {
    const { status, json } = await request(method, path);
    const problem = json as Problem;
    assert.deepEqual([status, problem.code, problem.detail], [404, 'stream_not_found', detail]);
  }
});

test('GET /api/clock tells the time and is never cached', async (context) => {
  const { request, clock } = await start(context);
  clock.advance(1_234);
  const { response, json } = await request('GET', '/api/clock');
  assert.deepEqual(json, { epochMs: clock.epochMs() });
  assert.equal(response.headers.get('cache-control'), 'no-store');
});

test('PATCH /api/streams/{id} gives a stream qualities of its own, and takes them away', async (context) => {
  const { request, create } = await start(context);
  const { id } = await create();
  const path = `/api/streams/${id}`;
  for (const ladder of ['480p=854x480@900k', 'off', null]) {
    const changed = await request('PATCH', path, { ladder });
    assert.equal(changed.status, 200);
    assert.equal((changed.json as StreamView).ladder, ladder);
    assert.deepEqual((await request('GET', path)).json, changed.json);
  }
  const refused = await request('PATCH', path, { ladder: '480p=854x480' });
  assert.equal(refused.status, 400);
  assert.equal((refused.json as Problem).code, 'invalid_request');
  const unknown = await request('PATCH', '/api/streams/nobody', { ladder: null });
  assert.equal(unknown.status, 404);
});
