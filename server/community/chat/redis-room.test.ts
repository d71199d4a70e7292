import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, silentLog } from '../../base/index.ts';
import { draft, Listener } from './bus.test-support.ts';
import { type EntryDraft, RoomClosedError } from './bus.ts';
import { bodyOf, type SharedEntry, sharedEntry } from './redis-record.ts';
import { RedisRoom } from './redis-room.ts';
import type { RedisRooms } from './redis-rooms.ts';

const OUT_OF_MEMORY = new Error('OOM command not allowed');
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A room in a Redis that says no, does not answer, or forgets, when it is told to. */
class TestRedis {
  saysNo = false;
  isMute = false;
  entered = 0;
  entries: SharedEntry[] = [];
  last: number | undefined = 0;

  readonly rooms = {
    channel: (streamId: string) => streamId,
    enter: () => {
      this.entered += 1;
      return this.#asked(() => this.#state());
    },
    create: (_: unknown, { last }: { last: number }, latest: readonly SharedEntry[]) =>
      this.#asked(() => {
        this.last = last;
        this.entries = [...latest];
        return true;
      }),
    publish: (_: unknown, body: string) =>
      this.#asked(() => {
        if (this.last !== undefined) this.add(body);
        return this.#state();
      }),
    merge: (_: unknown, base: number, own: readonly SharedEntry[]) =>
      this.#asked(() => {
        const isKept = base === this.last;
        for (const { body } of own) this.add(body);
        return isKept ? ('kept' as const) : ('renumbered' as const);
      }),
    from: (_: string, seq: number) =>
      this.#asked(() => this.entries.filter(({ numbered }) => numbered.entry.seq >= seq)),
    latest: () => this.#asked(() => this.entries),
  } satisfies Partial<RedisRooms>;

  /** Says something there. */
  add(body: string): void {
    this.last = (this.last ?? 0) + 1;
    this.entries.push(sharedEntry(this.last, 'r', body));
  }

  #state() {
    return this.last === undefined ? undefined : { epoch: 'r', last: this.last };
  }

  async #asked<T>(answer: () => T): Promise<T> {
    if (this.saysNo) throw OUT_OF_MEMORY;
    return this.isMute ? new Promise<T>(() => {}) : answer();
  }
}

function body(key: string): string {
  return bodyOf({ key, nonce: null, draft: draft(key) as EntryDraft });
}

async function start() {
  const clock = new ManualClock();
  const redis = new TestRedis();
  const told: string[] = [];
  const unmerged = { count: 0 };
  const listener = new Listener();
  let epochs = 0;
  const parts = {
    rooms: redis.rooms as unknown as RedisRooms,
    ...{ node: 'n', clock, log: silentLog, isUp: () => true },
    newEpoch: () => {
      epochs += 1;
      return `e${epochs}`;
    },
    nextEntrance: () => redis.entered,
    publish: async () => 0,
    takeUnmerged: () => {
      unmerged.count += 1;
      return true;
    },
    giveUnmerged: (count: number) => {
      unmerged.count -= count;
    },
    refused: () => told.push('refused'),
    accepted: () => told.push('accepted'),
  };
  const room = new RedisRoom('s', parts, { lastSeq: 0, listener });
  await room.open();
  const shown = () =>
    listener.entries.map(({ entry }) => (entry.type === 'message' ? entry.id : ''));
  const say = (id: string) => room.publish(draft(id), null);
  return { clock, redis, room, listener, told, unmerged, shown, say };
}

test('publish() rejects when the room is closed, before and while it waits', async () => {
  const { redis, room, listener, say, unmerged } = await start();
  redis.isMute = true;
  const waiting = say('m1');
  room.close();
  await assert.rejects(waiting, RoomClosedError);
  await assert.rejects(say('m2'), RoomClosedError);
  assert.deepEqual([listener.seqs, unmerged.count], [[], 0]);
});

test('RedisRoom asks a Redis that says no less and less often, until it is let in', async () => {
  const { clock, redis, listener, say, told } = await start();
  redis.saysNo = true;
  await say('m1');
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

test('merge() takes what was said alone to a Redis that holds later entries only', async () => {
  const { redis, room, say, shown } = await start();
  room.goAlone();
  await say('mine 1');
  await say('mine 2');
  redis.last = 14;
  for (const key of ['theirs 15', 'theirs 16']) redis.add(body(key));
  await room.merge();
  const all = ['theirs 15', 'theirs 16', 'mine 1', 'mine 2'];
  assert.deepEqual(
    redis.entries.map(({ key }) => key),
    all,
  );
  assert.deepEqual(shown(), all, 'each once');
});

test('merge() tells a Redis that forgot what this server had of others as well', async () => {
  const { redis, room, say, shown } = await start();
  for (const key of ['a', 'b']) await say(key);
  room.goAlone();
  await say('mine');
  redis.add(body('theirs'));
  await room.merge();
  const all = ['a', 'b', 'theirs', 'mine'];
  assert.deepEqual(shown(), all);
  room.goAlone();
  redis.last = undefined;
  redis.entries = [];
  await room.merge();
  assert.deepEqual(
    redis.entries.map(({ key }) => key),
    all,
  );
});
