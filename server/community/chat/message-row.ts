import type { ChatMessage } from '../../../contract/index.ts';

/** A message as the database keeps it. */
export interface MessageRow {
  readonly seq: number;
  readonly epoch: string;
  readonly id: string;
  readonly posted_at: Date;
  readonly broadcast_id: string | null;
  readonly stream_time_ms: number;
  readonly author_id: string;
  readonly author_name: string;
  readonly author_roles: ChatMessage['author']['roles'];
  readonly fragments: ChatMessage['fragments'];
  readonly reply_to: string | null;
  readonly nonce: string | null;
  readonly is_paid: boolean;
  readonly kind: NonNullable<ChatMessage['kind']> | null;
}

/** The columns of a `MessageRow`. */
export const MESSAGE_COLUMNS = `seq, epoch, id, posted_at, broadcast_id, stream_time_ms, author_id,
  author_name, author_roles, fragments, reply_to, nonce, is_paid, kind`;

/** The message of a row. */
export function messageOf(row: MessageRow): ChatMessage {
  return {
    type: 'message',
    ...(row.kind === null ? {} : { kind: row.kind }),
    seq: row.seq,
    id: row.id,
    timestamp: row.posted_at.toISOString(),
    streamTime: row.stream_time_ms / 1000,
    broadcastId: row.broadcast_id,
    author: { id: row.author_id, name: row.author_name, roles: row.author_roles },
    fragments: row.fragments,
    ...(row.reply_to === null ? {} : { replyTo: row.reply_to }),
    ...(row.is_paid ? { isPaid: true } : {}),
  };
}
