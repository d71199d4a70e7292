/** What versions before the database kept in `streams.json`: taken into the database once. */
import { readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import { type Log, newId, systemCodeOf } from '../base/index.ts';
import type { Database, Queryable } from '../store/sql/index.ts';
import { insertKey } from './key-table.ts';
import type { Stream } from './stream.ts';
import { insertStream } from './stream-table.ts';

/** Streams of one transaction, which must not take long; each is taken as a whole. */
const BATCH_STREAMS = 500;

const epochMs = z.int().nonnegative();

const fileSchema = z.strictObject({
  version: z.literal(1),
  streams: z.array(
    z.strictObject({
      id: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/),
      broadcasterId: z.string(),
      title: z.string(),
      createdAtMs: epochMs,
      keyHash: z.string().regex(/^[0-9a-f]{64}$/),
      keyLast4: z.string().length(4),
      ladder: z.string().optional(),
      broadcast: z
        .strictObject({
          id: z.string().min(1),
          startedAtMs: epochMs,
          endedAtMs: epochMs.nullable(),
        })
        .nullable(),
    }),
  ),
});

type FileStream = z.infer<typeof fileSchema>['streams'][number];

/** The file of streams cannot be understood. It is left as it is, for a person to look at. */
export class StreamsFileError extends Error {
  override readonly name = 'StreamsFileError';
}

/** What an import works with. */
export interface ImportSettings {
  /** Of `streams.json`. */
  readonly path: string;
  readonly database: Database;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly log: Log;
}

/**
 * Takes the streams, their keys and last broadcasts of the file into the database, and renames the
 * file. A missing file is nothing to do; one that cannot be read throws `StreamsFileError`. After a
 * crash in between the next start takes what is missing, and changes nothing else.
 */
export async function importStreamsFile(settings: ImportSettings): Promise<void> {
  const { path, database, randomBytes, log } = settings;
  const text = await readIfPresent(path);
  if (text === undefined) return;
  const streams = parse(text, path);
  for (let at = 0; at < streams.length; at += BATCH_STREAMS) {
    const batch = streams.slice(at, at + BATCH_STREAMS);
    await database.transaction(async (transaction) => {
      for (const stream of batch) await insertOne(transaction, stream, randomBytes);
    });
  }
  await rename(path, `${path}.imported`);
  log.info({ streams: streams.length }, 'streams taken into the database');
}

async function insertOne(
  transaction: Queryable,
  kept: FileStream,
  randomBytes: (size: number) => Uint8Array,
): Promise<void> {
  const { id, createdAtMs, broadcast } = kept;
  if (!(await insertStream(transaction, streamOfFile(kept)))) return;
  if (broadcast !== null) {
    await transaction.query(
      'insert into broadcasts (id, stream_id, started_at, ended_at) values ($1, $2, $3, $4)',
      [
        broadcast.id,
        id,
        new Date(broadcast.startedAtMs),
        broadcast.endedAtMs === null ? null : new Date(broadcast.endedAtMs),
      ],
    );
  }
  await insertKey(transaction, {
    ...{ id: newId('key', createdAtMs, randomBytes), streamId: id, name: '', isMain: true },
    ...{ hash: kept.keyHash, last4: kept.keyLast4, protocols: [], addressRanges: [] },
    ...{ createdAtMs, expiresAtMs: null, revokedAtMs: null, lastUsedAtMs: null },
  });
}

function streamOfFile({ id, broadcasterId, title, ...kept }: FileStream): Stream {
  const { broadcast, createdAtMs, ladder = null } = kept;
  return {
    ...{ id, broadcasterId, title, description: '', category: '', ladder },
    // One that is on air in the file was cut off; it is ended with the others of that kind.
    status: broadcast === null ? 'idle' : broadcast.endedAtMs === null ? 'live' : 'ended',
    ...{ isDisabled: false, isOnce: false, isPremium: false, drmRequired: false },
    ...{ chatEnabled: true, recordingEnabled: false, scheduledStartMs: null },
    broadcast: broadcast === null ? null : { ...broadcast, isCutOff: false },
    ...{ createdAtMs, updatedAtMs: createdAtMs },
  };
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string, path: string): readonly FileStream[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corrupt(path, 'it is not whole JSON', { cause });
  }
  const result = fileSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw corrupt(path, `${issue?.path.join('.')}: ${issue?.message}`, { cause: result.error });
  }
  const ids = new Set(result.data.streams.map((stream) => stream.id));
  if (ids.size !== result.data.streams.length) throw corrupt(path, 'two streams share an id');
  return result.data.streams;
}

function corrupt(path: string, why: string, options?: ErrorOptions): StreamsFileError {
  return new StreamsFileError(
    `Cannot read the streams in ${path}: ${why}. Restore the file from a copy, or move it away ` +
      'to begin without streams.',
    options,
  );
}
