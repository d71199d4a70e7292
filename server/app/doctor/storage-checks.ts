/** What the doctor finds out about DATA_DIR and the files that nobody else should read. */
import { open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type Check, fail, ok, warn } from './check.ts';

const MIB = 1024 * 1024;
const FREE_FAIL_BYTES = 100 * MIB;
const FREE_WARN_BYTES = 1024 * MIB;
/** Written to find out how fast the disk is; little beside what a server that runs writes. */
const PROBE_BYTES = 8 * MIB;
/** A write that is to be kept waits for the disk: so much is felt by whoever waits for an answer. */
const SYNC_WARN_MS = 200;
const SPEED_WARN_MIB_S = 10;
const OTHERS = 0o077;
/** A group that certificates are shared with is usual. */
const ANYBODY = 0o007;

/** Free space and speed of the disk under `folder`, which can be written to. */
export async function diskChecks(folder: string): Promise<readonly Check[]> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  const seen = `${Math.round(freeBytes / MIB)} MiB free under DATA_DIR`;
  const remedy = 'make room, or set DATA_DIR to a larger disk';
  const space =
    freeBytes < FREE_FAIL_BYTES
      ? fail('free-space', seen, remedy)
      : freeBytes < FREE_WARN_BYTES
        ? warn('free-space', seen, remedy)
        : ok('free-space', seen);
  return freeBytes < FREE_FAIL_BYTES ? [space] : [space, await speedCheck(folder)];
}

async function speedCheck(folder: string): Promise<Check> {
  const path = join(folder, `doctor-${process.pid}.tmp`);
  const file = await open(path, 'wx', 0o600);
  try {
    const startedMs = performance.now();
    await file.write(Buffer.alloc(PROBE_BYTES, 1));
    await file.sync();
    const wroteMs = performance.now();
    await file.write(Buffer.alloc(1));
    await file.sync();
    const syncMs = performance.now() - wroteMs;
    const mibPerS = Math.round((PROBE_BYTES / MIB / (wroteMs - startedMs)) * 1000);
    const seen = `writes ${mibPerS} MiB/s, keeps a write in ${syncMs.toFixed(1)} ms`;
    const isSlow = syncMs > SYNC_WARN_MS || mibPerS < SPEED_WARN_MIB_S;
    return isSlow
      ? warn('disk-speed', seen, 'set DATA_DIR to a faster disk')
      : ok('disk-speed', seen);
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

/** Whether the files that hold secrets are this user's alone. */
export async function secretFilesCheck(folder: string, tlsKey: string | undefined): Promise<Check> {
  const files = [
    { path: join(folder, 'stream-key.pepper'), forbidden: OTHERS },
    { path: join(folder, 'database'), forbidden: OTHERS },
    { path: '.env', forbidden: OTHERS },
    ...(tlsKey === undefined ? [] : [{ path: tlsKey, forbidden: ANYBODY }]),
  ];
  const open: string[] = [];
  let looked = 0;
  for (const { path, forbidden } of files) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    looked += 1;
    if ((found.mode & forbidden) !== 0) open.push(path);
  }
  if (open.length === 0) return ok('secret-files', `${looked} files, closed to other users`);
  const seen = `other users may read or write ${open.join(', ')}`;
  return warn('secret-files', seen, `run chmod go-rwx ${open.join(' ')}`);
}
