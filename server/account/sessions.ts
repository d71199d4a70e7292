import type { Refusal, Role } from '../../contract/index.ts';
import { type Actor, appendAudit, type Queryable } from '../store/sql/index.ts';
import { hashSecret, isSecret, makeSecret } from './secrets.ts';
import type { AccountStore } from './users.ts';

const DAY_MS = 86_400_000;
/** A session that nobody uses ends after this; each use begins it anew. */
const IDLE_MS = 14 * DAY_MS;
/** However much it is used: then the password is asked for again. */
const LONGEST_MS = 90 * DAY_MS;
/** Being seen is written down so often at most: a page asks many times a minute. */
const SEEN_EVERY_MS = 60_000;
/** Browsers of one person; the one not seen for longest makes room for another. */
const MAX_SESSIONS = 20;
/** Characters of a browser's own description that are kept. */
const MAX_USER_AGENT_LENGTH = 200;

/** Who signs in, as far as the transport knows. */
export interface Client {
  /** Of the connection itself, or as a trusted proxy says. */
  readonly remoteAddress: string;
  readonly userAgent: string | undefined;
}

/** One place where somebody is signed in. */
export interface Session {
  /** SHA-256 of the secret. */
  readonly idHash: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  readonly remoteAddress: string | null;
  readonly userAgent: string | null;
}

/** Whose session it is, and what they may be at this moment. */
export interface SessionHolder {
  readonly userId: string;
  readonly role: Role;
  readonly idHash: string;
}

interface CheckedRow extends SessionHolder {
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
}

/** Where people are signed in. The secret is in their cookie and nowhere else. */
export class Sessions {
  readonly #store: AccountStore;

  constructor(store: AccountStore) {
    this.#store = store;
  }

  /** Signs a user in within `transaction` and returns the secret. Sessions that are over go. */
  async open(transaction: Queryable, userId: string, client: Client): Promise<string> {
    const secret = makeSecret(this.#store.randomBytes);
    const nowMs = this.#store.clock.epochMs();
    const now = new Date(nowMs);
    await transaction.query('delete from sessions where expires_at <= $1', [now]);
    await transaction.query(
      `delete from sessions where id_hash in (
         select id_hash from sessions where user_id = $1
         order by last_seen_at desc, id_hash offset $2)`,
      [userId, MAX_SESSIONS - 1],
    );
    await transaction.query(
      `insert into sessions
         (id_hash, user_id, created_at, last_seen_at, expires_at, remote_address, user_agent)
       values ($1, $2, $3, $3, $4, $5, $6)`,
      [
        hashSecret(secret),
        userId,
        now,
        new Date(nowMs + IDLE_MS),
        client.remoteAddress,
        client.userAgent === undefined ? null : printable(client.userAgent),
      ],
    );
    return secret;
  }

  /**
   * Whose secret it is; undefined when it is nobody's, or no longer. A request that `isUse` keeps
   * the session alive.
   */
  async check(secret: string, isUse = true): Promise<SessionHolder | undefined> {
    return isSecret(secret) ? this.#holder(hashSecret(secret), isUse) : undefined;
  }

  /** Of sessions by their hashes, those that hold now, and whose they are. */
  async holders(idHashes: readonly string[]): Promise<ReadonlyMap<string, SessionHolder>> {
    const rows = await this.#store.database.query<SessionHolder>(
      `select sessions.id_hash as "idHash", sessions.user_id as "userId", users.role
       from sessions join users on users.id = sessions.user_id
       where sessions.id_hash = any($1) and sessions.expires_at > $2 and users.disabled_at is null`,
      [idHashes, new Date(this.#store.clock.epochMs())],
    );
    return new Map(rows.map((row) => [row.idHash, row]));
  }

  /** Where a user is signed in, the latest first. */
  async list(userId: string): Promise<readonly Session[]> {
    return this.#store.database.query<Session>(
      `select id_hash as "idHash", created_at as "createdAt", last_seen_at as "lastSeenAt",
         expires_at as "expiresAt", remote_address as "remoteAddress", user_agent as "userAgent"
       from sessions where user_id = $1 and expires_at > $2 order by last_seen_at desc, id_hash`,
      [userId, new Date(this.#store.clock.epochMs())],
    );
  }

  /** Ends one of the user's sessions. */
  async revoke(userId: string, idHash: string, by: Actor): Promise<Refusal | undefined> {
    return this.#store.database.transaction(async (transaction) => {
      const ended = await transaction.query<{ id: string }>(
        'delete from sessions where id_hash = $1 and user_id = $2 returning id_hash as id',
        [idHash, userId],
      );
      if (ended.length === 0) {
        return { refused: 'session_not_found', detail: 'Cannot end session: it is unknown' };
      }
      await appendAudit(transaction, {
        at: new Date(this.#store.clock.epochMs()),
        actor: by,
        action: 'session.delete',
        objectKind: 'user',
        objectId: userId,
        changes: null,
      });
      return undefined;
    });
  }

  async #holder(idHash: string, isUse: boolean): Promise<SessionHolder | undefined> {
    const nowMs = this.#store.clock.epochMs();
    const [row] = await this.#store.database.query<CheckedRow>(
      `select sessions.id_hash as "idHash", sessions.user_id as "userId", users.role,
         sessions.created_at as "createdAt", sessions.last_seen_at as "lastSeenAt"
       from sessions join users on users.id = sessions.user_id
       where sessions.id_hash = $1 and sessions.expires_at > $2 and users.disabled_at is null`,
      [idHash, new Date(nowMs)],
    );
    if (row === undefined) return undefined;
    const seenMsAgo = nowMs - row.lastSeenAt.getTime();
    if (isUse && seenMsAgo >= SEEN_EVERY_MS) await this.#seen(row, nowMs);
    return { userId: row.userId, role: row.role, idHash };
  }

  async #seen({ idHash, createdAt }: CheckedRow, nowMs: number): Promise<void> {
    const expiresMs = Math.min(nowMs + IDLE_MS, createdAt.getTime() + LONGEST_MS);
    await this.#store.database.query(
      'update sessions set last_seen_at = $2, expires_at = $3 where id_hash = $1',
      [idHash, new Date(nowMs), new Date(expiresMs)],
    );
  }
}

/** A client's word, shown to people later: nothing in it may end a line or steer a terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_USER_AGENT_LENGTH);
}
