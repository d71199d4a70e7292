import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock, silentLog } from '../../base/index.ts';
import { DatabaseUnavailableError } from '../../store/sql/index.ts';
import { Rereads } from './rereads.ts';

/** A room that is read for as long as the test likes. */
class TestRoom {
  reads: PromiseWithResolvers<void>[] = [];

  reread(): Promise<void> {
    const read = Promise.withResolvers<void>();
    this.reads.push(read);
    return read.promise;
  }
}

function start(count: number) {
  const clock = new ManualClock();
  const rereads = new Rereads({ clock, log: silentLog });
  const rooms = Array.from({ length: count }, () => new TestRoom());
  const counts = () => rooms.map(({ reads }) => reads.length);
  return { clock, rereads, rooms, counts };
}

test('request() reads eight rooms at a time, and each of them', async () => {
  const { rereads, rooms, counts } = start(20);
  for (const room of rooms) rereads.request(room);
  const began = () => counts().filter((count) => count > 0).length;
  for (let ended = 0; ended < rooms.length; ended += 1) {
    assert.equal(began(), Math.min(rooms.length, ended + 8));
    rooms[ended]?.reads[0]?.resolve();
    await turn();
  }
  assert.deepEqual(new Set(counts()), new Set([1]));
});

test('request() reads a room once more that is being read, however often it is asked', async () => {
  const { rereads, rooms, counts } = start(1);
  const [room] = rooms;
  assert.ok(room !== undefined);
  for (let asked = 0; asked < 5; asked += 1) rereads.request(room);
  assert.deepEqual(counts(), [1]);
  room.reads[0]?.resolve();
  await turn();
  assert.deepEqual(counts(), [2]);
  room.reads[1]?.resolve();
  await turn();
  assert.deepEqual(counts(), [2]);
});

test('a room that could not be read is read again a second later, unless it is closed', async () => {
  const { clock, rereads, rooms, counts } = start(2);
  const [kept, closed] = rooms;
  assert.ok(kept !== undefined && closed !== undefined);
  for (const room of rooms) rereads.request(room);
  rereads.drop(closed);
  for (const { reads } of rooms) reads[0]?.reject(new DatabaseUnavailableError('it is away'));
  await turn();
  clock.advance(999);
  assert.deepEqual(counts(), [1, 1]);
  clock.advance(1);
  assert.deepEqual(counts(), [2, 1]);
  rereads.close();
  kept.reads[1]?.reject(new Error('the server stops'));
  await turn();
  clock.advance(10_000);
  assert.deepEqual(counts(), [2, 1]);
});
