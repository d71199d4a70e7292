import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, silentLog } from '../../base/index.ts';
import { draft, Listener } from './bus.test-support.ts';
import { RoomClosedError } from './bus.ts';
import { RedisRoom } from './redis-room.ts';
import type { RedisRooms, SharedState } from './redis-rooms.ts';

const OUT_OF_MEMORY = new Error('OOM command not allowed');
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A room over a Redis that lets it in, says no, or does not answer. */
async function start() {
  const clock = new ManualClock();
  const redis = { saysNo: false, isMute: false, entered: 0 };
  const state: SharedState = { epoch: 'r', last: 0 };
  const asked = async <T>(answer: T): Promise<T> => {
    if (redis.saysNo) throw OUT_OF_MEMORY;
    return redis.isMute ? new Promise<T>(() => {}) : answer;
  };
  const rooms = {
    channel: (streamId: string) => streamId,
    enter: () => {
      redis.entered += 1;
      return asked(state);
    },
    publish: () => asked(state),
    merge: () => asked('kept' as const),
    from: () => asked([]),
    latest: () => asked([]),
  } satisfies Partial<RedisRooms>;
  const told: string[] = [];
  const unmerged = { count: 0 };
  const listener = new Listener();
  let epochs = 0;
  const room = new RedisRoom(
    's',
    {
      rooms: rooms as unknown as RedisRooms,
      ...{ node: 'n', clock, log: silentLog, isUp: () => true },
      newEpoch: () => {
        epochs += 1;
        return `e${epochs}`;
      },
      nextEntrance: () => redis.entered,
      publish: () => asked(0),
      takeUnmerged: () => {
        unmerged.count += 1;
        return true;
      },
      giveUnmerged: (count) => {
        unmerged.count -= count;
      },
      refused: () => told.push('refused'),
      accepted: () => told.push('accepted'),
    },
    { lastSeq: 0, listener },
  );
  await room.open();
  return { clock, redis, room, listener, told, unmerged };
}

test('publish() rejects when the room is closed, before and while it waits', async () => {
  const { redis, room, listener, unmerged } = await start();
  redis.isMute = true;
  const waiting = room.publish(draft('m1'), null);
  room.close();
  await assert.rejects(waiting, RoomClosedError);
  await assert.rejects(room.publish(draft('m2'), null), RoomClosedError);
  assert.deepEqual([listener.seqs, unmerged.count], [[], 0]);
});

test('RedisRoom asks a Redis that says no less and less often, until it is let in', async () => {
  const { clock, redis, room, listener, told } = await start();
  redis.saysNo = true;
  await room.publish(draft('m1'), null);
  assert.deepEqual(listener.seqs, [1], 'those who read here are told');
  const before = redis.entered;
  for (let second = 0; second < 120; second += 1) {
    clock.advance(1_000);
    await nextTurn();
  }
  const tries = redis.entered - before;
  assert.ok(tries >= 8 && tries <= 11, `${tries} tries in two minutes`);
  redis.saysNo = false;
  clock.advance(16_000);
  await nextTurn();
  assert.equal(told.at(-1), 'accepted');
  assert.equal(listener.rejoins, 2);
});
