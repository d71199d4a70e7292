/** The stream that a newcomer finds ready: made on the first start, its key shown at each one. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stream, StreamDirectory } from '../account/index.ts';
import { assert } from '../base/index.ts';

const KEY_FILE = 'first-stream-key';
const OWNER_ONLY = 0o600;
const LOOPBACK = '127.0.0.1';

/** A stream and the key to publish to it. */
export interface FirstStream {
  readonly stream: Stream;
  readonly streamKey: string;
}

/**
 * Makes the first stream if there is none but the demo's, and finds its key again otherwise. Keys are
 * kept as hashes, so this one is also in a file that only its owner can read; whoever deletes that
 * file is never shown the key again. Undefined when there is none to show.
 */
export async function firstStream(
  directory: StreamDirectory,
  { dataDir, demoId }: { readonly dataDir: string; readonly demoId: string | undefined },
): Promise<FirstStream | undefined> {
  const path = join(dataDir, KEY_FILE);
  if (directory.list().some(({ id }) => id !== demoId)) return findAgain(directory, path);
  const made = await directory.create({ broadcasterId: 'me', title: 'My stream' });
  assert(!('refused' in made), 'an empty directory has room for a stream');
  await writeFile(path, `${made.streamKey}\n`, { mode: OWNER_ONLY });
  return made;
}

async function findAgain(
  directory: StreamDirectory,
  path: string,
): Promise<FirstStream | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const streamKey = text.trim();
  const grant = directory.authorize({ app: 'live', streamKey, remoteAddress: LOOPBACK });
  if ('refused' in grant) return undefined;
  const stream = directory.get(grant.granted.streamId);
  return stream === undefined ? undefined : { stream, streamKey };
}
