/** All that was said in a room, as JSON Lines, read in pages: never the whole of it in memory. */
import type { ChatMessage } from '../../../contract/index.ts';
import type { Queryable } from '../../store/sql/index.ts';
import { type MessageRow, messageOf } from './message-row.ts';

/** Messages read at a time: about 100 KB. */
const PAGE_MESSAGES = 500;

/** Which messages are wanted. */
export interface ChatExport {
  readonly streamId: string;
  /** Only those of this broadcast. */
  readonly broadcastId?: string | undefined;
  /** Also those that were taken back, marked by `removedAt`. */
  readonly withRemoved: boolean;
}

interface ExportRow extends MessageRow {
  readonly removed_at: Date | null;
}

/** A message as a line of the export. */
type ExportedMessage = ChatMessage & { readonly removedAt?: string };

/** Before all that was ever said. */
const BEGINNING: Pick<ExportRow, 'posted_at' | 'seq' | 'epoch'> = {
  ...{ posted_at: new Date(0), seq: 0, epoch: '' },
};

/**
 * The lines, some at a time, by the time at which they were said, then by their number and the run
 * that gave it: numbers alone may be given twice, by servers that were apart. The next ones are read
 * when they are asked for. What is said meanwhile may be among them. Throws the database's errors.
 */
export async function* exportChat(
  database: Queryable,
  { streamId, broadcastId = '', withRemoved }: ChatExport,
): AsyncGenerator<string, void, void> {
  for (let after = BEGINNING; ; ) {
    const rows = await database.query<ExportRow>(
      `select * from chat_messages
       where stream_id = $1 and (posted_at, seq, epoch) > ($2::timestamptz, $3::bigint, $4::text)
         and ($5 = '' or broadcast_id = $5) and ($6 or removed_at is null)
       order by posted_at, seq, epoch limit $7`,
      [
        ...[streamId, after.posted_at, after.seq, after.epoch],
        ...[broadcastId, withRemoved, PAGE_MESSAGES],
      ],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => `${JSON.stringify(exported(row))}\n`).join('');
    if (rows.length < PAGE_MESSAGES) return;
    after = last;
  }
}

function exported(row: ExportRow): ExportedMessage {
  const entry = messageOf(row);
  return row.removed_at === null ? entry : { ...entry, removedAt: row.removed_at.toISOString() };
}
