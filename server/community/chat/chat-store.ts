import type { ChatEntry, ChatMessage, ChatSettings } from '../../../contract/index.ts';
import type { Database, Queryable } from '../../store/sql/index.ts';
import type { NumberedEntry } from './bus.ts';
import { MESSAGE_COLUMNS, type MessageRow, messageOf } from './message-row.ts';

/** A room's settings until its owner says otherwise. */
export const DEFAULT_SETTINGS: ChatSettings = {
  slowModeS: 3,
  guestsMayPost: true,
  subscribersOnly: false,
  followersOnlyMinutes: null,
  emoteOnly: false,
  uniqueChat: false,
  shield: false,
};

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
  settings(streamId: string): Promise<ChatSettings>;
  /** Which of these messages were taken out of sight. */
  hidden(streamId: string, ids: readonly string[]): Promise<readonly string[]>;
  /** Changes what is named and leaves the rest as it is. Returns all. */
  changeSettings(
    streamId: string,
    changes: Partial<ChatSettings>,
    now: Date,
  ): Promise<ChatSettings>;
}

/** What takes messages out of sight. */
type Concealment = Exclude<ChatEntry, ChatMessage>;

/** By settings. */
const COLUMN_OF = {
  slowModeS: 'slow_mode_s',
  guestsMayPost: 'guests_may_post',
  subscribersOnly: 'subscribers_only',
  followersOnlyMinutes: 'followers_only_minutes',
  emoteOnly: 'emote_only',
  uniqueChat: 'unique_chat',
  shield: 'shield',
} as const satisfies Readonly<Record<keyof ChatSettings, string>>;
const COLUMNS = Object.values(COLUMN_OF).join(', ');
const SETTINGS = Object.entries(COLUMN_OF)
  .map(([setting, column]) => `${column} as "${setting}"`)
  .join(', ');

/** Chat in PostgreSQL's tables, see migrations 0002 and 0003. */
export class SqlChatStore implements ChatStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async load(streamId: string, limit: number): Promise<StoredRoom> {
    const [last] = await this.#database.query<{ seq: number | null }>(
      'select max(seq) as seq from chat_messages where stream_id = $1',
      [streamId],
    );
    const rows = await this.#database.query<MessageRow>(
      `select ${MESSAGE_COLUMNS} from chat_messages
       where stream_id = $1 and removed_at is null
       order by seq desc limit $2`,
      [streamId, limit],
    );
    return {
      settings: await this.settings(streamId),
      lastSeq: last?.seq ?? 0,
      recent: rows.map(numberedOf).reverse(),
    };
  }

  async write(batch: readonly UnkeptEntry[], now: Date): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      await insertMessages(transaction, batch);
      for (const { streamId, entry } of batch) {
        if (entry.type !== 'message') await hide(transaction, { streamId, entry, now });
      }
    });
  }

  async settings(streamId: string): Promise<ChatSettings> {
    const [settings] = await this.#database.query<ChatSettings>(
      `select ${SETTINGS} from chat_settings where stream_id = $1`,
      [streamId],
    );
    return settings ?? DEFAULT_SETTINGS;
  }

  async hidden(streamId: string, ids: readonly string[]): Promise<readonly string[]> {
    const rows = await this.#database.query<{ readonly id: string }>(
      `select id from chat_messages
       where stream_id = $1 and id = any($2) and removed_at is not null`,
      [streamId, ids],
    );
    return rows.map(({ id }) => id);
  }

  async changeSettings(
    streamId: string,
    changes: Partial<ChatSettings>,
    now: Date,
  ): Promise<ChatSettings> {
    const { slowModeS, guestsMayPost, subscribersOnly, ...modes } = {
      ...DEFAULT_SETTINGS,
      ...changes,
    };
    const { followersOnlyMinutes, emoteOnly, uniqueChat, shield } = modes;
    const changed = Object.entries(COLUMN_OF).filter(([setting]) =>
      Object.hasOwn(changes, setting),
    );
    // Another server may have changed the others a moment ago.
    const updates = changed.map(([, column]) => `${column} = excluded.${column}, `).join('');
    const [settings] = await this.#database.query<ChatSettings>(
      `insert into chat_settings (stream_id, updated_at, ${COLUMNS})
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict (stream_id) do update set ${updates} updated_at = excluded.updated_at
       returning ${SETTINGS}`,
      [
        ...[streamId, now, slowModeS, guestsMayPost, subscribersOnly],
        ...[followersOnlyMinutes, emoteOnly, uniqueChat, shield],
      ],
    );
    if (settings === undefined) throw new Error('Cannot change settings: no row was written');
    return settings;
  }
}

async function insertMessages(
  transaction: Queryable,
  batch: readonly UnkeptEntry[],
): Promise<void> {
  // The latest number counts: servers that were apart give some entries another.
  const rows = [...new Map(batch.flatMap(rowOf).map((row) => [row.id, row])).values()];
  if (rows.length === 0) return;
  // A try whose outcome was not known may have kept them; another message in a place is a fault.
  // A server that is apart bars authors, and hides what they wrote, without knowing what comes here. Their clocks are
  // compared, so messages of the moment of a ban may stay in sight by as much as the clocks differ.
  await transaction.query(
    `insert into chat_messages (stream_id, seq, epoch, id, posted_at, broadcast_id,
       stream_time_ms, author_id, author_name, author_roles, fragments, reply_to, nonce, is_paid,
       kind, removed_at)
     select stream_id, seq, epoch, id, posted_at, broadcast_id,
       stream_time_ms, author_id, author_name, author_roles, fragments, reply_to, nonce, is_paid,
       kind, (select ban.created_at from chat_bans ban
         where ban.stream_id = row.stream_id and ban.author_id = row.author_id
           and ban.created_at >= row.posted_at)
     from jsonb_to_recordset($1::jsonb) as row(stream_id text, seq bigint, epoch text, id text,
       posted_at timestamptz, broadcast_id text, stream_time_ms bigint, author_id text,
       author_name text, author_roles text[], fragments jsonb, reply_to text, nonce text,
       is_paid boolean, kind text)
     on conflict (id) do update set seq = excluded.seq, epoch = excluded.epoch
       where (chat_messages.seq, chat_messages.epoch) <> (excluded.seq, excluded.epoch)`,
    [JSON.stringify(rows)],
  );
}

async function hide(
  transaction: Queryable,
  { streamId, entry, now }: { readonly streamId: string; entry: Concealment; readonly now: Date },
): Promise<void> {
  const shown = `update chat_messages set removed_at = $2
    where stream_id = $1 and removed_at is null`;
  switch (entry.type) {
    case 'removal':
      await transaction.query(`${shown} and id = any($3)`, [streamId, now, entry.ids]);
      break;
    case 'purge': {
      const { authorId, seq } = entry;
      const values = [streamId, now, authorId, seq];
      await transaction.query(`${shown} and author_id = $3 and seq < $4`, values);
      break;
    }
    case 'clear':
      await transaction.query(`${shown} and seq < $3`, [streamId, now, entry.seq]);
      break;
  }
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
      kind: entry.kind ?? null,
    },
  ];
}

function numberedOf(row: MessageRow): NumberedEntry & { readonly entry: ChatMessage } {
  const { epoch, nonce } = row;
  return { entry: messageOf(row), epoch, nonce };
}
