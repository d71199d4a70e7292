// What stands when the process or the database goes.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { testDatabases } from '../store/sql/database.test-support.ts';
import { DatabaseUnavailableError } from '../store/sql/index.ts';
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

const DRAFT = { broadcasterId: 'anna', title: 'Evening show' };

after(async () => (await testDatabases()).close());

test('open() ends broadcasts that a crash cut off and goes on with the rest', async () => {
  const { channels, database, clock } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const over = await created(channels);
  const ended = await connected(channels, over.streamKey);
  channels.endBroadcast(over.stream.id, ended.broadcast.id);
  const cut = await connected(channels, streamKey);
  await written(channels);
  const kept = await channels.get(over.stream.id);
  const later = await openChannels({ database });
  assert.deepEqual(later.channels.live(), []);
  assert.deepEqual((await later.channels.get(stream.id))?.broadcast, {
    ...cut.broadcast,
    endedAtMs: clock.epochMs(),
    isCutOff: true,
  });
  assert.equal(await status(later.channels, stream.id), 'ended');
  assert.deepEqual(await later.channels.get(over.stream.id), kept);
  const last = (await eventsOf(database)).at(-1);
  assert.deepEqual([last?.type, last?.data.reason], ['broadcast.ended', 'the server was stopped']);
  await connected(later.channels, streamKey);
});

test('with the database away broadcasts and known keys go on, and all is written later', async () => {
  const { channels, database, clock } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const other = await created(channels);
  const first = await connected(channels, streamKey);
  await written(channels);
  database.isAway = true;
  assert.ok(channels.endBroadcast(stream.id, first.broadcast.id));
  const second = await connected(channels, streamKey);
  assert.equal((await channels.get(stream.id))?.broadcast?.id, second.broadcast.id);
  assert.equal(channels.live().length, 1);
  for (const refused of [
    () => channels.get(other.stream.id),
    () => channels.list({}),
    () => channels.create(DRAFT, ANNA),
    () => channels.end(stream.id, ANNA),
    () => channels.start(other.stream.id, other.streamKey, ANNA),
    () => channels.update(stream.id, { title: 'x' }, ANNA),
  ]) {
    await assert.rejects(refused, DatabaseUnavailableError);
  }
  assert.equal(await status(channels, stream.id), 'live', 'what was refused was not done');
  const unknown = `live_${stream.id}_${'a'.repeat(32)}`;
  const attempt = { app: 'live', protocol: 'rtmp', remoteAddress: '::1' } as const;
  const answer = await channels.authorize({ ...attempt, streamKey: unknown });
  assert.equal(codeOf(answer), 'database_unavailable');
  assert.ok(!JSON.stringify(answer).includes(unknown));
  database.isAway = false;
  while (channels.unwritten.waiting > 0) {
    clock.advance(5_000);
    await new Promise(setImmediate);
  }
  assert.equal(channels.unwritten.lost, 0);
  const types = (await eventsOf(database)).map(({ type }) => type).slice(2);
  const begun = ['broadcast.connected', 'broadcast.started'];
  assert.deepEqual(types, [...begun, 'broadcast.ended', ...begun]);
  assert.equal(await status(channels, stream.id), 'live');
});

test('close() writes what is not written yet', async () => {
  const { channels, database } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const { broadcast } = await connected(channels, streamKey);
  channels.endBroadcast(stream.id, broadcast.id);
  await channels.close();
  const rows = await database.query('select status from streams');
  assert.deepEqual(rows, [{ status: 'ended' }]);
});
