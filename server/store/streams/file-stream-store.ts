import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { assert } from '../../base/index.ts';
import type { StreamRecord, StreamStore } from './stream-store.ts';

/** Only the server's own user reads the file: it says who broadcasts what. */
const FILE_MODE = 0o600;

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

/** The file of streams cannot be understood. It is left as it is, for a person to look at. */
export class CorruptStoreError extends Error {
  override readonly name = 'CorruptStoreError';
}

/** One write under way or to come, and those who wait for it. */
interface Batch {
  readonly records: Map<string, StreamRecord>;
  readonly written: Promise<void>;
}

/**
 * Keeps all streams in one JSON file. A change writes the whole file beside the old one, flushes
 * it and renames it over: a crash leaves the old or the new, never half of either. Changes that
 * arrive while a write is under way share the next one, so that a hundred streams going live at
 * once cost two writes.
 */
export class FileStreamStore implements StreamStore {
  readonly #path: string;
  #kept: ReadonlyMap<string, StreamRecord> | undefined;
  #next: Batch | undefined;
  #lastWrite: Promise<void> = Promise.resolve();
  #closed = false;

  /** Nothing is touched before `load`. */
  constructor(path: string) {
    this.#path = path;
  }

  /** A missing file is an empty store; any other unreadable one throws `CorruptStoreError`. */
  async load(): Promise<readonly StreamRecord[]> {
    if (this.#kept === undefined) {
      const text = await readIfPresent(this.#path);
      const records = text === undefined ? [] : parse(text, this.#path);
      this.#kept = new Map(records.map((record) => [record.id, record]));
    }
    return [...this.#kept.values()];
  }

  async put(record: StreamRecord): Promise<void> {
    assert(!this.#closed, `Cannot put stream ${record.id}: the store is closed`);
    assert(this.#kept !== undefined, `Cannot put stream ${record.id}: the store is not loaded`);
    this.#next ??= this.#schedule();
    this.#next.records.set(record.id, record);
    await this.#next.written;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#lastWrite;
  }

  #schedule(): Batch {
    const records = new Map<string, StreamRecord>();
    const written = this.#lastWrite.then(async () => {
      this.#next = undefined;
      await this.#write(records);
    });
    // Each `put` of the batch sees the failure; the write after it must run all the same.
    this.#lastWrite = written.catch(() => undefined);
    return { records, written };
  }

  async #write(changes: ReadonlyMap<string, StreamRecord>): Promise<void> {
    const records = new Map([...(this.#kept ?? []), ...changes]);
    const text = `${JSON.stringify({ version: 1, streams: [...records.values()] }, null, 2)}\n`;
    await replaceFile(this.#path, text);
    this.#kept = records;
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string, path: string): readonly StreamRecord[] {
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
  const ids = new Set(result.data.streams.map((record) => record.id));
  if (ids.size !== result.data.streams.length) throw corrupt(path, 'two streams share an id');
  return result.data.streams;
}

function corrupt(path: string, why: string, options?: ErrorOptions): CorruptStoreError {
  return new CorruptStoreError(
    `Cannot read the streams in ${path}: ${why}. Restore the file from a copy, or move it away ` +
      'to begin without streams.',
    options,
  );
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  const file = await open(temporary, 'w', FILE_MODE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
