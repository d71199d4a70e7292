import type { ChatMessage, ChatRemoval, ChatSettings } from '../../../contract/index.ts';
import type { Database, Queryable } from '../../store/sql/index.ts';
import type { NumberedEntry } from './bus.ts';

/** A room's settings until its owner says otherwise. */
export const DEFAULT_SETTINGS: ChatSettings = { slowModeS: 3, guestsMayPost: true };

/** What a room is opened with. */
export interface StoredRoom {
  readonly settings: ChatSettings;
  /** The highest number kept; 0: none. */
  readonly lastSeq: number;
  /** The latest messages that were not removed, oldest first. */
  readonly recent: readonly (NumberedEntry & { readonly entry: ChatMessage })[];
}

/** An entry on its way into the database. */
export interface UnkeptEntry extends NumberedEntry {
  readonly streamId: string;
}

/** Where messages and settings outlive the process. */
export interface ChatStore {
  load(streamId: string, limit: number): Promise<StoredRoom>;
  /** Keeps all or none. Entries that were kept before are passed over. */
  write(batch: readonly UnkeptEntry[], now: Date): Promise<void>;
  saveSettings(streamId: string, settings: ChatSettings, now: Date): Promise<void>;
}

interface MessageRow {
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
}

interface SettingsRow {
  readonly slow_mode_s: number;
  readonly guests_may_post: boolean;
}

/** Chat in PostgreSQL's tables, see migration 0002. */
export class SqlChatStore implements ChatStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async load(streamId: string, limit: number): Promise<StoredRoom> {
    const [settings] = await this.#database.query<SettingsRow>(
      'select slow_mode_s, guests_may_post from chat_settings where stream_id = $1',
      [streamId],
    );
    const [last] = await this.#database.query<{ seq: number | null }>(
      'select max(seq) as seq from chat_messages where stream_id = $1',
      [streamId],
    );
    const rows = await this.#database.query<MessageRow>(
      `select seq, epoch, id, posted_at, broadcast_id, stream_time_ms, author_id, author_name,
         author_roles, fragments, reply_to, nonce, is_paid
       from chat_messages where stream_id = $1 and removed_at is null
       order by seq desc limit $2`,
      [streamId, limit],
    );
    return {
      settings:
        settings === undefined
          ? DEFAULT_SETTINGS
          : { slowModeS: settings.slow_mode_s, guestsMayPost: settings.guests_may_post },
      lastSeq: last?.seq ?? 0,
      recent: rows.map(numberedOf).reverse(),
    };
  }

  async write(batch: readonly UnkeptEntry[], now: Date): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      await insertMessages(transaction, batch);
      for (const { streamId, entry } of batch) {
        if (entry.type === 'removal') await remove(transaction, { streamId, entry, now });
      }
    });
  }

  async saveSettings(streamId: string, settings: ChatSettings, now: Date): Promise<void> {
    await this.#database.query(
      `insert into chat_settings (stream_id, slow_mode_s, guests_may_post, updated_at)
       values ($1, $2, $3, $4)
       on conflict (stream_id) do update set slow_mode_s = excluded.slow_mode_s,
         guests_may_post = excluded.guests_may_post, updated_at = excluded.updated_at`,
      [streamId, settings.slowModeS, settings.guestsMayPost, now],
    );
  }
}

async function insertMessages(
  transaction: Queryable,
  batch: readonly UnkeptEntry[],
): Promise<void> {
  const rows = batch.flatMap(rowOf);
  if (rows.length === 0) return;
  // A try whose outcome was not known may have kept them; another message in a place is a fault.
  await transaction.query(
    `insert into chat_messages (stream_id, seq, epoch, id, posted_at, broadcast_id,
       stream_time_ms, author_id, author_name, author_roles, fragments, reply_to, nonce, is_paid)
     select stream_id, seq, epoch, id, posted_at, broadcast_id,
       stream_time_ms, author_id, author_name, author_roles, fragments, reply_to, nonce, is_paid
     from jsonb_to_recordset($1::jsonb) as row(stream_id text, seq bigint, epoch text, id text,
       posted_at timestamptz, broadcast_id text, stream_time_ms bigint, author_id text,
       author_name text, author_roles text[], fragments jsonb, reply_to text, nonce text,
       is_paid boolean)
     on conflict (id) do nothing`,
    [JSON.stringify(rows)],
  );
}

async function remove(
  transaction: Queryable,
  {
    streamId,
    entry,
    now,
  }: { readonly streamId: string; readonly entry: ChatRemoval; readonly now: Date },
): Promise<void> {
  await transaction.query(
    `update chat_messages set removed_at = $3
     where stream_id = $1 and id = any($2) and removed_at is null`,
    [streamId, entry.ids, now],
  );
}

function rowOf({ streamId, entry, epoch, nonce }: UnkeptEntry) {
  if (entry.type !== 'message') return [];
  const { seq, id, timestamp, streamTime, broadcastId, author, fragments, replyTo } = entry;
  return [
    {
      ...{ stream_id: streamId, seq, epoch, id, nonce, fragments },
      posted_at: timestamp,
      broadcast_id: broadcastId,
      stream_time_ms: Math.round(streamTime * 1000),
      author_id: author.id,
      author_name: author.name,
      author_roles: author.roles,
      reply_to: replyTo ?? null,
      is_paid: entry.isPaid === true,
    },
  ];
}

function numberedOf(row: MessageRow): NumberedEntry & { readonly entry: ChatMessage } {
  const { seq, id, fragments, epoch, nonce } = row;
  const entry: ChatMessage = {
    type: 'message',
    ...{ seq, id },
    timestamp: row.posted_at.toISOString(),
    streamTime: row.stream_time_ms / 1000,
    broadcastId: row.broadcast_id,
    author: { id: row.author_id, name: row.author_name, roles: row.author_roles },
    fragments,
    ...(row.reply_to === null ? {} : { replyTo: row.reply_to }),
    ...(row.is_paid ? { isPaid: true } : {}),
  };
  return { entry, epoch, nonce };
}
