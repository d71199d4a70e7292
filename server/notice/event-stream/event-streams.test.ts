import assert from 'node:assert/strict';
import { beforeEach, type TestContext, test } from 'node:test';
import { ManualClock, silentLog } from '../../base/index.ts';
import { clear, testDatabase } from '../../store/sql/database.test-support.ts';
import { appendEvents, EventTail } from '../../store/sql/index.ts';
import {
  type EventReader,
  EventStreams,
  HEARTBEAT_MS,
  MOST_READERS_OF_ONE,
  RECHECK_MS,
  STALL_MS,
} from './event-streams.ts';

const database = await testDatabase();

beforeEach(() => clear(database));

/** A connection whose reader takes what it is given, until it is told not to. */
class Connection {
  text = '';
  isEnded = false;
  isFull = false;
  readonly gone = new AbortController();
  #arrived = Promise.withResolvers<void>();
  #drained = Promise.withResolvers<void>();

  write(text: string): boolean {
    this.text += text;
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
    return !this.isFull;
  }

  drained(): Promise<void> {
    return this.#drained.promise;
  }

  drain(): void {
    this.isFull = false;
    this.#drained.resolve();
    this.#drained = Promise.withResolvers();
  }

  end(): void {
    this.isEnded = true;
  }

  /** Resolves when `part` has come. */
  async has(part: string): Promise<void> {
    while (!this.text.includes(part)) await this.#arrived.promise;
  }

  get ids(): string[] {
    return [...this.text.matchAll(/"id":"(\w+)"/g)].map(([, id]) => id ?? '');
  }
}

class Stage {
  readonly clock = new ManualClock();
  readonly tail = new EventTail({ database, clock: this.clock, log: silentLog });
  readonly streams = new EventStreams({ tail: this.tail, clock: this.clock, log: silentLog });

  static async open(context: TestContext): Promise<Stage> {
    const stage = new Stage();
    await stage.tail.start();
    context.after(async () => {
      stage.streams.close();
      await stage.tail.close();
    });
    return stage;
  }

  async happen(id: string, ownerId: string | null = null): Promise<void> {
    await append(id, ownerId);
    this.tail.wake();
  }

  connect(reader: Partial<EventReader> = {}): [Connection, Promise<void>] {
    const connection = new Connection();
    const served = this.streams.serve(
      {
        principal: 'usr_a',
        filter: { ownerId: null },
        after: undefined,
        isAllowed: async () => true,
        gone: connection.gone.signal,
        ...reader,
      },
      connection,
    );
    return [connection, served];
  }
}

async function append(id: string, ownerId: string | null = null): Promise<void> {
  const event = { id, type: 'stream.created', ownerId, streamId: 's', data: {} } as const;
  await database.transaction((transaction) =>
    appendEvents(transaction, [{ ...event, occurredAt: new Date(0) }]),
  );
}

test('serve() sends what happens, and after a break what was missed, once', async (context) => {
  await append('evt_before');
  const stage = await Stage.open(context);
  const [first, served] = stage.connect();
  await first.has('retry:');
  await stage.happen('evt_a');
  await first.has('evt_a');
  first.gone.abort();
  await served;
  assert.ok(first.isEnded);
  await stage.happen('evt_b');
  await stage.happen('evt_c');
  const [second] = stage.connect({ after: 2 });
  await second.has('evt_c');
  await stage.happen('evt_d');
  await second.has('evt_d');
  assert.deepEqual(first.ids, ['evt_a']);
  assert.deepEqual(second.ids, ['evt_b', 'evt_c', 'evt_d']);
  assert.match(second.text, /^id: 3\nevent: stream.created\ndata: \{"id":"evt_b".*\}\n\n/m);
});

test('serve() notices by itself what another server wrote', async (context) => {
  const stage = await Stage.open(context);
  const [connection] = stage.connect();
  await connection.has('retry:');
  await append('evt_a');
  while (connection.ids.length === 0) {
    stage.clock.advance(1000);
    await new Promise(setImmediate);
  }
  assert.deepEqual(connection.ids, ['evt_a']);
});

test('serve() sends more than a page, from the database and from memory', async (context) => {
  const stage = await Stage.open(context);
  const ids = Array.from({ length: 250 }, (_, index) => `evt_${index}`);
  for (const id of ids) await append(id);
  stage.tail.wake();
  const [behind] = stage.connect({ after: 0 });
  await behind.has('"evt_249"');
  const [later] = stage.connect({ after: 100 });
  await later.has('"evt_249"');
  assert.deepEqual(behind.ids, ids);
  assert.deepEqual(later.ids, ids.slice(100));
});

test('serve() sends a reader what its filter lets through', async (context) => {
  const stage = await Stage.open(context);
  const [ada] = stage.connect({ filter: { ownerId: 'ada' } });
  const [types] = stage.connect({ filter: { ownerId: null, types: ['stream.deleted'] } });
  const [stream] = stage.connect({ filter: { ownerId: null, streamId: 's' } });
  for (const one of [ada, types, stream]) await one.has('retry:');
  await stage.happen('evt_bob', 'bob');
  await stage.happen('evt_none', null);
  await stage.happen('evt_ada', 'ada');
  await ada.has('evt_ada');
  await stream.has('evt_ada');
  assert.deepEqual(ada.ids, ['evt_ada']);
  assert.deepEqual(stream.ids, ['evt_bob', 'evt_none', 'evt_ada']);
  assert.deepEqual(types.ids, []);
});

test('serve() keeps a silent connection alive, and ends one that may not read any more', async (context) => {
  const stage = await Stage.open(context);
  let isAllowed = true;
  const reader = { filter: { ownerId: 'ada' }, isAllowed: async () => isAllowed };
  const [connection, served] = stage.connect(reader);
  await connection.has('retry:');
  await stage.happen('evt_bob', 'bob');
  while (stage.tail.position < 1) await stage.tail.next();
  const beat = async (): Promise<void> => {
    const before = connection.text.length;
    while (connection.text.length === before && !connection.isEnded) {
      stage.clock.advance(HEARTBEAT_MS);
      await new Promise(setImmediate);
    }
  };
  await beat();
  await beat();
  assert.match(connection.text, /: heartbeat\nid: 1\n\n/);
  isAllowed = false;
  await beat();
  await served;
  assert.ok(connection.isEnded);
  assert.equal(stage.streams.readers, 0);
});

test('serve() sends nothing to a reader that lost its right five seconds ago', async (context) => {
  const stage = await Stage.open(context);
  let isAllowed = true;
  const [connection, served] = stage.connect({ isAllowed: async () => isAllowed });
  await connection.has('retry:');
  await stage.happen('evt_a');
  await connection.has('evt_a');
  isAllowed = false;
  stage.clock.advance(RECHECK_MS);
  await stage.happen('evt_secret');
  await served;
  assert.ok(connection.isEnded);
  assert.deepEqual(connection.ids, ['evt_a']);
});

test('serve() writes no more than a reader takes, and lets one go that takes nothing', async (context) => {
  const stage = await Stage.open(context);
  const [slow, served] = stage.connect();
  slow.isFull = true;
  await slow.has('retry:');
  await stage.happen('evt_a');
  await stage.happen('evt_b');
  while (stage.tail.position < 2) await stage.tail.next();
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  assert.deepEqual(slow.ids, []);
  slow.drain();
  await slow.has('evt_b');
  slow.isFull = true;
  await stage.happen('evt_c');
  await slow.has('evt_c');
  while (!slow.isEnded) {
    stage.clock.advance(STALL_MS);
    await new Promise(setImmediate);
  }
  await served;
  assert.deepEqual(slow.ids, ['evt_a', 'evt_b', 'evt_c']);
});

test('serve() says when events are not kept any more, and survives positions of another database', async (context) => {
  for (const id of ['evt_a', 'evt_b', 'evt_c']) await append(id);
  await database.query('delete from events where position < 3');
  const stage = await Stage.open(context);
  const [late] = stage.connect({ after: 1 });
  await late.has('evt_c');
  assert.match(late.text, /event: events.lost\ndata: \{"after":1\}\n\n/);
  const [whole] = stage.connect({ after: 2 });
  await whole.has('evt_c');
  assert.doesNotMatch(whole.text, /events.lost/);
  const [foreign] = stage.connect({ after: 9_000_000 });
  await foreign.has('retry:');
  await stage.happen('evt_d');
  await foreign.has('evt_d');
});

test('refusal() bounds the readers of one, and refuses all when the server stops', async (context) => {
  const stage = await Stage.open(context);
  const served = Array.from({ length: MOST_READERS_OF_ONE }, () => stage.connect()[1]);
  assert.equal(stage.streams.refusal('usr_a')?.refused, 'too_many_requests');
  assert.equal(stage.streams.refusal('usr_b'), undefined);
  stage.streams.close();
  await Promise.all(served);
  assert.equal(stage.streams.refusal('usr_b')?.refused, 'too_many_readers');
});
