import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PgliteThread, type ThreadOptions } from './pglite-thread.ts';

/** What PGlite 0.5 is built from; another major version cannot read its folder. */
const POSTGRES_MAJOR = '18';

/** An empty database, kept where the built page's stamp is: to copy it is faster than to make it. */
const TEMPLATE = join(
  import.meta.dirname,
  '../../../node_modules/.cache/millrace',
  `database-${POSTGRES_MAJOR}`,
);

/** The folder holds a database that this version cannot use, said for whoever started the server. */
export class DatabaseFolderError extends Error {
  override readonly name = 'DatabaseFolderError';
}

/** Makes the database's folder complete or not at all: a process may be killed half-way. */
export async function prepareFolder(options: ThreadOptions): Promise<void> {
  const { folder } = options;
  if (existsSync(folder)) return checkVersion(folder);
  await mkdir(dirname(folder), { recursive: true });
  const draft = `${folder}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  if (existsSync(TEMPLATE)) {
    await cp(TEMPLATE, draft, { recursive: true });
  } else {
    const { log, clock } = options;
    log.info({}, 'making the database, once: this takes some seconds');
    const startedMs = clock.monotonicMs();
    const thread = new PgliteThread({ ...options, folder: draft });
    await thread.start();
    await thread.close();
    await keepTemplate(draft);
    log.info({ tookMs: Math.round(clock.monotonicMs() - startedMs) }, 'database made');
  }
  // PGlite makes files that everybody may read and write; behind this nobody gets to them.
  await chmod(draft, 0o700);
  await rename(draft, folder);
}

/** An installation that cannot be written to does without. */
async function keepTemplate(folder: string): Promise<void> {
  const draft = `${TEMPLATE}.${randomUUID()}`;
  try {
    await mkdir(dirname(TEMPLATE), { recursive: true });
    await cp(folder, draft, { recursive: true });
    await rename(draft, TEMPLATE);
  } catch {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Why the database in `folder` cannot be used; undefined where it can, or none is there yet. */
export function findFolderProblem(folder: string): string | undefined {
  try {
    if (existsSync(folder)) checkVersion(folder);
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseFolderError) return error.message;
    throw error;
  }
}

function checkVersion(folder: string): void {
  const path = join(folder, 'PG_VERSION');
  const found = existsSync(path) ? readFileSync(path, 'utf8').trim() : 'none';
  if (found === POSTGRES_MAJOR) return;
  throw new DatabaseFolderError(
    `${folder} holds a database of version ${found}, and this Millrace needs ${POSTGRES_MAJOR}`,
  );
}
