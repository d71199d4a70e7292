import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ANNA,
  authorized,
  codeOf,
  connected,
  created,
  openChannels,
  type SwitchedDatabase,
  written,
} from './channels.test-support.ts';
import type { Channels } from './channels.ts';
import type { Stream } from './stream.ts';

async function read(channels: Channels, id: string): Promise<Stream> {
  return (await channels.get(id)) ?? assert.fail('it is gone');
}

async function reasonOf(database: SwitchedDatabase): Promise<unknown> {
  const rows = await database.query<{ reason: string }>(
    'select end_reason as reason from broadcasts order by started_at desc limit 1',
  );
  return rows[0]?.reason;
}

test('isReturning() holds from the stop of the server until encoders had time to be back', async () => {
  const { channels, database } = await openChannels();
  const { stream, streamKey } = await created(channels);
  await connected(channels, streamKey);
  assert.equal(channels.isReturning(await read(channels, stream.id)), false, 'on air');
  await channels.close();
  assert.equal(channels.isReturning(await read(channels, stream.id)), true, 'while it stops');
  assert.equal(await reasonOf(database), 'the server is stopping');

  const next = await openChannels({ database });
  next.clock.advance(59_999);
  const cut = await read(next.channels, stream.id);
  assert.deepEqual([cut.status, cut.broadcast?.isCutOff], ['ended', true]);
  assert.equal(next.channels.isReturning(cut), true);
  assert.equal(next.channels.isReturning({ ...cut, isDisabled: true }), false);
  next.clock.advance(1);
  assert.equal(next.channels.isReturning(cut), false, 'nobody came');
  await connected(next.channels, streamKey);
  const again = await read(next.channels, stream.id);
  assert.deepEqual([again.status, again.broadcast?.isCutOff], ['live', false]);
});

test('open() tells of what a killed server carried that it was cut off', async () => {
  const killed = await openChannels();
  const { stream, streamKey } = await created(killed.channels);
  await connected(killed.channels, streamKey);
  await written(killed.channels);
  const { channels, database } = await openChannels({ database: killed.database });
  assert.equal(channels.isReturning(await read(channels, stream.id)), true);
  assert.equal(await reasonOf(database), 'the server was stopped');
});

test('isReturning() is not said of what somebody ended, or an encoder', async () => {
  const { channels } = await openChannels();
  const { stream, streamKey } = await created(channels);
  const first = await connected(channels, streamKey);
  channels.closeBroadcast(stream.id, 'it said goodbye');
  channels.endBroadcast(stream.id, first.broadcast.id);
  assert.equal(channels.isReturning(await read(channels, stream.id)), false);
  await connected(channels, streamKey);
  await channels.end(stream.id, ANNA);
  assert.equal(channels.isReturning(await read(channels, stream.id)), false);
});

test('isReturning() holds also where the reconnect window is longer', async () => {
  const first = await openChannels();
  const { stream, streamKey } = await created(first.channels);
  await connected(first.channels, streamKey);
  await first.channels.close();
  const reconnectWindowMs = () => 300_000;
  const { channels, clock } = await openChannels({ database: first.database, reconnectWindowMs });
  clock.advance(299_000);
  assert.equal(channels.isReturning(await read(channels, stream.id)), true);
});

test('isReturning() is said no more after a restart days later', async () => {
  const first = await openChannels();
  const { stream, streamKey } = await created(first.channels);
  await connected(first.channels, streamKey);
  await first.channels.close();
  const { database, clock } = first;
  const isReturningAfter = async (ms: number) => {
    clock.advance(ms);
    const { channels } = await openChannels({ database, clock });
    const cut = await read(channels, stream.id);
    assert.equal(cut.broadcast?.isCutOff, true);
    return channels.isReturning(cut);
  };
  assert.equal(await isReturningAfter(86_400_000), true, 'a long update');
  assert.equal(await isReturningAfter(1), false);
});

test('a stream made for one broadcast goes on after its server stopped, until that is over', async () => {
  const first = await openChannels();
  const { stream, streamKey } = await created(first.channels, { isOnce: true });
  await connected(first.channels, streamKey);
  await first.channels.close();
  const { channels } = await openChannels({ database: first.database });
  const { broadcast } = await connected(channels, streamKey);
  await authorized(channels, streamKey);
  channels.endBroadcast(stream.id, broadcast.id);
  const attempt = { app: 'live', protocol: 'rtmp', streamKey, remoteAddress: '::1' } as const;
  assert.equal(codeOf(await channels.authorize(attempt)), 'stream_ended');
});
