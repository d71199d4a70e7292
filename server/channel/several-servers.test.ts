// What servers on one database do to each other's broadcasts.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ManualClock, silentLog } from '../base/index.ts';
import { testDatabases } from '../store/sql/database.test-support.ts';
import {
  authorized,
  connected,
  created,
  eventsOf,
  openChannels,
  type SwitchedDatabase,
  status,
  written,
} from './channels.test-support.ts';
import { loadNodeId } from './node-id.ts';
import { GONE_MS, NodePulse, PULSE_MS } from './node-pulse.ts';

after(async () => (await testDatabases()).close());

/** Broadcasts that are on air by the rows, and who carries them. */
async function onAir(database: SwitchedDatabase): Promise<readonly unknown[]> {
  const rows = await database.query<{ id: string; node_id: string; status: string }>(
    `select b.id, b.node_id, s.status from broadcasts b join streams s on s.broadcast_id = b.id
     where b.ended_at is null order by b.started_at`,
  );
  return rows.map(({ id, node_id: node, status }) => [id, node, status]);
}

/** As if a server had been seen last so long ago, by the clock of the database. */
async function seenAgo(database: SwitchedDatabase, nodeId: string, agoMs: number): Promise<void> {
  await database.query(
    `update nodes set last_seen = now() - $2 * interval '1 millisecond' where id = $1`,
    [nodeId, agoMs],
  );
}

/** Lets `count` signs of life be given, each with what it leads to. */
async function beats(clock: ManualClock, count: number): Promise<void> {
  for (let beat = 0; beat < count; beat += 1) {
    clock.advance(PULSE_MS);
    // The next one is set up when this one is done.
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  }
}

test('open() leaves broadcasts of other servers on the database alone', async () => {
  const { channels, database } = await openChannels({ nodeId: 'nod_a' });
  const { stream, streamKey } = await created(channels);
  const { broadcast } = await connected(channels, streamKey);
  await written(channels);
  const second = await openChannels({ database, nodeId: 'nod_b' });
  assert.deepEqual(await onAir(database), [[broadcast.id, 'nod_a', 'live']]);
  assert.equal(await status(second.channels, stream.id), 'live');
  const told = (await eventsOf(database)).map(({ type }) => type);
  assert.ok(!told.includes('broadcast.ended'), told.join());
  await second.channels.close();
  assert.deepEqual(await onAir(database), [[broadcast.id, 'nod_a', 'live']]);
  await openChannels({ database, nodeId: 'nod_a' });
  assert.deepEqual(await onAir(database), []);
  assert.equal((await eventsOf(database)).at(-1)?.type, 'broadcast.ended');
});

test('NodePulse ends the broadcasts of a server that has not been seen for long', async () => {
  const { channels, database } = await openChannels({ nodeId: 'nod_a' });
  const { stream, streamKey } = await created(channels);
  const { broadcast } = await connected(channels, streamKey);
  await written(channels);
  const clock = new ManualClock();
  const pulse = new NodePulse({
    ...{ nodeId: 'nod_b', database, clock, log: silentLog, randomBytes },
  });
  await pulse.start();
  const kept = [[broadcast.id, 'nod_a', 'live']];

  await seenAgo(database, 'nod_a', GONE_MS + 60_000);
  await beats(clock, 3);
  assert.deepEqual(await onAir(database), kept, 'this server itself has not been there for long');

  // The database is away for both; who comes back a little later is not gone.
  database.isAway = true;
  await beats(clock, GONE_MS / PULSE_MS);
  database.isAway = false;
  await beats(clock, 3);
  assert.deepEqual(await onAir(database), kept);

  await seenAgo(database, 'nod_a', GONE_MS - 60_000);
  await beats(clock, GONE_MS / PULSE_MS + 1);
  assert.deepEqual(await onAir(database), kept, 'it was seen not long ago');

  await seenAgo(database, 'nod_a', GONE_MS + 60_000);
  while ((await onAir(database)).length > 0) await beats(clock, 1);
  const last = (await eventsOf(database)).at(-1);
  assert.deepEqual(
    [last?.type, last?.data.streamId, last?.data.reason],
    ['broadcast.ended', stream.id, 'the server that carried it is gone'],
  );
  assert.deepEqual(await database.query('select id from nodes'), [{ id: 'nod_b' }]);
  await pulse.close();
});

test('a stream that comes by another server is cut here, and its end here is not the end', async () => {
  const { channels, database, clock } = await openChannels({ nodeId: 'nod_a' });
  const { stream, streamKey } = await created(channels);
  const first = await connected(channels, streamKey);
  await written(channels);
  const cut: string[] = [];
  channels.watchPublishers((streamId, reason) => {
    cut.push(`${streamId} ${reason}`);
    channels.endBroadcast(streamId, first.broadcast.id);
  });
  const later = new ManualClock(clock.epochMs() + 1000);
  const other = await openChannels({ database, nodeId: 'nod_b', clock: later });
  const second = await connected(other.channels, streamKey);
  await written(other.channels);
  clock.advance(2_000);
  while (cut.length === 0) await new Promise(setImmediate);
  assert.deepEqual(cut, [`${stream.id} the stream is published to another server`]);
  await written(channels);
  assert.deepEqual(await onAir(database), [[second.broadcast.id, 'nod_b', 'live']]);
  const ends = (await eventsOf(database)).filter(({ type }) => type === 'broadcast.ended');
  assert.deepEqual(
    ends.map(({ data }) => data.broadcastId),
    [first.broadcast.id],
  );
});

test('a broadcast that was ended by another server is cut here', async () => {
  const { channels, database, clock } = await openChannels({ nodeId: 'nod_a' });
  const { stream, streamKey } = await created(channels);
  await connected(channels, streamKey);
  await written(channels);
  const cut: string[] = [];
  channels.watchPublishers((streamId, reason) => cut.push(`${streamId} ${reason}`));
  const other = await openChannels({ database, nodeId: 'nod_b' });
  const actor = { kind: 'operator', id: null, remoteAddress: null } as const;
  const ended = await other.channels.end(stream.id, actor);
  assert.ok('status' in ended && ended.status === 'ended', JSON.stringify(ended));
  clock.advance(2_000);
  while (cut.length === 0) await new Promise(setImmediate);
  assert.deepEqual(cut, [`${stream.id} the broadcast was ended by another server`]);
  assert.ok(await authorized(channels, (await created(channels)).streamKey));
});

test('loadNodeId() is the same as long as the folder is', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-node-'));
  context.after(() => rm(folder, { recursive: true }));
  const first = await loadNodeId(folder, 1_760_000_000_000, randomBytes);
  assert.match(first, /^nod_[0-9a-z]{24}$/);
  assert.equal(await loadNodeId(folder, 1_770_000_000_000, randomBytes), first);
  await writeFile(join(folder, 'node-id'), '\0\0');
  const anew = await loadNodeId(folder, 1_770_000_000_000, randomBytes);
  assert.notEqual(anew, first);
  assert.equal((await readFile(join(folder, 'node-id'), 'utf8')).trim(), anew);
});
