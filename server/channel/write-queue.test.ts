import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, silentLog } from '../base/index.ts';
import {
  type Database,
  DatabaseUnavailableError,
  type Queryable,
  UniqueViolationError,
} from '../store/sql/index.ts';
import { WriteQueue } from './write-queue.ts';

/** Notes what is written, and fails as it is told. */
class NotedDatabase implements Database {
  readonly written: string[] = [];
  fails: Error | undefined;

  async query<Row extends object>(text: string): Promise<readonly Row[]> {
    this.written.push(text);
    return [];
  }

  async transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T> {
    if (this.fails !== undefined) throw this.fails;
    return work(this);
  }

  async close(): Promise<void> {}
}

function opened(maxWaiting?: number) {
  const database = new NotedDatabase();
  const clock = new ManualClock();
  const settings = { database, clock, log: silentLog };
  const queue = new WriteQueue({ ...settings, ...(maxWaiting !== undefined && { maxWaiting }) });
  const add = (name: string) =>
    queue.add(async (transaction) => {
      await transaction.query(name);
    });
  return { database, clock, queue, add };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

test('WriteQueue.add() writes in order and tells when it is kept', async () => {
  const { database, queue, add } = opened();
  await Promise.all(['a', 'b', 'c'].map(add));
  assert.deepEqual(database.written, ['a', 'b', 'c']);
  await add('d');
  assert.deepEqual([queue.length, database.written.length], [0, 4]);
});

test('WriteQueue.add() says that the database is away, and writes later in order', async () => {
  const { database, clock, queue, add } = opened();
  database.fails = new DatabaseUnavailableError('away');
  await assert.rejects(add('a'), DatabaseUnavailableError);
  await assert.rejects(add('b'), DatabaseUnavailableError);
  assert.equal(queue.length, 2);
  database.fails = undefined;
  const third = add('c');
  await assert.rejects(third, DatabaseUnavailableError, 'it is not known to be back');
  clock.advance(100);
  await settle();
  assert.deepEqual([database.written, queue.length], [['a', 'b', 'c'], 0]);
  await add('d');
});

test('WriteQueue tries again after pauses of up to five seconds', async () => {
  const { database, clock, add } = opened();
  database.fails = new DatabaseUnavailableError('away');
  let tries = 0;
  database.transaction = async () => {
    tries += 1;
    throw new DatabaseUnavailableError('away');
  };
  add('a').catch(() => undefined);
  await settle();
  for (const pauseMs of [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
    const before = tries;
    clock.advance(pauseMs - 1);
    await settle();
    assert.equal(tries, before);
    clock.advance(1);
    await settle();
    assert.equal(tries, before + 1);
  }
});

test('WriteQueue takes a change that is there already for kept', async () => {
  const { database, queue, add } = opened();
  database.fails = new UniqueViolationError('events_id_key');
  await add('a');
  assert.deepEqual([queue.length, queue.lost], [0, 0]);
});

test('WriteQueue passes over a change that fails by our fault, and counts it', async () => {
  const { database, queue, add } = opened();
  const fault = new Error('no such column');
  const failing = queue.add(async () => {
    throw fault;
  });
  const next = add('b');
  await assert.rejects(failing, fault);
  await next;
  assert.deepEqual([database.written, queue.lost], [['b'], 1]);
});

test('WriteQueue.add() refuses more than maxWaiting', async () => {
  const { database, queue, add } = opened(2);
  database.fails = new DatabaseUnavailableError('away');
  add('a').catch(() => undefined);
  add('b').catch(() => undefined);
  await assert.rejects(add('c'), /too many wait/);
  assert.deepEqual([queue.length, queue.lost], [2, 1]);
});

test('WriteQueue.close() tries a last time, and does not wait for a database that is away', async () => {
  const { database, queue, add } = opened();
  database.fails = new DatabaseUnavailableError('away');
  add('a').catch(() => undefined);
  await settle();
  await queue.close();
  assert.equal(queue.length, 1);
  const back = opened();
  back.database.fails = new DatabaseUnavailableError('away');
  back.add('a').catch(() => undefined);
  await settle();
  back.database.fails = undefined;
  await back.queue.close();
  assert.deepEqual([back.queue.length, back.database.written], [0, ['a']]);
});
