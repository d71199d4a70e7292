import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId, systemCodeOf } from '../base/index.ts';

const FILE_NAME = 'node-id';
const FORM = /^nod_[0-9a-z]{10,40}$/;

/**
 * Which of the servers on a database this one is: made on the first start, and the same as long as
 * `folder` is. It is no secret. One that cannot be read is made anew.
 */
export async function loadNodeId(
  folder: string,
  nowMs: number,
  randomBytes: (size: number) => Uint8Array,
): Promise<string> {
  const path = join(folder, FILE_NAME);
  try {
    const text = (await readFile(path, 'utf8')).trim();
    if (FORM.test(text)) return text;
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
  const made = newId('nod', nowMs, randomBytes);
  await mkdir(folder, { recursive: true });
  await writeFile(path, `${made}\n`);
  return made;
}
