import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CreatedStream, Problem, StreamView } from '../../../contract/index.ts';
import { emptyAccounts } from '../../account/accounts.test-support.ts';
import { silentLog, systemClock } from '../../base/index.ts';
import { openChannels } from '../../channel/channels.test-support.ts';
import type { Channels } from '../../channel/index.ts';
import { testDatabase } from '../../store/sql/database.test-support.ts';
import { createHttpServer } from '../http/index.ts';
import { type ApiSettings, registerControlApi } from './index.ts';

const TOKEN = 'a-token-for-these-tests';

async function start(context: TestContext, settings: Partial<ApiSettings> = {}, token?: string) {
  const { channels, clock } = await openChannels();
  const ended: string[] = [];
  const database = await testDatabase();
  const accounts = await emptyAccounts({ clock, operatorToken: token });
  channels.watchPublishers((id) => ended.push(id));
  context.after(() => channels.close());
  const server = createHttpServer({
    log: silentLog,
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
    delivery: { handler: { handle: () => undefined }, matches: () => false },
    management: { token },
    register: (app) =>
      registerControlApi(app, {
        channels,
        accounts,
        database,
        answerRoot: Buffer.alloc(32, 1),
        isTls: false,
        clock,
        version: '0.0.0',
        management: { host: '127.0.0.1', token },
        publicUrl: undefined,
        rtmpPort: () => 1935,
        hasPoster: () => false,
        qualitiesOf: () => [],
        viewersOf: () => 0,
        ingestEndpoints: async () => [],
        windowS: 12,
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
  return { clock, channels, ended, port, request, create };
}

test('POST /api/streams makes an idle stream and shows its key once', async (context) => {
  const { request, channels, clock } = await start(context);
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
    description: '',
    category: '',
    disabled: false,
    once: false,
    chatEnabled: true,
    recordingEnabled: false,
    isPremium: false,
    drmRequired: false,
    scheduledStart: null,
    status: 'idle',
    createdAt: new Date(clock.epochMs()).toISOString(),
    startedAt: null,
    endedAt: null,
    broadcastId: null,
    ...{ cutOff: false, returning: false },
    playbackUrl: `/live/${id}/master.m3u8`,
    watchUrl: `/watch/${id}`,
    quality: null,
    viewerCount: 0,
    posterUrl: null,
    ladder: null,
    ingest: { rtmpUrl: 'rtmp://127.0.0.1/live' },
  });
  assert.equal(await streamIdOf(channels, streamKey), id);
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
  const url = 'rtmp://127.0.0.1:1999/live';
  const own = { url, region: '', isPrimary: true };
  assert.deepEqual([status, json], [200, { rtmpUrl: url, endpoints: [own] }]);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  const publicUrl = 'https://live.example.org';
  const endpoints = [{ url: 'rtmp://live.example.org/live', region: 'here', isPrimary: true }];
  const usual = await start(context, { publicUrl, ingestEndpoints: async () => endpoints });
  const answer = await usual.request('GET', '/api/ingest');
  assert.deepEqual(answer.json, { rtmpUrl: endpoints[0]?.url, endpoints });
});

test('POST /api/streams makes one stream, however often a request with a key comes', async (context) => {
  const { request } = await start(context);
  const make = () =>
    request(...(['POST', '/api/streams', { broadcasterId: 'anna', title: 'Once' }] as const), {
      'idempotency-key': '4b6fd5cb-5a0c-4c0b-8f0a-70a2e1f0d5d1',
    });
  const [first, again] = [await make(), await make()];
  assert.equal(again.status, 201);
  assert.deepEqual(again.json, first.json);
  const { json } = await request('GET', '/api/streams?q=Once');
  assert.equal((json as { data: unknown[] }).data.length, 1);
});

test('POST /api/streams answers a misfit field by field', async (context) => {
  const { request, channels } = await start(context);
  const { response, status, json } = await request('POST', '/api/streams', { title: 'a\nb' });
  assert.equal(status, 400);
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  const problem = json as Problem;
  assert.equal(problem.code, 'invalid_request');
  assert.deepEqual(problem.errors, [
    { field: 'title', message: 'must not contain control characters or line breaks' },
  ]);
  const ownerless = await request('POST', '/api/streams', { title: 'Show' });
  assert.deepEqual((ownerless.json as Problem).errors, [
    { field: 'broadcasterId', message: 'is missing' },
  ]);
  assert.equal((await request('POST', '/api/streams')).status, 400);
  assert.deepEqual(await channels.list({}), { streams: [], nextCursor: null });
});

test('GET /api/streams/{id} follows the stream through its broadcasts', async (context) => {
  const { request, create, channels, clock } = await start(context);
  const { id, streamKey } = await create();
  const view = async () => (await request('GET', `/api/streams/${id}`)).json as StreamView;
  clock.advance(1_000);
  const broadcast = await connect(channels, streamKey);
  const startedAt = new Date(clock.epochMs()).toISOString();
  const live = await view();
  assert.equal(live.status, 'live');
  assert.deepEqual([live.startedAt, live.endedAt], [startedAt, null]);
  assert.equal(live.broadcastId, broadcast.id);
  clock.advance(5_000);
  channels.endBroadcast(id, broadcast.id);
  const ended = await view();
  const endedAt = new Date(clock.epochMs()).toISOString();
  assert.deepEqual([ended.status, ended.startedAt, ended.endedAt], ['ended', startedAt, endedAt]);
});

test('GET /api/streams/{id} names the poster of a live broadcast that has one', async (context) => {
  const pictured = new Set<string>();
  const hasPoster = (streamId: string, broadcastId: string) =>
    pictured.has(`${streamId} ${broadcastId}`);
  const { request, create, channels } = await start(context, { hasPoster });
  const { id, streamKey } = await create();
  const posterUrl = async () =>
    ((await request('GET', `/api/streams/${id}`)).json as StreamView).posterUrl;
  const broadcast = await connect(channels, streamKey);
  assert.equal(await posterUrl(), null);
  pictured.add(`${id} ${broadcast.id}`);
  assert.equal(await posterUrl(), `/live/${id}/poster.jpg`);
  channels.endBroadcast(id, broadcast.id);
  assert.equal(await posterUrl(), null);
});

test('GET /api/streams/live lists what is live, without keys', async (context) => {
  const { request, create, channels } = await start(context);
  assert.deepEqual((await request('GET', '/api/streams/live')).json, { streams: [] });
  const { id, streamKey } = await create();
  await create('quiet');
  await connect(channels, streamKey);
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
    (json as { data: StreamView[] }).data.map(({ title }) => title),
    ['one'],
  );
  assert.equal((await request('GET', '/api/streams/live')).status, 200);
  assert.equal((await request('POST', '/api/streams', {})).status, 401);
});

test('POST /api/streams/{id}/end ends the broadcast, and is refused when there is none', async (context) => {
  const { request, create, channels, ended, clock } = await start(context);
  const { id, streamKey } = await create();
  const idle = await request('POST', `/api/streams/${id}/end`);
  assert.deepEqual([idle.status, (idle.json as Problem).code], [409, 'invalid_transition']);
  await connect(channels, streamKey);
  clock.advance(1_000);
  const first = await request('POST', `/api/streams/${id}/end`);
  assert.deepEqual([first.status, (first.json as StreamView).status], [200, 'ended']);
  clock.advance(1_000);
  const second = await request('POST', `/api/streams/${id}/end`);
  assert.deepEqual([second.status, (second.json as Problem).code], [409, 'invalid_transition']);
  assert.deepEqual(ended, [id], 'its encoder is told once');
  assert.deepEqual((await request('GET', `/api/streams/${id}`)).json, first.json);
});

test('POST /api/streams/{id}/key shows a new key and kills the old one', async (context) => {
  const { request, create, channels } = await start(context);
  const { id, streamKey: old } = await create();
  const { status, json } = await request('POST', `/api/streams/${id}/key`);
  const { streamKey } = json as CreatedStream;
  assert.equal(status, 200);
  assert.equal(await streamIdOf(channels, streamKey), id);
  assert.equal(await streamIdOf(channels, old), undefined);
});

/** The stream that the key lets publish to. */
async function streamIdOf(channels: Channels, streamKey: string): Promise<string | undefined> {
  const attempt = { app: 'live', protocol: 'rtmp', remoteAddress: '192.0.2.1' } as const;
  const answer = await channels.authorize({ ...attempt, streamKey });
  return 'granted' in answer ? answer.granted.streamId : undefined;
}

/** An encoder's first media comes. */
async function connect(channels: Channels, streamKey: string) {
  const attempt = { app: 'live', protocol: 'rtmp', remoteAddress: '192.0.2.1' } as const;
  const answer = await channels.authorize({ ...attempt, streamKey });
  assert.ok('granted' in answer);
  channels.publishing(answer.granted);
  return channels.beginBroadcast(answer.granted.streamId);
}

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

test('GET /api/streams finds streams, page by page', async (context) => {
  const { request, create } = await start(context);
  for (const title of ['Mill one', 'Mill two', 'Mill three', 'River']) await create(title);
  const titles: string[] = [];
  let cursor = '';
  do {
    const path = `/api/streams?q=mill&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const { json } = await request('GET', path);
    const page = json as { data: StreamView[]; next_cursor: string | null };
    assert.ok(page.data.length <= 2);
    titles.push(...page.data.map(({ title }) => title));
    cursor = page.next_cursor ?? '';
  } while (cursor !== '');
  assert.deepEqual(titles.toSorted(), ['Mill one', 'Mill three', 'Mill two']);
  const beyond = `cursor=${Buffer.from('999999999999999 a').toString('base64url')}`;
  for (const wrong of ['limit=0', 'limit=101', 'limit=x', 'status=odd', 'cursor=x', beyond]) {
    assert.equal((await request('GET', `/api/streams?${wrong}`)).status, 400, wrong);
  }
});

test('PATCH /api/streams/{id} changes what is named, and nothing else', async (context) => {
  const { request, create } = await start(context);
  const { id } = await create();
  const before = (await request('GET', `/api/streams/${id}`)).json as StreamView;
  const body = {
    ...{ description: 'Two\nlines', category: 'music', disabled: true },
    ...{ scheduledStart: '2027-01-01T20:00:00+01:00' },
    ...{ id: 'other', broadcasterId: 'mallory', status: 'live', broadcaster_id: 'mallory' },
  };
  const { status, json } = await request('PATCH', `/api/streams/${id}`, body);
  assert.equal(status, 200);
  assert.deepEqual(json, {
    ...before,
    ...{ description: 'Two\nlines', category: 'music', disabled: true },
    ...{ scheduledStart: '2027-01-01T19:00:00.000Z', status: 'scheduled' },
  });
});

test('POST /api/streams/{id}/start goes live by the right key alone, and not twice', async (context) => {
  const { request, create } = await start(context);
  const { id, streamKey } = await create();
  const other = await create('Other');
  const put = (key: string) => request('POST', `/api/streams/${id}/start`, { streamKey: key });
  assert.equal((await put(other.streamKey)).status, 401);
  assert.equal((await put('nonsense')).status, 401);
  const started = await put(streamKey);
  assert.deepEqual([started.status, (started.json as StreamView).status], [200, 'live']);
  const again = await put(streamKey);
  assert.deepEqual([again.status, (again.json as Problem).code], [409, 'invalid_transition']);
  assert.match((again.json as Problem).detail, /live/);
});

test('/api/streams/{id}/keys issues, lists and revokes, and shows a key once', async (context) => {
  const { request, create } = await start(context);
  const { id, streamKey } = await create();
  const path = `/api/streams/${id}/keys`;
  const guest = {
    kind: 'guest',
    name: 'Bob',
    protocols: ['rtmp'],
    addressRanges: ['192.0.2.0/24'],
  };
  const made = await request('POST', path, guest);
  assert.equal(made.status, 201);
  const main = await request('POST', path, { kind: 'main', overlapSeconds: 60 });
  assert.equal(main.status, 201);
  const listed = await request('GET', path);
  const { data: keys } = listed.json as { data: { id: string; revokedAt: string | null }[] };
  assert.equal(keys.length, 3);
  const issued = made.json as { id: string; streamKey: string };
  const { streamKey: mainKey } = main.json as { streamKey: string };
  for (const secret of [streamKey, issued.streamKey, mainKey]) {
    assert.ok(!JSON.stringify(listed.json).includes(secret));
  }
  const revoke = (keyId: string) =>
    request('DELETE', `${path}/${keyId}`).then(
      ({ status }) => status,
      () => 204,
    );
  assert.equal(await revoke(issued.id), 204);
  assert.equal(await revoke('key_unknown'), 404);
  for (const wrong of [{}, { kind: 'guest' }, { ...guest, addressRanges: ['192.0.2.0/99'] }]) {
    assert.equal((await request('POST', path, wrong)).status, 400);
  }
});
