import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { claimDataFolder, DataFolderError, FolderInUseError } from './data-folder.ts';

test('claimDataFolder() refuses a folder that a living process holds, until it lets go', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
  // The parent of this process lives as long as it does.
  await writeFile(join(folder, 'lock'), `${process.ppid}\n`);
  await assert.rejects(claimDataFolder(folder), FolderInUseError);
  await rm(join(folder, 'lock'));
  const release = await claimDataFolder(folder);
  await release();
  await (await claimDataFolder(folder))();
  await rm(folder, { recursive: true });
});

test('claimDataFolder() takes over what a killed process or a torn write left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
  for (const left of ['2147483646\n', '', 'x']) {
    await writeFile(join(folder, 'lock'), left);
    await (await claimDataFolder(folder))();
  }
  await rm(folder, { recursive: true });
});

test('claimDataFolder() names DATA_DIR when the path is no folder, or none can be made', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
  const file = join(folder, 'file');
  await writeFile(file, '');
  for (const [path, code] of [
    [file, 'EEXIST'],
    [join(file, 'below'), 'ENOTDIR'],
  ] as const) {
    await assert.rejects(claimDataFolder(path), (error) => {
      assert.ok(error instanceof DataFolderError);
      assert.ok(error.message.startsWith(`DATA_DIR: ${path} cannot be used, `), error.message);
      assert.ok(error.message.endsWith(`(${code})`), error.message);
      return true;
    });
  }
  await rm(folder, { recursive: true });
});
