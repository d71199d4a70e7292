import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { ManualClock, silentLog } from '../base/index.ts';
import { MemoryStreamStore, type StreamRecord } from '../store/streams/index.ts';
import { StreamDirectory } from './stream-directory.ts';
import { StreamKeys } from './stream-key.ts';

const DRAFT = { broadcasterId: 'anna', title: 'Evening show' };
const keys = new StreamKeys(Buffer.alloc(32, 7), randomBytes);

async function opened(options: { store?: MemoryStreamStore; maxStreams?: number } = {}) {
  const clock = new ManualClock();
  const { store = new MemoryStreamStore(), ...rest } = options;
  const settings = { store, keys, clock, log: silentLog, randomBytes, ...rest };
  return { store, clock, directory: await StreamDirectory.open(settings), settings };
}

async function created(directory: StreamDirectory) {
  const made = await directory.create(DRAFT);
  assert.ok('stream' in made);
  return made;
}

const publish = (streamKey: string, remoteAddress = '192.0.2.1', app = 'live') => ({
  app,
  streamKey,
  remoteAddress,
});

const isRefused = (answer: object) =>
  assert.deepEqual(answer, {
    refused: 'unauthorized',
    detail: 'Cannot publish: the stream key is not one of this server',
  });

test('create() makes an idle stream and keeps no key', async () => {
  const { directory, store, clock } = await opened();
  const { stream, streamKey } = await created(directory);
  assert.match(stream.id, /^[a-z2-7]{12}$/);
  assert.deepEqual(stream, {
    id: stream.id,
    broadcasterId: 'anna',
    title: 'Evening show',
    status: 'idle',
    createdAtMs: clock.epochMs(),
    broadcast: null,
    ladder: null,
    keyLast4: streamKey.slice(-4),
  });
  assert.deepEqual(directory.get(stream.id), stream);
  assert.deepEqual(directory.list(), [stream]);
  const kept = JSON.stringify(await store.load());
  const secret = streamKey.split('_')[2] ?? '';
  assert.equal(secret.length, 32);
  assert.ok(!kept.includes(secret));
  assert.ok(!JSON.stringify(directory.list()).includes(secret));
});

test('create() refuses more than maxStreams, also when they are asked for at once', async () => {
  const { directory } = await opened({ maxStreams: 2 });
  const made = await Promise.all([1, 2, 3].map(() => directory.create(DRAFT)));
  assert.deepEqual(
    made.map((answer) => ('refused' in answer ? answer.refused : 'created')),
    ['created', 'created', 'too_many_streams'],
  );
  assert.equal(directory.list().length, 2);
});

test('create() that cannot be kept makes no stream', async () => {
  class FullStore extends MemoryStreamStore {
    override async put(_record: StreamRecord): Promise<void> {
      throw new Error('no space left on device');
    }
  }
  const { directory } = await opened({ store: new FullStore(), maxStreams: 1 });
  await assert.rejects(directory.create(DRAFT), /no space/);
  await assert.rejects(directory.create(DRAFT), /no space/, 'the place is free again');
  assert.deepEqual(directory.list(), []);
});

test('authorize() grants the stream of the key', async () => {
  const { directory } = await opened();
  const one = await created(directory);
  const two = await created(directory);
  for (const { stream, streamKey } of [one, two]) {
    for (const app of ['live', 'live/']) {
      assert.deepEqual(directory.authorize(publish(streamKey, '192.0.2.1', app)), {
        granted: { streamId: stream.id },
      });
    }
  }
});

test('authorize() refuses unknown and malformed keys in the same words', async () => {
  const { directory } = await opened();
  const { stream, streamKey } = await created(directory);
  const other = await created(directory);
  const secretOf = (key: string) => key.split('_')[2] ?? '';
  isRefused(directory.authorize(publish('')));
  isRefused(directory.authorize(publish('live_nonsense')));
  isRefused(directory.authorize(publish(streamKey.slice(0, -1))));
  isRefused(directory.authorize(publish(`live_${stream.id}_${'a'.repeat(32)}`)));
  isRefused(directory.authorize(publish(`live_${stream.id}_${secretOf(other.streamKey)}`)));
  isRefused(directory.authorize(publish(streamKey, '192.0.2.1', 'vod')));
});

test('replaceKey() kills the old key before it resolves', async () => {
  const { directory } = await opened();
  const { stream, streamKey } = await created(directory);
  const replacing = directory.replaceKey(stream.id);
  isRefused(directory.authorize(publish(streamKey)));
  const replaced = await replacing;
  assert.ok('streamKey' in replaced);
  assert.deepEqual(directory.authorize(publish(replaced.streamKey)), {
    granted: { streamId: stream.id },
  });
  isRefused(directory.authorize(publish(streamKey)));
});

test('setLadder() is kept, and leaves the key as it is', async () => {
  const { directory, store } = await opened();
  const { stream, streamKey } = await created(directory);
  const changed = await directory.setLadder(stream.id, '480p=854x480@900k');
  assert.deepEqual(changed, { ...stream, ladder: '480p=854x480@900k' });
  assert.equal((await store.load())[0]?.ladder, '480p=854x480@900k');
  await directory.setLadder(stream.id, null);
  assert.deepEqual(directory.get(stream.id), stream);
  assert.ok('granted' in directory.authorize(publish(streamKey)));
  assert.ok('refused' in (await directory.setLadder('nobody', null)));
});

test('issueOneTimeKey() works once, from this machine, in its time', async () => {
  const { directory, clock } = await opened();
  const { stream } = await created(directory);
  const granted = { granted: { streamId: stream.id } };
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const addresses = own.map(({ address }) => address);
  for (const loopback of ['127.0.0.1', '::1', '::ffff:127.0.0.1', ...addresses]) {
    const key = directory.issueOneTimeKey(stream.id, 1_000);
    isRefused(directory.authorize(publish(key, '192.0.2.1')));
    isRefused(directory.authorize(publish(key, '::ffff:192.0.2.1')));
    assert.deepEqual(directory.authorize(publish(key, loopback)), granted);
    isRefused(directory.authorize(publish(key, loopback)));
  }
  const late = directory.issueOneTimeKey(stream.id, 1_000);
  clock.advance(1_000);
  isRefused(directory.authorize(publish(late, '127.0.0.1')));
  const voided = directory.issueOneTimeKey(stream.id, 1_000);
  await directory.close();
  isRefused(directory.authorize(publish(voided, '127.0.0.1')));
});

test('live() lists what is live, the latest to begin first', async () => {
  const { directory, clock } = await opened();
  const one = (await created(directory)).stream.id;
  const two = (await created(directory)).stream.id;
  assert.deepEqual(directory.live(), []);
  const first = directory.beginBroadcast(one);
  clock.advance(1_000);
  directory.beginBroadcast(two);
  assert.deepEqual(
    directory.live().map(({ id, status }) => [id, status]),
    [
      [two, 'live'],
      [one, 'live'],
    ],
  );
  assert.ok(directory.endBroadcast(one, first.id));
  assert.deepEqual(
    directory.live().map(({ id }) => id),
    [two],
  );
});

test('endBroadcast() of a replaced broadcast does not end the one after it', async () => {
  const { directory, clock } = await opened();
  const { id } = (await created(directory)).stream;
  const first = directory.beginBroadcast(id);
  clock.advance(5_000);
  const second = directory.beginBroadcast(id);
  assert.notEqual(second.id, first.id);
  assert.equal(directory.endBroadcast(id, first.id), false);
  assert.equal(directory.get(id)?.status, 'live');
  clock.advance(5_000);
  assert.equal(directory.endBroadcast(id, second.id), true);
  assert.equal(directory.endBroadcast(id, second.id), false);
  assert.deepEqual(directory.get(id)?.broadcast, { ...second, endedAtMs: clock.epochMs() });
});

test('beginBroadcast() names broadcasts in an order that grows with time', async () => {
  const { directory, clock } = await opened();
  const { id } = (await created(directory)).stream;
  const ids: string[] = [];
  for (let round = 0; round < 5; round++) {
    ids.push(directory.beginBroadcast(id).id);
    clock.advance(1_000);
  }
  assert.deepEqual(ids, [...new Set(ids)].sort());
  assert.ok(ids.every((name) => /^[a-z0-9-]{1,100}$/.test(name)));
});

test('open() ends broadcasts that a crash cut off and goes on with the rest', async () => {
  const before = await opened();
  const { stream, streamKey } = await created(before.directory);
  const ended = (await created(before.directory)).stream.id;
  const over = before.directory.beginBroadcast(ended);
  before.directory.endBroadcast(ended, over.id);
  const cut = before.directory.beginBroadcast(stream.id);
  const kept = before.directory.get(ended);

  const { directory, clock } = await opened({ store: before.store });
  assert.deepEqual(directory.live(), []);
  const endedAtMs = clock.epochMs();
  assert.deepEqual(directory.get(stream.id)?.broadcast, { ...cut, endedAtMs });
  assert.deepEqual(directory.get(ended), kept);
  assert.deepEqual(directory.authorize(publish(streamKey)), { granted: { streamId: stream.id } });
  const records = await before.store.load();
  assert.ok(records.every(({ broadcast }) => broadcast?.endedAtMs !== null));
});

test('beginBroadcast() goes live although it cannot be kept', async () => {
  const full = new (class extends MemoryStreamStore {
    fails = false;
    override async put(record: StreamRecord): Promise<void> {
      if (this.fails) throw new Error('no space left on device');
      await super.put(record);
    }
  })();
  const clock = new ManualClock();
  const told: string[] = [];
  const log = { ...silentLog, error: (_: unknown, message: string) => void told.push(message) };
  const directory = await StreamDirectory.open({
    store: full,
    keys,
    clock,
    log: log,
    randomBytes,
  });
  const { id } = (await created(directory)).stream;
  full.fails = true;
  directory.beginBroadcast(id);
  assert.equal(directory.get(id)?.status, 'live');
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(told, ['stream state not kept']);
});
