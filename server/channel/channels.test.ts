import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { testDatabases } from '../store/sql/database.test-support.ts';
import {
  ANNA,
  codeOf,
  connected,
  created,
  eventsOf,
  openChannels,
  status,
  written,
} from './channels.test-support.ts';
import type { Channels } from './channels.ts';

const DRAFT = { broadcasterId: 'anna', title: 'Evening show' };

after(async () => (await testDatabases()).close());

test('create() makes an idle stream with an event and an audit entry, and keeps no key', async () => {
  const { channels, database, clock } = await openChannels();
  const { stream, streamKey, key } = await created(channels, { category: 'music' });
  assert.match(stream.id, /^[a-z2-7]{12}$/);
  assert.deepEqual(await channels.get(stream.id), {
    id: stream.id,
    broadcasterId: 'anna',
    title: 'Evening show',
    description: '',
    category: 'music',
    status: 'idle',
    isDisabled: false,
    isOnce: false,
    chatEnabled: true,
    recordingEnabled: false,
    isPremium: false,
    drmRequired: false,
    ladder: null,
    scheduledStartMs: null,
    broadcast: null,
    createdAtMs: clock.epochMs(),
    updatedAtMs: clock.epochMs(),
  });
  assert.equal(key.last4, streamKey.slice(-4));
  const secret = streamKey.split('_')[2] ?? '';
  assert.equal(secret.length, 32);
  for (const table of ['streams', 'stream_keys', 'events', 'audit_log']) {
    const rows = await database.query(`select * from ${table}`);
    assert.ok(rows.length > 0, table);
    assert.ok(!JSON.stringify(rows).includes(secret), table);
  }
  const [event] = await eventsOf(database);
  assert.deepEqual([event?.type, event?.owner_id], ['stream.created', 'anna']);
  const entries = await database.query(
    'select action, actor_id, object_id from audit_log where object_id = $1',
    [stream.id],
  );
  const entry = { action: 'stream.create', actor_id: 'usr_anna', object_id: stream.id };
  assert.deepEqual(entries, [entry]);
});

test('create() refuses more than maxStreams of one broadcaster', async () => {
  const { channels } = await openChannels({ maxStreams: 1 });
  await created(channels);
  assert.equal(codeOf(await channels.create(DRAFT, ANNA)), 'too_many_streams');
  await created(channels, { broadcasterId: 'bert' });
});

test('list() pages newest first, and filters', async () => {
  const { channels, clock } = await openChannels();
  const ids: string[] = [];
  for (const [broadcasterId, title, category] of [
    ['anna', 'Chess 100%', 'games'],
    ['anna', 'Piano', 'music'],
    ['bert', 'Violin_x', 'music'],
    ['bert', 'Go', 'games'],
  ] as const) {
    ids.unshift((await created(channels, { broadcasterId, title, category })).stream.id);
    clock.advance(1_000);
  }
  const idsOf = async (filter: Parameters<Channels['list']>[0]) => {
    const page = await channels.list(filter);
    assert.ok('streams' in page);
    return page.streams.map(({ id }) => ids.indexOf(id));
  };
  const seen: number[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 2; pages += 1) {
    const page = await channels.list({ limit: 2, cursor });
    assert.ok('streams' in page);
    seen.push(...page.streams.map(({ id }) => ids.indexOf(id)));
    assert.equal(page.nextCursor === null, pages === 1);
    cursor = page.nextCursor ?? undefined;
  }
  assert.deepEqual(seen, [0, 1, 2, 3]);
  assert.deepEqual(await idsOf({ broadcasterId: 'anna' }), [2, 3]);
  assert.deepEqual(await idsOf({ category: 'music' }), [1, 2]);
  assert.deepEqual(await idsOf({ q: 'PIAN' }), [2]);
  assert.deepEqual(await idsOf({ q: '%' }), [3], 'a wildcard is a character');
  assert.deepEqual(await idsOf({ q: '_' }), [1]);
  assert.deepEqual(await idsOf({ status: 'live' }), []);
  for (const bad of ['nonsense', '', 'a'.repeat(1_000), '0']) {
    assert.equal(codeOf(await channels.list({ cursor: bad })), 'invalid_request');
  }
});

test('update() writes what differs, and tells of that alone', async () => {
  const { channels, database } = await openChannels();
  const { stream } = await created(channels);
  const changed = await channels.update(
    stream.id,
    { title: 'Morning', category: '', ladder: 'off' },
    ANNA,
  );
  assert.ok('id' in changed);
  assert.deepEqual([changed.title, changed.ladder], ['Morning', 'off']);
  assert.deepEqual(await channels.get(stream.id), changed);
  await channels.update(stream.id, { title: 'Morning' }, ANNA);
  const events = (await eventsOf(database)).filter(({ type }) => type === 'stream.updated');
  assert.deepEqual(
    events.map(({ data }) => data.changes),
    [{ title: 'Morning', ladder: 'off' }],
  );
  assert.equal(codeOf(await channels.update('nobody', { title: 'x' }, ANNA)), 'stream_not_found');
});

test('beginBroadcast() goes live at once and is written behind', async () => {
  const { channels, database, clock } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const { broadcast, leave } = await connected(channels, streamKey);
  assert.deepEqual(
    channels.live().map(({ id, status }) => [id, status]),
    [[stream.id, 'live']],
  );
  await written(channels);
  clock.advance(5_000);
  assert.ok(channels.loseBroadcast(stream.id));
  assert.equal(await status(channels, stream.id), 'reconnecting');
  assert.ok(!channels.loseBroadcast(stream.id), 'it is lost already');
  assert.ok(channels.resumeBroadcast(stream.id));
  leave();
  assert.ok(channels.endBroadcast(stream.id, broadcast.id));
  assert.ok(!channels.endBroadcast(stream.id, broadcast.id));
  await written(channels);
  const ended = { ...broadcast, endedAtMs: clock.epochMs() };
  assert.deepEqual((await channels.get(stream.id))?.broadcast, ended);
  const rows = await database.query('select id, ended_at, end_reason, reconnects from broadcasts');
  const row = { id: broadcast.id, ended_at: new Date(ended.endedAtMs) };
  assert.deepEqual(rows, [{ ...row, end_reason: 'the encoder is gone', reconnects: 1 }]);
  assert.deepEqual(
    (await eventsOf(database)).map(({ type }) => type),
    [
      'stream.created',
      'broadcast.connected',
      'broadcast.started',
      'broadcast.reconnecting',
      'broadcast.resumed',
      'broadcast.ended',
    ],
  );
  const [used] = await channels.keyring.list(stream.id);
  assert.notEqual(used?.lastUsedAtMs, null);
});

test('beginBroadcast() ends one still on air; the end of that changes nothing', async () => {
  const { channels, database, clock } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const first = await connected(channels, streamKey);
  clock.advance(1_000);
  const second = await connected(channels, streamKey);
  first.leave();
  assert.ok(second.broadcast.id > first.broadcast.id, 'ids grow with time');
  assert.ok(!channels.endBroadcast(stream.id, first.broadcast.id));
  assert.equal(await status(channels, stream.id), 'live');
  await written(channels);
  const rows = await database.query('select id, ended_at is null as on_air from broadcasts');
  assert.deepEqual(
    new Map(rows.map((row) => Object.values(row) as [string, boolean])),
    new Map([
      [first.broadcast.id, false],
      [second.broadcast.id, true],
    ]),
  );
});

test('start() goes live by the key, and the encoder joins that broadcast', async () => {
  const { channels, database } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const other = await created(channels);
  for (const wrong of ['', 'live_x', other.streamKey, streamKey.slice(0, -4).concat('aaaa')]) {
    assert.equal(codeOf(await channels.start(stream.id, wrong, ANNA)), 'unauthorized');
  }
  const started = await channels.start(stream.id, streamKey, ANNA);
  assert.ok('id' in started);
  assert.equal(started.status, 'live');
  assert.equal(codeOf(await channels.start(stream.id, streamKey, ANNA)), 'invalid_transition');
  const { broadcast } = await connected(channels, streamKey);
  assert.equal(broadcast.id, started.broadcast?.id);
  await written(channels);
  assert.deepEqual((await eventsOf(database)).map(({ type }) => type).slice(2), [
    'broadcast.started',
    'broadcast.connected',
  ]);
});

test('start() ends when no encoder comes within the reconnect window', async () => {
  const { channels, clock } = await openChannels({ reconnectWindowMs: () => 30_000 });
  const { stream, streamKey } = await created(channels);
  await channels.start(stream.id, streamKey, ANNA);
  clock.advance(29_999);
  assert.equal(await status(channels, stream.id), 'live');
  clock.advance(1);
  assert.equal(await status(channels, stream.id), 'ended');
  const again = await channels.start(stream.id, streamKey, ANNA);
  assert.equal(codeOf(again), 'ok');
  await connected(channels, streamKey);
  clock.advance(60_000);
  assert.equal(await status(channels, stream.id), 'live', 'an encoder came');
});

test('end() stops the encoder and refuses the keys for a minute', async () => {
  const { channels, clock } = await openChannels();
  const stopped: string[] = [];
  channels.watchPublishers((id, reason) => stopped.push(`${id} ${reason}`));
  const { stream, streamKey } = await created(channels);
  assert.equal(codeOf(await channels.end(stream.id, ANNA)), 'invalid_transition');
  const { broadcast, leave } = await connected(channels, streamKey);
  const ended = await channels.end(stream.id, ANNA);
  assert.ok('id' in ended);
  assert.equal(ended.status, 'ended');
  assert.deepEqual(stopped, [`${stream.id} ended by request`]);
  leave();
  assert.ok(!channels.endBroadcast(stream.id, broadcast.id));
  const attempt = { app: 'live', protocol: 'rtmp', streamKey, remoteAddress: '::1' } as const;
  assert.equal(codeOf(await channels.authorize(attempt)), 'stream_just_ended');
  clock.advance(59_999);
  assert.equal(codeOf(await channels.authorize(attempt)), 'stream_just_ended');
  clock.advance(1);
  assert.equal(codeOf(await channels.authorize(attempt)), 'ok');
  await channels.close();
});

test('end() refuses the keys after a restart as well; start() allows them again', async () => {
  const { channels, database } = await openChannels();
  const { stream, streamKey } = await created(channels);
  await connected(channels, streamKey);
  await channels.end(stream.id, ANNA);
  await channels.close();
  const later = await openChannels({ database });
  const attempt = { app: 'live', protocol: 'rtmp', streamKey, remoteAddress: '::1' } as const;
  assert.equal(codeOf(await later.channels.authorize(attempt)), 'stream_just_ended');
  assert.equal(codeOf(await later.channels.start(stream.id, streamKey, ANNA)), 'ok');
  assert.equal(codeOf(await later.channels.authorize(attempt)), 'ok');
});

test('a stream made for one broadcast never goes live again', async () => {
  const { channels } = await openChannels();
  const { stream, streamKey } = await created(channels, { isOnce: true });
  const { broadcast } = await connected(channels, streamKey);
  channels.endBroadcast(stream.id, broadcast.id);
  const attempt = { app: 'live', protocol: 'rtmp', streamKey, remoteAddress: '::1' } as const;
  assert.equal(codeOf(await channels.authorize(attempt)), 'stream_ended');
  assert.equal(codeOf(await channels.start(stream.id, streamKey, ANNA)), 'stream_ended');
  await written(channels);
  assert.equal(
    codeOf(await channels.update(stream.id, { scheduledStartMs: 1 }, ANNA)),
    'stream_ended',
  );
});

test('update() announces a start, and takes it back', async () => {
  const { channels } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const startMs = Date.UTC(2027, 0, 1);
  const scheduled = await channels.update(stream.id, { scheduledStartMs: startMs }, ANNA);
  assert.ok('id' in scheduled);
  assert.deepEqual([scheduled.status, scheduled.scheduledStartMs], ['scheduled', startMs]);
  const undone = await channels.update(stream.id, { scheduledStartMs: null }, ANNA);
  assert.ok('id' in undone);
  assert.deepEqual([undone.status, undone.scheduledStartMs], ['idle', null]);
  await connected(channels, streamKey);
  assert.equal(
    codeOf(await channels.update(stream.id, { scheduledStartMs: startMs }, ANNA)),
    'invalid_transition',
  );
  await channels.end(stream.id, ANNA);
  assert.equal(codeOf(await channels.update(stream.id, { scheduledStartMs: startMs }, ANNA)), 'ok');
  assert.equal(await status(channels, stream.id), 'scheduled');
});

test('update() changes all that is asked in one step, or nothing', async () => {
  const { channels, database } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const scheduledStartMs = Date.UTC(2027, 0, 1);
  const changed = await channels.update(stream.id, { title: 'Gala', scheduledStartMs }, ANNA);
  assert.ok('id' in changed);
  assert.deepEqual([changed.title, changed.status], ['Gala', 'scheduled']);
  const told = (await eventsOf(database)).slice(1);
  const scheduledStart = new Date(scheduledStartMs).toISOString();
  assert.deepEqual(
    told.map(({ type, data }) => [type, data.changes]),
    [['stream.updated', { title: 'Gala', scheduledStart }]],
  );
  await connected(channels, streamKey);
  await written(channels);
  const count = (await eventsOf(database)).length;
  const other = { title: 'Ball', scheduledStartMs: scheduledStartMs + 1 };
  const refused = await channels.update(stream.id, other, ANNA);
  assert.equal(codeOf(refused), 'invalid_transition');
  assert.equal((await channels.get(stream.id))?.title, 'Gala');
  assert.equal((await eventsOf(database)).length, count);
});

test('delete() removes a stream and its keys, but none on air', async () => {
  const { channels, database } = await openChannels();
  const { stream, streamKey } = await created(channels);
  await connected(channels, streamKey);
  assert.equal(codeOf(await channels.delete(stream.id, ANNA)), 'invalid_transition');
  await channels.end(stream.id, ANNA);
  assert.equal(codeOf(await channels.delete(stream.id, ANNA)), 'ok');
  assert.equal(await channels.get(stream.id), undefined);
  const attempt = { app: 'live', protocol: 'rtmp', streamKey, remoteAddress: '::1' } as const;
  assert.equal(codeOf(await channels.authorize(attempt)), 'unauthorized');
  assert.equal((await eventsOf(database)).at(-1)?.type, 'stream.deleted');
  database.isAway = true;
  assert.equal(codeOf(await channels.authorize(attempt)), 'database_unavailable');
});

test('noteHealth() tells the owner of a stream that is or was on air just now', async () => {
  const { channels, database } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const { broadcast } = await connected(channels, streamKey);
  const since = '2026-11-21T20:00:00.000Z';
  const finding = { code: 'source_slow', detail: 'too slow', since } as const;
  channels.noteHealth('nobody', 'b1', { type: 'raised', finding });
  channels.noteHealth(stream.id, broadcast.id, { type: 'raised', finding });
  await channels.close();
  const told = await database.query<{ type: string; owner_id: string; data: object }>(
    "select type, owner_id, data from events where type like 'health%'",
  );
  const data = {
    streamId: stream.id,
    title: 'Evening show',
    broadcastId: broadcast.id,
    ...finding,
  };
  assert.deepEqual(told, [{ type: 'health.raised', owner_id: 'anna', data }]);
});
