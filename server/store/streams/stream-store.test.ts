import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  CorruptStoreError,
  FileStreamStore,
  MemoryStreamStore,
  type StreamRecord,
  type StreamStore,
} from './index.ts';

const root = await mkdtemp(join(tmpdir(), 'stream-store-'));
after(() => rm(root, { recursive: true, force: true }));

let folders = 0;
const freshPath = () => join(root, `${++folders}`, 'streams.json');

function stream(id: string, change: Partial<StreamRecord> = {}): StreamRecord {
  return {
    id,
    broadcasterId: 'anna',
    title: 'Evening \u2028 "show"',
    createdAtMs: 1_000,
    keyHash: 'ab'.repeat(32),
    keyLast4: 'wxyz',
    broadcast: null,
    ...change,
  };
}

const twins: readonly { readonly name: string; readonly open: () => StreamStore }[] = [
  { name: 'MemoryStreamStore', open: () => new MemoryStreamStore() },
  { name: 'FileStreamStore', open: () => new FileStreamStore(freshPath()) },
];

for (const twin of twins) {
  describe(`${twin.name} as a StreamStore`, () => {
    test('load() of a new store is empty', async () => {
      assert.deepEqual(await twin.open().load(), []);
    });

    test('put() keeps a record as it was', async () => {
      const store = twin.open();
      await store.load();
      const record = stream('s1', {
        broadcast: { id: 'b1', startedAtMs: 2_000, endedAtMs: 3_000 },
      });
      await store.put(record);
      assert.deepEqual(await store.load(), [record]);
    });

    test('put() replaces the record with the same id and keeps its place', async () => {
      const store = twin.open();
      await store.load();
      await store.put(stream('s1'));
      await store.put(stream('s2'));
      await store.put(stream('s1', { title: 'Morning' }));
      const kept = await store.load();
      assert.deepEqual(
        kept.map((record) => [record.id, record.title]),
        [
          ['s1', 'Morning'],
          ['s2', stream('s2').title],
        ],
      );
    });

    test('put() many at once keeps every record, and of one id the last', async () => {
      const store = twin.open();
      await store.load();
      const puts: Promise<void>[] = [];
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 20; i++) puts.push(store.put(stream(`s${i}`, { title: `${round}` })));
      }
      await Promise.all(puts);
      const kept = await store.load();
      assert.equal(kept.length, 20);
      assert.ok(kept.every((record) => record.title === '2'));
    });

    test('close() waits for what was put and refuses what comes after', async () => {
      const store = twin.open();
      await store.load();
      const kept = store.put(stream('s1'));
      await store.close();
      await kept;
      await assert.rejects(store.put(stream('s2')), /Cannot put stream s2: the store is closed/);
    });
  });
}

describe('FileStreamStore', () => {
  test('load() finds what an earlier process put', async () => {
    const path = freshPath();
    const before = new FileStreamStore(path);
    await before.load();
    await before.put(stream('s1'));
    await before.put(stream('s2', { broadcast: { id: 'b', startedAtMs: 5, endedAtMs: null } }));
    const later = new FileStreamStore(path);
    assert.deepEqual(await later.load(), await before.load());
  });

  test('put() writes one file that only its owner reads', async () => {
    const path = freshPath();
    const store = new FileStreamStore(path);
    await store.load();
    await store.put(stream('s1'));
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(join(path, '..')), ['streams.json']);
  });

  test('load() ignores a temporary file that a crash left behind', async () => {
    const path = freshPath();
    const store = new FileStreamStore(path);
    await store.load();
    await store.put(stream('s1'));
    await writeFile(`${path}.tmp`, '{"version":1,"stre');
    const later = new FileStreamStore(path);
    assert.equal((await later.load()).length, 1);
    await later.put(stream('s2'));
    assert.deepEqual(await readdir(join(path, '..')), ['streams.json']);
  });

  const broken: readonly (readonly [why: string, text: string, says: RegExp])[] = [
    ['an empty file', '', /not whole JSON/],
    ['a torn file', '{"version":1,"streams":[{"id":"s', /not whole JSON/],
    ['another version', '{"version":9,"streams":[]}', /version/],
    [
      'a record without its hash',
      '{"version":1,"streams":[{"id":"s1","broadcasterId":"a","title":"t","createdAtMs":1,' +
        '"keyLast4":"abcd","broadcast":null}]}',
      /streams\.0\.keyHash/,
    ],
    [
      'one id twice',
      JSON.stringify({ version: 1, streams: [stream('s1'), stream('s1')] }),
      /share an id/,
    ],
  ];
  for (const [why, text, says] of broken) {
    test(`load() refuses ${why}, names the file and leaves it alone`, async () => {
      const path = freshPath();
      await mkdir(join(path, '..'));
      await writeFile(path, text);
      await assert.rejects(new FileStreamStore(path).load(), (error: unknown) => {
        assert.ok(error instanceof CorruptStoreError);
        assert.ok(error.message.includes(path), error.message);
        assert.match(error.message, says);
        return true;
      });
      assert.equal(await readFile(path, 'utf8'), text);
    });
  }

  test('put() that cannot be written is refused and forgotten; the next one is kept', async () => {
    const path = freshPath();
    const store = new FileStreamStore(path);
    await store.load();
    await mkdir(`${path}.tmp`, { recursive: true });
    await assert.rejects(store.put(stream('lost')), { code: 'EISDIR' });
    await rm(`${path}.tmp`, { recursive: true });
    await store.put(stream('kept'));
    assert.deepEqual(
      (await new FileStreamStore(path).load()).map((record) => record.id),
      ['kept'],
    );
  });
});
