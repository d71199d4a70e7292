/** The rows of `streams`: how they are read, found and written. */
import type { StreamStatus } from '../../contract/index.ts';
import { assert } from '../base/index.ts';
import type { Queryable } from '../store/sql/index.ts';
import { isCutOff } from './cut-off-reason.ts';
import type { Stream, StreamChanges, StreamTraits } from './stream.ts';

/** A row of `streams`, with `s.` before the names that a join could mistake. */
export interface StreamRow {
  readonly id: string;
  readonly broadcaster_id: string;
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly status: StreamStatus;
  readonly is_disabled: boolean;
  readonly is_once: boolean;
  readonly chat_enabled: boolean;
  readonly recording_enabled: boolean;
  readonly is_premium: boolean;
  readonly drm_required: boolean;
  readonly ladder: string | null;
  readonly scheduled_start: Date | null;
  readonly actual_start: Date | null;
  readonly ended_at: Date | null;
  readonly broadcast_id: string | null;
  readonly end_reason: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** What a query selects for `streamOf`, of a table called `s`. */
export const STREAM_COLUMNS = `s.id, s.broadcaster_id, s.title, s.description, s.category, s.status,
  s.is_disabled, s.is_once, s.chat_enabled, s.recording_enabled, s.is_premium, s.drm_required,
  s.ladder, s.scheduled_start, s.actual_start, s.ended_at, s.broadcast_id, s.created_at,
  s.updated_at, (select b.end_reason from broadcasts b where b.id = s.broadcast_id) as end_reason`;

/** Which column holds which trait. */
const TRAIT_COLUMNS: Readonly<Record<keyof StreamTraits, string>> = {
  title: 'title',
  description: 'description',
  category: 'category',
  chatEnabled: 'chat_enabled',
  recordingEnabled: 'recording_enabled',
  isPremium: 'is_premium',
  drmRequired: 'drm_required',
  isDisabled: 'is_disabled',
  ladder: 'ladder',
};

/** The stream of a row. */
export function streamOf(row: StreamRow): Stream {
  const { broadcast_id: broadcastId, actual_start: start } = row;
  return {
    id: row.id,
    broadcasterId: row.broadcaster_id,
    title: row.title,
    description: row.description,
    category: row.category,
    status: row.status,
    isDisabled: row.is_disabled,
    isOnce: row.is_once,
    chatEnabled: row.chat_enabled,
    recordingEnabled: row.recording_enabled,
    isPremium: row.is_premium,
    drmRequired: row.drm_required,
    ladder: row.ladder,
    scheduledStartMs: row.scheduled_start?.getTime() ?? null,
    broadcast:
      broadcastId === null || start === null
        ? null
        : {
            id: broadcastId,
            startedAtMs: start.getTime(),
            endedAtMs: row.ended_at?.getTime() ?? null,
            isCutOff: isCutOff(row.end_reason),
          },
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
  };
}

/** Adds a stream; false when its id is taken. */
export async function insertStream(database: Queryable, stream: Stream): Promise<boolean> {
  const { broadcast } = stream;
  const rows = await database.query(
    `insert into streams
       (id, broadcaster_id, title, description, category, status, is_disabled, is_once,
        chat_enabled, recording_enabled, is_premium, drm_required, ladder, scheduled_start,
        broadcast_id, actual_start, ended_at, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
     on conflict (id) do nothing returning id`,
    [
      stream.id,
      stream.broadcasterId,
      stream.title,
      stream.description,
      stream.category,
      stream.status,
      stream.isDisabled,
      stream.isOnce,
      stream.chatEnabled,
      stream.recordingEnabled,
      stream.isPremium,
      stream.drmRequired,
      stream.ladder,
      dateOf(stream.scheduledStartMs),
      broadcast?.id ?? null,
      dateOf(broadcast?.startedAtMs ?? null),
      dateOf(broadcast?.endedAtMs ?? null),
      new Date(stream.createdAtMs),
      new Date(stream.updatedAtMs),
    ],
  );
  return rows.length > 0;
}

/** The stream with this id. */
export async function findStream(database: Queryable, id: string): Promise<Stream | undefined> {
  const [row] = await database.query<StreamRow>(
    `select ${STREAM_COLUMNS} from streams s where s.id = $1`,
    [id],
  );
  return row === undefined ? undefined : streamOf(row);
}

/** The stream with this id; other transactions that want to change it wait until this one ends. */
export async function lockStream(transaction: Queryable, id: string): Promise<Stream | undefined> {
  const [row] = await transaction.query<StreamRow>(
    `select ${STREAM_COLUMNS} from streams s where s.id = $1 for update`,
    [id],
  );
  return row === undefined ? undefined : streamOf(row);
}

/** Writes traits of a stream that is locked; at least one. */
export async function updateTraits(
  transaction: Queryable,
  id: string,
  { changes, at }: { readonly changes: StreamChanges; readonly at: Date },
): Promise<Stream> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  assert(given.length > 0, `Cannot change stream ${id}: nothing is to be changed`);
  // Names of columns come from our own table, never from who asked.
  const sets = given.map(
    ([name], index) => `${TRAIT_COLUMNS[name as keyof StreamTraits]} = $${index + 3}`,
  );
  const [row] = await transaction.query<StreamRow>(
    `update streams s set updated_at = $2, ${sets.join(', ')} where s.id = $1
     returning ${STREAM_COLUMNS}`,
    [id, at, ...given.map(([, value]) => value)],
  );
  assert(row !== undefined, `Cannot change stream ${id}: it is not there`);
  return streamOf(row);
}

/** Announces when a stream that is locked begins; null takes that back. */
export async function updateSchedule(
  transaction: Queryable,
  { id, status, scheduledStartMs }: Stream,
  at: Date,
): Promise<void> {
  await transaction.query(
    'update streams set status = $2, scheduled_start = $3, updated_at = $4 where id = $1',
    [id, status, dateOf(scheduledStartMs), at],
  );
}

/** Removes a stream with all that belongs to it. */
export async function deleteStream(transaction: Queryable, id: string): Promise<void> {
  await transaction.query('delete from streams where id = $1', [id]);
}

/** A moment as the database takes it. */
export function dateOf(epochMs: number | null): Date | null {
  return epochMs === null ? null : new Date(epochMs);
}

/** How many streams a broadcaster has. */
export async function countStreams(transaction: Queryable, broadcasterId: string): Promise<number> {
  const [row] = await transaction.query<{ readonly count: number }>(
    'select count(*)::int as count from streams where broadcaster_id = $1',
    [broadcasterId],
  );
  return row?.count ?? 0;
}
