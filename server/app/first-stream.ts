/** The stream that a newcomer finds ready: made on the first start, its key shown at each one. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, systemCodeOf } from '../base/index.ts';
import type { Channels, Stream } from '../channel/index.ts';

const KEY_FILE = 'first-stream-key';
const OWNER_ONLY = 0o600;

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
  channels: Channels,
  { dataDir, demoId }: { readonly dataDir: string; readonly demoId: string | undefined },
): Promise<FirstStream | undefined> {
  const path = join(dataDir, KEY_FILE);
  const page = await channels.list({ limit: 2 });
  assert('streams' in page, 'a list without a cursor is never refused');
  if (page.streams.some(({ id }) => id !== demoId)) return findAgain(channels, path);
  const draft = { broadcasterId: 'me', title: 'My stream' };
  const made = await channels.create(draft, { kind: 'system', id: null, remoteAddress: null });
  assert(!('refused' in made), 'a server without streams has room for one');
  await writeFile(path, `${made.streamKey}\n`, { mode: OWNER_ONLY });
  return made;
}

async function findAgain(channels: Channels, path: string): Promise<FirstStream | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const streamKey = text.trim();
  const stream = await channels.streamOfKey(streamKey);
  return 'refused' in stream ? undefined : { stream, streamKey };
}
