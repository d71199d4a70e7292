import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, silentLog } from '../base/index.ts';
import { created, openChannels } from '../channel/channels.test-support.ts';
import { Broadcast, OnAir } from '../live/index.ts';
import { DatabaseUnavailableError } from '../store/sql/index.ts';
import { ServerRecord } from './server-record.ts';

async function open() {
  const { channels, database } = await openChannels();
  const { stream } = await created(channels);
  const onAir = new OnAir();
  const broadcast = new Broadcast('b1', stream.id, 0);
  onAir.start(broadcast);
  const clock = new ManualClock();
  const record = new ServerRecord({ database, onAir, clock, log: silentLog });
  const rows = () =>
    database.query('select name, bitrate_kbps, resolution, codec from stream_qualities order by 1');
  const serve = (name: string, bandwidth: number, more = {}) => {
    const targets = { windowSize: 6, targetDuration: 2, partTarget: 0.5 };
    const { renditions } = broadcast.presentation;
    const rendition = renditions.get(name) ?? broadcast.presentation.add(name, targets);
    rendition.attributes = { bandwidth, codecs: ['avc1.64001f'], ...more };
  };
  return { broadcast, clock, database, record, rows, serve, streamId: stream.id };
}

test('ServerRecord.look() keeps the qualities of what is on air, and follows them', async () => {
  const { broadcast, record, rows, serve } = await open();
  await record.look();
  assert.deepEqual(await rows(), []);
  const resolution = { width: 1280, height: 720 };
  serve('video', 2_500_400, { resolution });
  await record.look();
  const video = { name: 'video', bitrate_kbps: 2500, resolution: '1280x720', codec: 'avc1.64001f' };
  assert.deepEqual(await rows(), [video]);
  // Measured a little higher than before, and then a lot.
  serve('video', 2_600_000, { resolution });
  await record.look();
  assert.deepEqual(await rows(), [video]);
  serve('video', 5_000_000, { resolution });
  serve('480p', 900_000);
  await record.look();
  const small = { name: '480p', bitrate_kbps: 900, resolution: null, codec: 'avc1.64001f' };
  assert.deepEqual(await rows(), [small, { ...video, bitrate_kbps: 5000 }]);
  broadcast.end(0);
  serve('480p', 100_000);
  await record.look();
  assert.equal((await rows()).length, 2, 'what was served last stays');
});

test('ServerRecord.look() comes back to what the database could not take', async () => {
  const { clock, database, record, rows, serve } = await open();
  await record.start('https://live.example.org', 1935);
  serve('video', 1_000_000);
  database.isAway = true;
  await record.look();
  await assert.rejects(async () => rows(), DatabaseUnavailableError);
  database.isAway = false;
  clock.advance(5_000);
  await record.close();
  assert.equal((await rows()).length, 1);
  const endpoints = await database.query('select url, is_primary from ingest_endpoints');
  assert.deepEqual(endpoints, [{ url: 'rtmp://live.example.org/live', is_primary: true }]);
});
