import { copyFile, readdir, readFile, rename, truncate, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MAGIC, scan } from './frame.ts';
import type { Corruption, Recovery } from './journal.ts';

const FILE_NAME = /^(\d{10})\.journal$/;

/** The name of the file with a number. */
export function fileName(number: number): string {
  return `${String(number).padStart(10, '0')}.journal`;
}

/** The numbers of the journal files among the names of a folder, ascending. */
export function fileNumbers(names: readonly string[]): number[] {
  return names
    .map((name) => FILE_NAME.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

/** What was found, and the number of the last file. */
export interface FolderRecovery {
  readonly recovery: Recovery;
  readonly lastNumber: number;
}

/**
 * Reads all files of a journal in order. A torn end of the last one is cut off. At damage anywhere
 * else reading stops, as records after it may build on those that are lost; the files are kept
 * aside for a person to look at, and the journal goes on with what came before.
 */
export async function recoverFolder(
  folder: string,
  replay: (record: Uint8Array) => void,
): Promise<FolderRecovery> {
  const numbers = fileNumbers(await readdir(folder));
  const lastNumber = numbers.at(-1) ?? 0;
  let records = 0;
  let sizeBytes = 0;
  for (const number of numbers) {
    const path = join(folder, fileName(number));
    const file = await readFile(path);
    const found = scan(file, replay);
    records += found.records;
    sizeBytes += found.end;
    if (found.state === 'whole') {
      // Each run begins a file; those that stayed empty must not pile up over restarts.
      if (found.records === 0) await unlink(path);
      continue;
    }
    if (found.state === 'torn' && number === lastNumber) {
      await cut(path, found.end);
      const tornBytes = file.length - found.end;
      return { recovery: { records, sizeBytes, tornBytes, corruption: undefined }, lastNumber };
    }
    const setAside = await keepAside(folder, numbers, number);
    await cut(path, found.end);
    const corruption: Corruption = { file: path, offset: found.end, setAside };
    return { recovery: { records, sizeBytes, tornBytes: 0, corruption }, lastNumber };
  }
  return { recovery: { records, sizeBytes, tornBytes: 0, corruption: undefined }, lastNumber };
}

async function cut(path: string, end: number): Promise<void> {
  if (end <= MAGIC.length) await unlink(path);
  else await truncate(path, end);
}

async function keepAside(
  folder: string,
  numbers: readonly number[],
  damaged: number,
): Promise<string[]> {
  const setAside: string[] = [];
  for (const number of numbers.filter((other) => other >= damaged)) {
    const path = join(folder, fileName(number));
    const aside = await freeName(path);
    if (number === damaged) await copyFile(path, aside);
    else await rename(path, aside);
    setAside.push(aside);
  }
  return setAside;
}

/** Damage found earlier is never written over. */
async function freeName(path: string): Promise<string> {
  const taken = new Set(await readdir(dirname(path)));
  for (let attempt = 1; ; attempt += 1) {
    const aside = `${path}.corrupt${attempt === 1 ? '' : `-${attempt}`}`;
    if (!taken.has(basename(aside))) return aside;
  }
}
