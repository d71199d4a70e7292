import assert from 'node:assert/strict';
import { appendFile, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { DiskJournal, type JournalFile } from './disk-journal.ts';
import { frame } from './frame.ts';
import { JournalError, MAX_PENDING_BYTES, type Recovery } from './journal.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-journal-'));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string): Buffer => Buffer.from(text);

async function write(...texts: string[]): Promise<void> {
  const journal = new DiskJournal({ folder });
  await journal.recover(() => {});
  for (const text of texts) journal.append(bytes(text));
  await journal.close();
}

async function read(): Promise<{ texts: string[]; recovery: Recovery }> {
  const texts: string[] = [];
  const journal = new DiskJournal({ folder });
  const recovery = await journal.recover((record) => texts.push(Buffer.from(record).toString()));
  await journal.close();
  return { texts, recovery };
}

async function lastFile(): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.journal'));
  return join(folder, names.sort().at(-1) ?? '');
}

test('frame() is length, two checksums and the record', () => {
  // length 3, CRC-32 of "abc" 352441c2, CRC-32 of those eight bytes
  assert.equal(frame(bytes('abc')).toString('hex'), '03000000c2412435753ceae1616263');
});

test('recover() drops a last record that is torn at any byte, and says how much', async () => {
  await write('one', 'two');
  const path = await lastFile();
  const whole = await readFile(path);
  const third = frame(bytes('three'));
  for (let size = 1; size < third.length; size += 1) {
    await writeFile(path, Buffer.concat([whole, third.subarray(0, size)]));
    const { texts, recovery } = await read();
    assert.deepEqual(texts, ['one', 'two']);
    assert.equal(recovery.tornBytes, size);
    assert.equal(recovery.corruption, undefined);
    assert.deepEqual(await readFile(path), whole, 'the torn end is cut off');
    await rm(await lastFile());
  }
});

test('recover() takes zeros at the end for torn', async () => {
  await write('one');
  await appendFile(await lastFile(), new Uint8Array(4096));
  const { texts, recovery } = await read();
  assert.deepEqual([texts, recovery.tornBytes], [['one'], 4096]);
});

test('recover() goes on after a torn end', async () => {
  await write('one');
  await appendFile(await lastFile(), frame(bytes('torn')).subarray(0, 13));
  await write('two');
  assert.deepEqual((await read()).texts, ['one', 'two']);
});

test('recover() stops at any changed byte in the middle and keeps the files aside', async () => {
  await write('one', 'two', 'three');
  const path = await lastFile();
  const whole = await readFile(path);
  const second = whole.indexOf(frame(bytes('two')));
  for (let offset = second; offset < second + frame(bytes('two')).length; offset += 1) {
    const damaged = Buffer.from(whole);
    damaged[offset] = (damaged[offset] ?? 0) ^ 0x10;
    await writeFile(path, damaged);
    const { texts, recovery } = await read();
    assert.deepEqual(texts, ['one']);
    assert.equal(recovery.corruption?.file, path);
    assert.equal(recovery.corruption?.offset, second);
    const aside = recovery.corruption?.setAside[0] ?? '';
    assert.deepEqual(await readFile(aside), damaged);
    assert.deepEqual((await read()).texts, ['one'], 'what was good stays');
  }
});

test('recover() sets later files aside too, since they build on what is lost', async () => {
  await write('one');
  const first = await lastFile();
  await write('two');
  const damaged = await readFile(first);
  await writeFile(first, damaged.subarray(0, damaged.length - 1));
  const { texts, recovery } = await read();
  assert.deepEqual(texts, []);
  assert.equal(recovery.corruption?.setAside.length, 2);
});

test('recover() does not pile up files over restarts', async () => {
  await write('one');
  for (let run = 0; run < 5; run += 1) await read();
  assert.equal((await readdir(folder)).length, 2);
});

/** Files whose disk is full while `full` says so; a write then leaves half of its bytes behind. */
function fillable(): { full: boolean; writes: number; open(path: string): Promise<JournalFile> } {
  const disk = {
    full: false,
    writes: 0,
    async open(path: string): Promise<JournalFile> {
      const file = await open(path, 'w');
      return {
        async write(buffer, offset, length, position) {
          disk.writes += 1;
          if (!disk.full) return file.write(buffer, offset, length, position);
          await file.write(buffer, offset, length >> 1, position);
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        },
        datasync: () => file.datasync(),
        close: () => file.close(),
      };
    },
  };
  return disk;
}

test('flush() rejects while the disk is full, and keeps all in order when it has room', async () => {
  const disk = fillable();
  const journal = new DiskJournal({ folder, open: disk.open });
  await journal.recover(() => {});
  journal.append(bytes('one'));
  await journal.flush();
  disk.full = true;
  journal.append(bytes('two'));
  await assert.rejects(journal.flush(), (error) => {
    assert.ok(error instanceof JournalError);
    assert.match(String(error.cause), /no space left/);
    return true;
  });
  assert.deepEqual((await readCopy()).texts, ['one']);
  journal.append(bytes('three'));
  await assert.rejects(journal.flush(), JournalError);
  disk.full = false;
  journal.append(bytes('four'));
  await journal.flush();
  await journal.close();
  assert.deepEqual((await read()).texts, ['one', 'two', 'three', 'four']);
});

/** Recovers a copy of the folder, as after a crash at this moment. */
async function readCopy(): Promise<{ texts: string[]; recovery: Recovery }> {
  const original = folder;
  folder = await mkdtemp(join(tmpdir(), 'millrace-journal-'));
  try {
    for (const name of await readdir(original)) {
      await writeFile(join(folder, name), await readFile(join(original, name)));
    }
    return await read();
  } finally {
    await rm(folder, { recursive: true });
    folder = original;
  }
}

test('endCompaction() that fails leaves the old files, and can be tried again', async () => {
  const disk = fillable();
  const journal = new DiskJournal({ folder, open: disk.open });
  await journal.recover(() => {});
  journal.append(bytes('old'));
  await journal.flush();
  disk.full = true;
  journal.beginCompaction();
  journal.append(bytes('snapshot'));
  await assert.rejects(journal.endCompaction(), JournalError);
  assert.deepEqual((await readCopy()).texts, ['old']);
  disk.full = false;
  await journal.endCompaction();
  await journal.close();
  assert.deepEqual((await read()).texts, ['snapshot']);
});

test('hasRoom is false while too much waits', async () => {
  const disk = fillable();
  const journal = new DiskJournal({ folder, open: disk.open });
  await journal.recover(() => {});
  disk.full = true;
  journal.append(new Uint8Array(MAX_PENDING_BYTES));
  assert.equal(journal.hasRoom, false);
  await assert.rejects(journal.flush(), JournalError);
  disk.full = false;
  await journal.flush();
  assert.equal(journal.hasRoom, true);
  await journal.close();
});

test('append() of one turn goes out in one write', async () => {
  const disk = fillable();
  const journal = new DiskJournal({ folder, open: disk.open });
  await journal.recover(() => {});
  const before = disk.writes;
  for (let index = 0; index < 500; index += 1) journal.append(bytes(`record ${index}`));
  await journal.flush();
  assert.equal(disk.writes - before, 1);
  await journal.close();
});
