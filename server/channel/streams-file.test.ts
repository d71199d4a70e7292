import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { silentLog } from '../base/index.ts';
import { testDatabases } from '../store/sql/database.test-support.ts';
import { type Database, DatabaseUnavailableError } from '../store/sql/index.ts';
import { authorized, openChannels, SwitchedDatabase, testKeys } from './channels.test-support.ts';
import { importStreamsFile, StreamsFileError } from './streams-file.ts';

const root = await mkdtemp(join(tmpdir(), 'streams-file-'));
after(async () => {
  await (await testDatabases()).close();
  await rm(root, { recursive: true, force: true });
});

let folders = 0;
const freshPath = async (text: string): Promise<string> => {
  const path = join(root, `${++folders}.json`);
  await writeFile(path, text);
  return path;
};

const ID = 'abcdefgh2345';
const { key, hash, last4 } = testKeys.issue(ID);
const STREAM = {
  ...{ id: ID, broadcasterId: 'anna', title: 'Evening show', createdAtMs: 1_000 },
  ...{ keyHash: hash, keyLast4: last4, ladder: 'off' },
  broadcast: { id: 'b1', startedAtMs: 2_000, endedAtMs: 3_000 },
};
const CUT = {
  ...{ id: 'cut', broadcasterId: 'bert', title: 'Cut', createdAtMs: 2_000 },
  ...{ keyHash: 'ab'.repeat(32), keyLast4: 'wxyz' },
  broadcast: { id: 'b2', startedAtMs: 2_500, endedAtMs: null },
};
const fileOf = (...streams: object[]) => JSON.stringify({ version: 1, streams });

async function emptyDatabase() {
  return (await openChannels()).database;
}

test('importStreamsFile() takes streams, keys and broadcasts, and renames the file', async () => {
  const database = await emptyDatabase();
  const path = await freshPath(fileOf(STREAM, CUT));
  const settings = { path, database, randomBytes, log: silentLog };
  await importStreamsFile(settings);
  assert.deepEqual(
    (await readdir(root)).filter((name) => path.endsWith(name.replace('.imported', ''))),
    [`${folders}.json.imported`],
  );
  await importStreamsFile(settings);
  const { channels } = await openChannels({ database });
  const stream = await channels.get(ID);
  assert.deepEqual(
    [stream?.title, stream?.status, stream?.ladder, stream?.broadcast, stream?.createdAtMs],
    ['Evening show', 'ended', 'off', { ...STREAM.broadcast, isCutOff: false }, 1_000],
  );
  assert.equal((await channels.get('cut'))?.status, 'ended', 'nobody publishes any more');
  assert.equal((await authorized(channels, key)).streamId, ID);
  const [kept] = await channels.keyring.list(ID);
  assert.deepEqual([kept?.isMain, kept?.last4], [true, last4]);
});

test('importStreamsFile() done twice changes nothing', async () => {
  const database = await emptyDatabase();
  for (const title of ['first', 'second']) {
    const path = await freshPath(fileOf({ ...STREAM, title }));
    await importStreamsFile({ path, database, randomBytes, log: silentLog });
  }
  const rows = await database.query('select title from streams');
  assert.deepEqual(rows, [{ title: 'first' }]);
});

test('importStreamsFile() that was cut off half-way goes on where it was', async () => {
  const database = await emptyDatabase();
  const many = Array.from({ length: 501 }, (_, index) => ({
    ...{ ...CUT, id: `s${index}`, keyHash: index.toString(16).padStart(64, '0') },
    broadcast: null,
  }));
  const path = await freshPath(fileOf(...many));
  const settings = { path, randomBytes, log: silentLog };
  let transactions = 0;
  const breaking: Database = {
    query: (text, values) => database.query(text, values),
    transaction: (work) => {
      transactions += 1;
      if (transactions === 2) throw new DatabaseUnavailableError('Cannot go on');
      return database.transaction(work);
    },
    close: () => database.close(),
  };
  await assert.rejects(importStreamsFile({ ...settings, database: breaking }));
  await importStreamsFile({ ...settings, database });
  const rows = await database.query(
    'select count(distinct s.id)::int as streams, count(*)::int as keys from streams s join stream_keys k on k.stream_id = s.id',
  );
  assert.deepEqual(rows, [{ streams: 501, keys: 501 }]);
});

test('importStreamsFile() without a file does nothing', async () => {
  const database = new SwitchedDatabase((await testDatabases()).control);
  database.isAway = true;
  const path = join(root, 'none.json');
  await importStreamsFile({ path, database, randomBytes, log: silentLog });
  assert.equal(database.refused, 0);
});

const broken: readonly (readonly [why: string, text: string, says: RegExp])[] = [
  ['an empty file', '', /not whole JSON/],
  ['a torn file', '{"version":1,"streams":[{"id":"s', /not whole JSON/],
  ['another version', '{"version":9,"streams":[]}', /version/],
  ['a record without its hash', fileOf({ ...STREAM, keyHash: undefined }), /streams\.0\.keyHash/],
  ['one id twice', fileOf(STREAM, STREAM), /share an id/],
];
for (const [why, text, says] of broken) {
  test(`importStreamsFile() refuses ${why}, names the file and leaves it alone`, async () => {
    const database = await emptyDatabase();
    const path = await freshPath(text);
    const settings = { path, database, randomBytes, log: silentLog };
    await assert.rejects(importStreamsFile(settings), (error: unknown) => {
      assert.ok(error instanceof StreamsFileError);
      assert.ok(error.message.includes(path), error.message);
      assert.match(error.message, says);
      return true;
    });
    assert.equal(await readFile(path, 'utf8'), text);
    assert.deepEqual(await database.query('select 1 from streams'), []);
  });
}
