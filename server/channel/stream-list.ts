/** Pages of streams, newest first. */
import type { Refusal, StreamStatus } from '../../contract/index.ts';
import type { Queryable } from '../store/sql/index.ts';
import type { Stream } from './stream.ts';
import { STREAM_COLUMNS, type StreamRow, streamOf } from './stream-table.ts';

/** Streams on one page. */
export const MAX_PAGE = 100;
const DEFAULT_PAGE = 50;
/** Longer ones are not ours. */
const MAX_CURSOR_LENGTH = 200;
/** The end of the year 9999: of later times the database reads another form. */
const LAST_MS = Date.UTC(9999, 11, 31);

/** Which streams are wanted; what is missing does not limit. */
export interface StreamFilter {
  readonly status?: StreamStatus | undefined;
  readonly category?: string | undefined;
  readonly broadcasterId?: string | undefined;
  /** In the title, the description or the category, without regard to case. */
  readonly q?: string | undefined;
  /** `next_cursor` of the page before. */
  readonly cursor?: string | undefined;
  /** 1 to `MAX_PAGE`; 50 without it. */
  readonly limit?: number | undefined;
}

/** One page. */
export interface StreamPage {
  readonly streams: readonly Stream[];
  /** Where the next page begins; null on the last one. */
  readonly nextCursor: string | null;
}

/** One page of the streams that fit the filter; refuses a cursor that is not one of ours. */
export async function listStreams(
  database: Queryable,
  filter: StreamFilter,
): Promise<StreamPage | Refusal> {
  const after = filter.cursor === undefined ? undefined : readCursor(filter.cursor);
  if (after === null) {
    const detail = 'Cannot list streams: the cursor is not one that was given out';
    const errors = [{ field: 'cursor', message: 'is not one that was given out' }];
    return { refused: 'invalid_request', detail, errors };
  }
  const limit = Math.min(Math.max(filter.limit ?? DEFAULT_PAGE, 1), MAX_PAGE);
  const rows = await database.query<StreamRow>(
    `select ${STREAM_COLUMNS} from streams s
     where ($1::text is null or s.status = $1)
       and ($2::text is null or s.category = $2)
       and ($3::text is null or s.broadcaster_id = $3)
       and ($4::text is null or s.title ilike $4 or s.description ilike $4 or s.category ilike $4)
       and ($5::timestamptz is null or (s.created_at, s.id) < ($5, $6::text))
     order by s.created_at desc, s.id desc limit $7`,
    [
      filter.status ?? null,
      filter.category ?? null,
      filter.broadcasterId ?? null,
      filter.q === undefined ? null : `%${filter.q.replace(/[\\%_]/g, '\\$&')}%`,
      after?.createdAt ?? null,
      after?.id ?? null,
      limit + 1,
    ],
  );
  const streams = rows.slice(0, limit).map(streamOf);
  const last = streams.at(-1);
  const isLast = rows.length <= limit || last === undefined;
  return { streams, nextCursor: isLast ? null : writeCursor(last) };
}

function writeCursor({ createdAtMs, id }: Stream): string {
  return Buffer.from(`${createdAtMs} ${id}`).toString('base64url');
}

/** Null for what is none. */
function readCursor(cursor: string): { readonly createdAt: Date; readonly id: string } | null {
  if (cursor.length > MAX_CURSOR_LENGTH) return null;
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, createdAtMs = '', id = ''] = /^(\d{1,15}) ([A-Za-z0-9._-]{1,100})$/.exec(text) ?? [];
  const isOurs = id !== '' && Number(createdAtMs) <= LAST_MS;
  return isOurs ? { createdAt: new Date(Number(createdAtMs)), id } : null;
}
