import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { silentLog, systemClock } from '../../server/base/index.ts';
import {
  appendAudit,
  appendEvents,
  type Databases,
  openDatabases,
  UniqueViolationError,
} from '../../server/store/sql/index.ts';
import { needs } from '../support/component.ts';
import { type Cleaning, tempFolder } from '../support/place.ts';
import { PostgresServer } from '../support/postgres-server.ts';

type Opening = () => Promise<Databases>;

const place = { log: silentLog, clock: systemClock };
const at = new Date('2026-02-03T04:05:06.789Z');

async function inProcess(): Promise<Opening> {
  const folder = join(tempFolder(), 'data');
  return () => openDatabases({ ...place, folder });
}

async function onServer(cleaning: Cleaning): Promise<Opening> {
  const server = await PostgresServer.start(cleaning);
  const url = await server.freshDatabase(cleaning);
  return () => openDatabases({ ...place, url, folder: '/nowhere' });
}

describe('PGlite', () => describeContract(inProcess));
describe('PostgreSQL', needs('postgres'), () => describeContract(onServer));

/** What every twin keeps. */
function describeContract(prepare: (cleaning: Cleaning) => Promise<Opening>): void {
  const cleanings: (() => Promise<void> | void)[] = [];
  let open: Opening;
  let databases: Databases;
  before(async () => {
    open = await prepare({ after: (task) => cleanings.push(task) });
    databases = await open();
    await databases.control.query('create table things (id integer primary key, note text)');
  });
  after(async () => {
    await databases.close();
    for (const task of cleanings) await task();
  });

  async function countThings(): Promise<number> {
    const rows = await databases.control.query<{ n: number }>('select count(*) as n from things');
    return rows[0]?.n ?? 0;
  }

  test('openDatabases() migrates once, and finds it done the next time', async () => {
    const ask = `select number, applied_at from schema_migrations order by number`;
    const first = await databases.control.query(ask);
    assert.ok(first.length > 0);
    await databases.close();
    databases = await open();
    assert.deepEqual(await databases.control.query(ask), first);
  });

  test('query() gives each type as the interface says', async () => {
    const [row] = await databases.admission.query(
      `select $1::timestamptz as "at", $2::bigint as big, $3::jsonb as document, $4::text[] as list,
         $5::boolean as flag, $6::text as nothing, $7::bytea as bytes, 1.5::float8 as real`,
      [
        at,
        2 ** 53 - 1,
        { a: [1, null] },
        ['x', 'a,"b\\c{}', '', 'NULL'],
        true,
        null,
        Buffer.of(0, 255),
      ],
    );
    assert.deepEqual(row, {
      at,
      big: 2 ** 53 - 1,
      document: { a: [1, null] },
      list: ['x', 'a,"b\\c{}', '', 'NULL'],
      flag: true,
      nothing: null,
      bytes: Buffer.of(0, 255),
      real: 1.5,
    });
  });

  test('query() gives back what it was given', async () => {
    const text = fc.string({ unit: 'grapheme' }).map((each) => each.replaceAll('\0', ''));
    const date = fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true });
    await fc.assert(
      fc.asyncProperty(text, fc.array(text), fc.jsonValue(), date, async (...values) => {
        const [string, list, json, time] = values;
        const document = JSON.stringify({ json }).replaceAll('\\u0000', '');
        const [row] = await databases.control.query(
          'select $1::text as a, $2::text[] as b, $3::jsonb as c, $4::timestamptz as d',
          [string, list, document, time],
        );
        assert.deepEqual(row, { a: string, b: list, c: JSON.parse(document), d: time });
      }),
      { numRuns: 50 },
    );
  });

  test('query() names the constraint that a row breaks', async () => {
    await databases.control.query('insert into things values (1, $1)', ['first']);
    await assert.rejects(databases.control.query('insert into things values (1)'), (error) => {
      assert.ok(error instanceof UniqueViolationError);
      assert.equal(error.constraint, 'things_pkey');
      return true;
    });
    await databases.control.query('delete from things');
  });

  test('query() goes on after an error in a statement', async () => {
    await assert.rejects(databases.control.query('select $1::integer', ['x']), /integer/);
    await assert.rejects(databases.control.query('selekt'), /syntax/);
    assert.equal((await databases.control.query('select 1')).length, 1);
  });

  test('transaction() keeps all or nothing', async () => {
    const failing = databases.control.transaction(async (transaction) => {
      await transaction.query('insert into things values (10)');
      throw new Error('on purpose');
    });
    await assert.rejects(failing, /on purpose/);
    assert.equal(await countThings(), 0);
    const result = await databases.control.transaction(async (transaction) => {
      await transaction.query('insert into things values (10)');
      await transaction.query('insert into things values (11)');
      return 'kept';
    });
    assert.equal(result, 'kept');
    assert.equal(await countThings(), 2);
    await databases.control.query('delete from things');
  });

  test('transaction() fails as a whole where a failure was caught', async () => {
    const failing = databases.control.transaction(async (transaction) => {
      await transaction.query('insert into things values (20)');
      await transaction.query('insert into things values (20)').catch(() => {});
    });
    await assert.rejects(failing, UniqueViolationError);
    assert.equal(await countThings(), 0);
  });

  test('transaction() runs statements in turn, and none after its end', async () => {
    let leaked: (() => Promise<unknown>) | undefined;
    await databases.control.transaction(async (transaction) => {
      leaked = () => transaction.query('insert into things values (40)');
      await Promise.all(
        [30, 31, 32].map((id) => transaction.query('insert into things values ($1)', [id])),
      );
    });
    await assert.rejects(leaked?.() ?? Promise.resolve(), /over/);
    assert.equal(await countThings(), 3);
    await databases.control.query('delete from things');
  });

  test('appendEvents() of many transactions at once has positions in the order of commits', async () => {
    const seen: number[] = [];
    let isOver = false;
    const read = async (): Promise<void> => {
      while (!isOver) {
        const rows = await databases.admission.query<{ position: number }>(
          'select position from events where position > $1 order by position',
          [seen.at(-1) ?? 0],
        );
        seen.push(...rows.map(({ position }) => position));
      }
    };
    const reading = read();
    const write = (index: number): Promise<void> =>
      databases.control.transaction((transaction) =>
        appendEvents(transaction, [
          {
            id: `evt_${index}`,
            type: 'stream.created',
            occurredAt: at,
            ownerId: null,
            streamId: null,
            data: { index },
          },
        ]),
      );
    await Promise.all(Array.from({ length: 40 }, (_, index) => write(index)));
    await databases.control.query('select 1');
    isOver = true;
    await reading;
    const all = await databases.control.query<{ position: number }>(
      'select position from events order by position',
    );
    const last = seen.at(-1) ?? 0;
    const positions = all.map(({ position }) => position);
    assert.equal(positions.length, 40);
    assert.deepEqual(
      seen,
      positions.filter((position) => position <= last),
    );
  });

  test('appendAudit() keeps entries that nobody can change', async () => {
    await databases.control.transaction((transaction) =>
      appendAudit(transaction, {
        at,
        actor: { kind: 'operator', id: null, remoteAddress: '127.0.0.1' },
        action: 'stream.delete',
        objectKind: 'stream',
        objectId: 'x',
        changes: { title: 'y' },
      }),
    );
    const { control } = databases;
    await assert.rejects(control.query(`update audit_log set action = 'z'`), /append-only/);
    await assert.rejects(control.query('delete from audit_log'), /append-only/);
    await assert.rejects(control.query('truncate audit_log'), /append-only/);
    const [entry] = await control.query('select action, changes from audit_log');
    assert.deepEqual(entry, { action: 'stream.delete', changes: { title: 'y' } });
  });

  test('close() finishes what was begun, and refuses what comes later', async () => {
    const other = databases;
    const begun = other.control.transaction(async (transaction) => {
      await transaction.query('insert into things values (50)');
    });
    await other.close();
    await begun;
    await assert.rejects(other.control.query('select 1'), /closed/);
    databases = await open();
    assert.equal(await countThings(), 1);
  });
}
