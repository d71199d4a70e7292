// What two do at the same moment: none of it is lost, and nobody goes on who may not.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { testDatabases } from '../store/sql/database.test-support.ts';
import {
  ANNA,
  authorized,
  codeOf,
  connected,
  created,
  eventsOf,
  openChannels,
  SwitchedDatabase,
  status,
  written,
} from './channels.test-support.ts';

const START = new Date('2027-01-01T20:00:00Z');
/** What is known of a stream besides its row is forgotten by then. */
const FORGOTTEN_MS = 121_000;

after(async () => (await testDatabases()).close());

test('schedule() right after an end that is not written yet is kept', async () => {
  const admission = new SwitchedDatabase((await testDatabases()).admission);
  const { channels, database } = await openChannels({ admission });
  const { stream, streamKey } = await created(channels);
  const { broadcast } = await connected(channels, streamKey);
  await written(channels);
  const { promise, resolve } = Promise.withResolvers<void>();
  admission.hold = promise;
  channels.endBroadcast(stream.id, broadcast.id);
  const scheduling = channels.update(stream.id, { scheduledStartMs: START.getTime() }, ANNA);
  await database.query('select 1');
  await database.query('select 1');
  resolve();
  assert.equal(codeOf(await scheduling), 'ok');
  await written(channels);
  const rows = await database.query('select status, scheduled_start from streams');
  assert.deepEqual(rows, [{ status: 'scheduled', scheduled_start: START }]);
  assert.equal(await status(channels, stream.id), 'scheduled');
});

test('delete() right after an end tells of the end first', async () => {
  const admission = new SwitchedDatabase((await testDatabases()).admission);
  const { channels, database } = await openChannels({ admission });
  const { stream, streamKey } = await created(channels);
  const { broadcast } = await connected(channels, streamKey);
  await written(channels);
  const { promise, resolve } = Promise.withResolvers<void>();
  admission.hold = promise;
  channels.endBroadcast(stream.id, broadcast.id);
  const deleting = channels.delete(stream.id, ANNA);
  await database.query('select 1');
  await database.query('select 1');
  resolve();
  assert.equal(codeOf(await deleting), 'ok');
  await written(channels);
  const types = (await eventsOf(database)).map(({ type }) => type);
  assert.deepEqual(types.slice(-2), ['broadcast.ended', 'stream.deleted']);
});

for (const [what, spoil, reason] of [
  [
    'update() that disables a stream',
    async ({ channels, id }: Spoiled) => channels.update(id, { isDisabled: true }, ANNA),
    'the stream is disabled',
  ],
  [
    'delete()',
    async ({ channels, id }: Spoiled) => channels.delete(id, ANNA),
    'the stream was deleted',
  ],
] as const) {
  test(`${what} stops who publishes by a key that is not looked at again`, async () => {
    const { channels } = await openChannels();
    const { stream } = await created(channels);
    const stopped: string[] = [];
    channels.watchPublishers((id, why) => stopped.push(`${id}: ${why}`));
    const answer = await channels.authorize({
      ...{ app: 'live', protocol: 'rtmp', remoteAddress: '127.0.0.1' },
      streamKey: channels.issueOneTimeKey(stream, 1_000),
    });
    assert.ok('granted' in answer);
    channels.publishing(answer.granted);
    assert.equal(codeOf(await spoil({ channels, id: stream.id })), 'ok');
    assert.deepEqual(stopped, [`${stream.id}: ${reason}`]);
    await channels.close();
  });
}

interface Spoiled {
  readonly channels: Awaited<ReturnType<typeof openChannels>>['channels'];
  readonly id: string;
}

for (const isOnce of [false, true]) {
  test(`what is known of a ${isOnce ? 'single' : 'lasting'} stream's key does not call it live for ever`, async () => {
    const { channels, clock, database } = await openChannels();
    const { stream, streamKey } = await created(channels, { isOnce });
    const { broadcast, leave } = await connected(channels, streamKey);
    await written(channels);
    // The encoder's second connection, while the first is on air.
    await authorized(channels, streamKey);
    leave();
    channels.endBroadcast(stream.id, broadcast.id);
    await written(channels);
    clock.advance(FORGOTTEN_MS);
    database.isAway = true;
    const attempt = { app: 'live', protocol: 'rtmp', remoteAddress: '192.0.2.9' } as const;
    const answer = await channels.authorize({ ...attempt, streamKey });
    if (isOnce) return assert.equal(codeOf(answer), 'stream_ended');
    assert.ok('granted' in answer);
    assert.equal(answer.granted.stream.status, 'ended');
  });
}

test('endBroadcast() gives the reason that closeBroadcast() had, once', async () => {
  const { channels, database } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const first = await connected(channels, streamKey);
  assert.ok(channels.loseBroadcast(stream.id, 'the connection broke'));
  channels.closeBroadcast(stream.id, 'the stream key was revoked');
  channels.endBroadcast(stream.id, first.broadcast.id);
  const second = await connected(channels, streamKey);
  channels.endBroadcast(stream.id, second.broadcast.id);
  await written(channels);
  const told = (await eventsOf(database)).filter(({ data }) => 'reason' in data);
  assert.deepEqual(
    told.map(({ type, data }) => [type, data.reason]),
    [
      ['broadcast.reconnecting', 'the connection broke'],
      ['broadcast.ended', 'the stream key was revoked'],
      ['broadcast.ended', 'the encoder is gone'],
    ],
  );
});

test('watchChanges() tells of changes and of what becomes of a broadcast', async () => {
  const { channels } = await openChannels();
  let told = 0;
  channels.watchChanges(() => {
    told += 1;
  });
  const { streamKey } = await created(channels);
  assert.equal(told, 1);
  await connected(channels, streamKey);
  await written(channels);
  assert.equal(told, 2);
});

test('close() ends what was started and waits for its encoder', async () => {
  const { channels, database } = await openChannels();
  const { stream, streamKey } = await created(channels);
  await channels.start(stream.id, streamKey, ANNA);
  await channels.close();
  const rows = await database.query(
    'select s.status, b.end_reason as reason from streams s join broadcasts b on b.id = s.broadcast_id',
  );
  assert.deepEqual(rows, [{ status: 'ended', reason: 'the server is stopping' }]);
});

test('start() leaves an encoder time to come where lost ones get none', async () => {
  const { channels, clock } = await openChannels({ reconnectWindowMs: () => 0 });
  const { stream, streamKey } = await created(channels);
  await channels.start(stream.id, streamKey, ANNA);
  clock.advance(9_999);
  assert.equal(await status(channels, stream.id), 'live');
  clock.advance(1);
  assert.equal(await status(channels, stream.id), 'ended');
});

test('open() goes on where keys cannot be learned ahead', async () => {
  const admission = new SwitchedDatabase((await testDatabases()).admission);
  admission.isAway = true;
  const { channels } = await openChannels({ admission });
  const { streamKey } = await created(channels);
  admission.isAway = false;
  await authorized(channels, streamKey);
});
