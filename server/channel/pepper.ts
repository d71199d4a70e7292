import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../base/index.ts';

const FILE_NAME = 'stream-key.pepper';
const PEPPER_BYTES = 32;
const PEPPER_FORM = /^[0-9a-f]{64}\n?$/;
const OWNER_ONLY = 0o600;

/** The pepper cannot be used as it is. Nothing has been changed. */
export class PepperError extends Error {
  override readonly name = 'PepperError';
}

/** Where the pepper is, and what to do when there is none. */
export interface PepperSource {
  readonly folder: string;
  /** Whether keys are kept that were hashed under a pepper: then none may be made up. */
  readonly hasKeys: boolean;
  readonly randomBytes: (size: number) => Uint8Array;
}

/**
 * The secret under which stream keys are hashed, made on the first start and readable by the
 * server's user alone. It lies apart from the hashes so that a copy of those is worth nothing.
 */
export async function loadPepper(source: PepperSource): Promise<Uint8Array> {
  const path = join(source.folder, FILE_NAME);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
    if (source.hasKeys) {
      throw new PepperError(
        `Cannot check stream keys: ${path} is missing, and the database has keys that need it. ` +
          'Restore it from a copy, or begin with an empty database.',
      );
    }
    return create(path, source);
  }
  if (!PEPPER_FORM.test(text)) {
    throw new PepperError(
      `Cannot check stream keys: ${path} does not hold ${PEPPER_BYTES} bytes in hex. ` +
        'Restore it from a copy.',
    );
  }
  await chmod(path, OWNER_ONLY);
  return Buffer.from(text.trim(), 'hex');
}

async function create(path: string, { folder, randomBytes }: PepperSource): Promise<Uint8Array> {
  const pepper = Buffer.from(randomBytes(PEPPER_BYTES));
  const temporary = `${path}.tmp`;
  await mkdir(folder, { recursive: true });
  // One that a crash left behind may be readable by others.
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', OWNER_ONLY);
  try {
    await file.writeFile(`${pepper.toString('hex')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  return pepper;
}
