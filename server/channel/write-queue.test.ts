import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
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
  const add = (name: string, part?: 'first' | 'middle' | 'last') =>
    queue.add(
      async (transaction) => {
        await transaction.query(name);
      },
      part && { broadcastId: name.slice(0, 2), part },
    );
  return { database, clock, queue, add };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

test('WriteQueue.add() writes in order and tells when it is kept', async () => {
  const { database, queue, add } = opened();
  await Promise.all(['a', 'b', 'c'].map((name) => add(name)));
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

/** What is written of what was added while the database was away, six at a time being enough. */
async function writtenOf(added: readonly (readonly [string, ('first' | 'middle' | 'last')?])[]) {
  const { database, clock, queue, add } = opened(6);
  database.fails = new DatabaseUnavailableError('away');
  for (const [name, part] of added) add(name, part).catch(() => undefined);
  await settle();
  const { isFull, lost } = queue;
  database.fails = undefined;
  clock.advance(5_000);
  await settle();
  return { written: database.written, isFull, lost, isFullAfter: queue.isFull };
}

test('WriteQueue leaves steps in the middle of broadcasts out when too many wait', async () => {
  const { written, isFull, lost, isFullAfter } = await writtenOf([
    ['s1 first', 'first'],
    ['s1 lose', 'middle'],
    ['s2 first', 'first'],
    ['s2 lose', 'middle'],
    ['s1 resume', 'middle'],
    ['s3 first', 'first'],
    ['s1 last', 'last'],
    ['s3 lose', 'middle'],
    ['s2 last', 'last'],
  ]);
  assert.deepEqual(written, [
    ...['s1 first', 's2 first', 's3 first', 's1 last', 's3 lose', 's2 last'],
  ]);
  assert.deepEqual([isFull, lost, isFullAfter], [true, 3, false]);
});

test('WriteQueue leaves whole broadcasts out that are over before an end alone', async () => {
  const { written, lost } = await writtenOf([
    ['s0 last', 'last'],
    ['s1 first', 'first'],
    ['s2 first', 'first'],
    ['s2 last', 'last'],
    ['s3 first', 'first'],
    ['s3 replaced by s4'],
    ['s4 last', 'last'],
    ['s5 first', 'first'],
  ]);
  assert.deepEqual(written, [
    ...['s0 last', 's1 first', 's3 first', 's3 replaced by s4', 's4 last', 's5 first'],
  ]);
  assert.equal(lost, 2);
});

test('WriteQueue never leaves out the end of a broadcast whose beginning was kept', async () => {
  const parts = ['first', 'middle', 'last'] as const;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 60 }), async (turns) => {
      const next = new Map<number, { run: number; at: number }>();
      const added = turns.map((stream) => {
        const { run, at } = next.get(stream) ?? { run: 0, at: 0 };
        next.set(stream, at === 2 ? { run: run + 1, at: 0 } : { run, at: at + 1 });
        const part = parts[at] ?? 'last';
        return [`${stream}${String.fromCharCode(97 + run)} ${part}`, part] as const;
      });
      const { written } = await writtenOf(added);
      const kept = new Set(written);
      for (const [name, part] of added) {
        if (part !== 'last') continue;
        const first = name.replace('last', 'first');
        assert.equal(kept.has(name), kept.has(first), `${name} of ${written}`);
      }
    }),
    { numRuns: 50 },
  );
});

test('WriteQueue.add() refuses what is past twice maxWaiting, and says so', async () => {
  const { database, queue, add } = opened(2);
  database.fails = new DatabaseUnavailableError('away');
  for (let index = 0; index < 4; index += 1) add(`s${index}`, 'last').catch(() => undefined);
  await assert.rejects(add('s5', 'last'), /too many wait/);
  assert.deepEqual([queue.length, queue.lost, queue.isFull], [4, 1, true]);
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
