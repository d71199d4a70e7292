/** A folder of data belongs to one server at a time: two would write over each other. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../base/index.ts';

const LOCK_FILE = 'lock';

/** The folder is another server's, said in words for whoever started this one. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

/** The folder cannot be made or written to, said in words for whoever started the server. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

/** What the system calls a path that is no folder of this user's. */
const PROBLEMS: ReadonlyMap<unknown, string> = new Map([
  ['EEXIST', 'it is a file'],
  ['ENOTDIR', 'a part of its path is a file'],
  ['EACCES', 'this user may not write there'],
  ['EPERM', 'this user may not write there'],
  ['EROFS', 'the file system is read-only'],
]);

/**
 * Takes `folder`, making it when it is missing; the returned function gives it back. A server that
 * was killed leaves its claim behind, which counts only while a process of that number lives.
 * Throws a `FolderInUseError` or a `DataFolderError`.
 */
export async function claimDataFolder(folder: string): Promise<() => Promise<void>> {
  try {
    await mkdir(folder, { recursive: true });
    return await claim(folder);
  } catch (error) {
    const code = systemCodeOf(error);
    const problem = PROBLEMS.get(code);
    if (problem === undefined) throw error;
    throw new DataFolderError(`DATA_DIR: ${folder} cannot be used, ${problem} (${code})`, {
      cause: error,
    });
  }
}

async function claim(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK_FILE);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      await writeFile(path, `${process.pid}\n`, { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error;
    }
    const holder = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
    if (holder !== process.pid && isAlive(holder)) {
      throw new FolderInUseError(
        `${folder} is in use by process ${holder}: stop that Millrace or set another DATA_DIR`,
      );
    }
    await rm(path, { force: true });
  }
  throw new FolderInUseError(`${folder} is being taken by another Millrace: try again`);
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives but is another user's.
    return systemCodeOf(error) === 'EPERM';
  }
}
