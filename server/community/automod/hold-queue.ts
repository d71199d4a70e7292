/**
 * Messages that wait for a moderator: in the database, so that they are the same on every server
 * and outlive it. What nobody looked at in time has expired and never gets in.
 */
import type {
  ChatAuthor,
  ChatFragment,
  ChatHeld,
  ChatMessage,
  Refusal,
} from '../../../contract/index.ts';
import { type Clock, newId } from '../../base/index.ts';
import { type Actor, appendAudit, type Database, type Queryable } from '../../store/sql/index.ts';

/** How long a message waits: what is let in later answers nobody any more. */
export const HELD_MS = 10 * 60_000;
/** Of one room: what two moderators get through in that time. */
export const MOST_WAITING = 300;
/** Of one author in one room, so that one alone cannot fill it. */
export const MOST_WAITING_OF_AUTHOR = 3;
/** After a room was found full nobody asks the database again for so long. */
const FULL_MS = 2_000;
/** Rooms of which that is known at once. */
const MOST_FULL = 1_000;
/** How long what was decided or expired is kept. */
const KEPT_MS = 24 * 3_600_000;

/** What the queue needs of the rest. */
export interface HoldQueueSettings {
  readonly database: Database;
  readonly clock: Clock;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** Tells the moderators of the room, on every server. */
  readonly tell: (streamId: string, held: ChatHeld) => Promise<void>;
  /** Puts a message into the room as if its author had just written it. */
  readonly say: (streamId: string, message: HeldMessage) => Promise<void>;
}

/** What is held of a message. */
export interface HeldMessage {
  readonly author: ChatAuthor;
  readonly fragments: readonly ChatFragment[];
  /** The id of the message that it answers. */
  readonly replyTo?: string | undefined;
  readonly kind?: ChatMessage['kind'];
}

interface HeldRow {
  readonly id: string;
  readonly author_id: string;
  readonly author_name: string;
  readonly author_roles: ChatAuthor['roles'];
  readonly fragments: readonly ChatFragment[];
  readonly reply_to: string | null;
  readonly kind: ChatMessage['kind'] | null;
  readonly reason: string;
  readonly state: 'waiting' | 'approved' | 'denied';
  readonly held_at: Date;
  readonly expires_at: Date;
}

const COLUMNS =
  'id, author_id, author_name, author_roles, fragments, reply_to, kind, reason, state, held_at, expires_at';

/** See the top of the file. */
export class HoldQueue {
  readonly #settings: HoldQueueSettings;
  /** Monotonic milliseconds until which a room counts as full. */
  readonly #fullUntilMs = new Map<string, number>();

  constructor(settings: HoldQueueSettings) {
    this.#settings = settings;
  }

  /** Holds a message and tells the moderators; false: too many wait already. Rejects without a database. */
  async hold(streamId: string, message: HeldMessage, reason: string): Promise<boolean> {
    const { clock, tell } = this.#settings;
    if ((this.#fullUntilMs.get(streamId) ?? 0) > clock.monotonicMs()) return false;
    const added = await this.#add(streamId, message, reason);
    if (added === 'room_full') this.#full(streamId);
    if (added === 'room_full' || added === 'author_full') return false;
    // The same again, of a client that did not see the answer, waits already.
    if (added !== 'known') await tell(streamId, viewOf(added, clock.epochMs()));
    return true;
  }

  /** What waits in a room, oldest first. */
  async list(streamId: string): Promise<readonly ChatHeld[]> {
    const { database, clock } = this.#settings;
    const nowMs = clock.epochMs();
    const rows = await database.query<HeldRow>(
      `select ${COLUMNS} from chat_held
       where stream_id = $1 and state = 'waiting' and expires_at > $2
       order by held_at, id limit ${MOST_WAITING}`,
      [streamId, new Date(nowMs)],
    );
    return rows.map((row) => viewOf(row, nowMs));
  }

  /** Lets a message in, or not. */
  async decide(
    streamId: string,
    { id, state }: { readonly id: string; readonly state: 'approved' | 'denied' },
    actor: Actor,
  ): Promise<ChatHeld | Refusal> {
    const { database, clock, tell, say } = this.#settings;
    const nowMs = clock.epochMs();
    const now = new Date(nowMs);
    // In the database first: of two who approve at once only one lets it in.
    const row = await database.transaction(async (transaction) => {
      const [decided] = await transaction.query<HeldRow>(
        `update chat_held set state = $4
         where stream_id = $1 and id = $2 and state = 'waiting' and expires_at > $3
         returning ${COLUMNS}`,
        [streamId, id, now, state],
      );
      if (decided === undefined) return undefined;
      await appendAudit(transaction, {
        ...{ at: now, actor, action: state === 'approved' ? 'chat.approve' : 'chat.deny' },
        ...{ objectKind: 'stream', objectId: streamId },
        changes: { heldId: id, authorId: decided.author_id, authorName: decided.author_name },
      });
      return decided;
    });
    if (row === undefined) {
      const detail = `Cannot decide on held message ${JSON.stringify(id)}: it does not wait here`;
      return { refused: 'held_not_found', detail };
    }
    const held = viewOf(row, nowMs);
    if (state === 'approved') await say(streamId, held);
    await tell(streamId, held);
    return held;
  }

  /** Denies what waits of an author who may not write any more. */
  async purge(streamId: string, authorId: string): Promise<void> {
    const { database, clock, tell } = this.#settings;
    const rows = await database.query<HeldRow>(
      `update chat_held set state = 'denied'
       where stream_id = $1 and author_id = $2 and state = 'waiting' returning ${COLUMNS}`,
      [streamId, authorId],
    );
    for (const row of rows) await tell(streamId, viewOf(row, clock.epochMs()));
  }

  #add(
    streamId: string,
    { author, fragments, replyTo, kind }: HeldMessage,
    reason: string,
  ): Promise<HeldRow | 'room_full' | 'author_full' | 'known'> {
    const { database, clock, randomBytes } = this.#settings;
    const nowMs = clock.epochMs();
    const now = new Date(nowMs);
    const json = JSON.stringify(fragments);
    const id = newId('held', nowMs, randomBytes);
    return database.transaction(async (transaction) => {
      await sweep(transaction, new Date(nowMs - KEPT_MS));
      const [waiting] = await transaction.query<{ all: number; own: number; same: number }>(
        `select count(*) as all, count(*) filter (where author_id = $3) as own,
           count(*) filter (where author_id = $3 and fragments = $4::jsonb) as same
         from chat_held where stream_id = $1 and state = 'waiting' and expires_at > $2`,
        [streamId, now, author.id, json],
      );
      if (Number(waiting?.same) > 0) return 'known';
      if (Number(waiting?.all) >= MOST_WAITING) return 'room_full';
      if (Number(waiting?.own) >= MOST_WAITING_OF_AUTHOR) return 'author_full';
      const [row] = await transaction.query<HeldRow>(
        `insert into chat_held (id, stream_id, author_id, author_name, author_roles, fragments,
           reason, state, held_at, expires_at, reply_to, kind)
         values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9, $10, $11) returning ${COLUMNS}`,
        [
          id,
          streamId,
          author.id,
          author.name,
          author.roles,
          json,
          reason,
          now,
          new Date(nowMs + HELD_MS),
          replyTo ?? null,
          kind ?? null,
        ],
      );
      return row ?? 'known';
    });
  }

  #full(streamId: string): void {
    this.#fullUntilMs.set(streamId, this.#settings.clock.monotonicMs() + FULL_MS);
    if (this.#fullUntilMs.size <= MOST_FULL) return;
    const [oldest] = this.#fullUntilMs.keys();
    if (oldest !== undefined) this.#fullUntilMs.delete(oldest);
  }
}

/** A few at a time: each message that is held takes away more than it brings. */
async function sweep(transaction: Queryable, before: Date): Promise<void> {
  await transaction.query(
    `delete from chat_held where id in (
       select id from chat_held where expires_at < $1 order by expires_at limit 20)`,
    [before],
  );
}

function viewOf(row: HeldRow, nowMs: number): ChatHeld {
  const { id, fragments, reason, state, reply_to: replyTo, kind } = row;
  const isExpired = state === 'waiting' && row.expires_at.getTime() <= nowMs;
  return {
    ...(replyTo === null ? {} : { replyTo }),
    ...(kind === null || kind === undefined ? {} : { kind }),
    ...{ id, fragments, reason, state: isExpired ? 'expired' : state },
    author: { id: row.author_id, name: row.author_name, roles: row.author_roles },
    heldAt: row.held_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
