import { type Refusal, type Role, SCOPES, type Scope } from '../../contract/index.ts';
import { newId } from '../base/index.ts';
import { type Actor, appendAudit, type Queryable } from '../store/sql/index.ts';
import { hashSecret, isSecret, makeSecret } from './secrets.ts';
import type { AccountStore } from './users.ts';

/** Tells a token from other secrets, so that logs and scanners of leaked secrets know one. */
const PREFIX = 'mrt_';
const LAST = 4;
/** Tokens of one person that are not revoked. */
const MAX_TOKENS = 50;
/** Use is written down so often at most: a program may ask many times a second. */
const USED_EVERY_MS = 60_000;

/** What a person says about a new token. */
export interface TokenDraft {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
}

/** A program's way in. */
export interface ApiToken {
  /** `tok_…` */
  readonly id: string;
  readonly name: string;
  readonly last4: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/** Whose token it is, what it is limited to, and what they may be at this moment. */
export interface TokenHolder {
  readonly tokenId: string;
  readonly userId: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
}

interface CheckedRow extends Omit<TokenHolder, 'scopes'> {
  readonly scopes: readonly string[];
  readonly lastUsedAt: Date | null;
}

const COLUMNS = `id, name, last4, scopes, created_at as "createdAt", expires_at as "expiresAt",
  last_used_at as "lastUsedAt"`;
const HOLDER = `select api_tokens.id as "tokenId", api_tokens.user_id as "userId", users.role,
    api_tokens.scopes, api_tokens.last_used_at as "lastUsedAt"
  from api_tokens join users on users.id = api_tokens.user_id
  where api_tokens.revoked_at is null and users.disabled_at is null
    and (api_tokens.expires_at is null or api_tokens.expires_at > $2)`;

/** The tokens of all users. Each is shown once and kept as a hash. */
export class ApiTokens {
  readonly #store: AccountStore;

  constructor(store: AccountStore) {
    this.#store = store;
  }

  /** A new token of the user; a refusal when there are too many, or when it would have ended. */
  async create(
    userId: string,
    draft: TokenDraft,
    by: Actor,
  ): Promise<{ readonly token: string; readonly kept: ApiToken } | Refusal> {
    const { clock, database, randomBytes } = this.#store;
    const now = new Date(clock.epochMs());
    if (draft.expiresAt !== null && draft.expiresAt <= now) {
      const message = `must not be in the past: it is ${now.toISOString()} now`;
      const errors = [{ field: 'expiresAt', message }];
      return {
        refused: 'invalid_request',
        detail: `Cannot make token: expiresAt ${message}`,
        errors,
      };
    }
    const token = PREFIX + makeSecret(randomBytes);
    const kept: ApiToken = {
      ...draft,
      id: newId('tok', now.getTime(), randomBytes),
      last4: token.slice(-LAST),
      createdAt: now,
      lastUsedAt: null,
    };
    return database.transaction(async (transaction) => {
      // Held while counting, so that many at once do not pass the limit together.
      await transaction.query('select id from users where id = $1 for update', [userId]);
      const existing = await transaction.query(
        'select id from api_tokens where user_id = $1 and revoked_at is null',
        [userId],
      );
      if (existing.length >= MAX_TOKENS) {
        const detail = `Cannot make token: there are ${MAX_TOKENS} already, revoke one first`;
        return { refused: 'too_many_tokens', detail };
      }
      await transaction.query(
        `insert into api_tokens
           (id, user_id, name, secret_hash, last4, scopes, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          ...[kept.id, userId, kept.name, hashSecret(token), kept.last4],
          ...[kept.scopes, now, kept.expiresAt],
        ],
      );
      const changes = { scopes: kept.scopes, expiresAt: kept.expiresAt };
      await record(transaction, { at: now, by, action: 'token.create', id: kept.id, changes });
      return { token, kept };
    });
  }

  /** Whose token it is; undefined when it is nobody's, or no longer. */
  async check(token: string): Promise<TokenHolder | undefined> {
    if (!token.startsWith(PREFIX) || !isSecret(token.slice(PREFIX.length))) return undefined;
    return this.#holder(hashSecret(token));
  }

  /** Of tokens by their ids, those that hold now, and whose they are. */
  async holders(
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Pick<TokenHolder, 'userId' | 'role'>>> {
    const rows = await this.#store.database.query<TokenHolder>(
      `${HOLDER} and api_tokens.id = any($1)`,
      [ids, new Date(this.#store.clock.epochMs())],
    );
    return new Map(rows.map(({ tokenId, userId, role }) => [tokenId, { userId, role }]));
  }

  /** The user's tokens that are not revoked, the newest first; also those that have expired. */
  async list(userId: string): Promise<readonly ApiToken[]> {
    return this.#store.database.query<ApiToken>(
      `select ${COLUMNS} from api_tokens where user_id = $1 and revoked_at is null
       order by id desc`,
      [userId],
    );
  }

  /** Revokes one of the user's tokens, effective with the next request that bears it. */
  async revoke(userId: string, id: string, by: Actor): Promise<Refusal | undefined> {
    const now = new Date(this.#store.clock.epochMs());
    return this.#store.database.transaction(async (transaction) => {
      const revoked = await transaction.query(
        `update api_tokens set revoked_at = $3
         where id = $1 and user_id = $2 and revoked_at is null returning id`,
        [id, userId, now],
      );
      if (revoked.length === 0) {
        return { refused: 'token_not_found', detail: 'Cannot revoke token: it is unknown' };
      }
      await record(transaction, { at: now, by, action: 'token.revoke', id, changes: null });
      return undefined;
    });
  }

  async #holder(secretHash: string): Promise<TokenHolder | undefined> {
    const nowMs = this.#store.clock.epochMs();
    const [row] = await this.#store.database.query<CheckedRow>(
      `${HOLDER} and api_tokens.secret_hash = $1`,
      [secretHash, new Date(nowMs)],
    );
    if (row === undefined) return undefined;
    const { tokenId, userId, role, lastUsedAt } = row;
    if (lastUsedAt === null || nowMs - lastUsedAt.getTime() >= USED_EVERY_MS) {
      await this.#store.database.query('update api_tokens set last_used_at = $2 where id = $1', [
        tokenId,
        new Date(nowMs),
      ]);
    }
    // One that a later server knew and this one does not gives no right.
    return { tokenId, userId, role, scopes: SCOPES.filter((each) => row.scopes.includes(each)) };
  }
}

async function record(
  transaction: Queryable,
  entry: {
    readonly at: Date;
    readonly by: Actor;
    readonly action: string;
    readonly id: string;
    readonly changes: Readonly<Record<string, unknown>> | null;
  },
): Promise<void> {
  const { at, by: actor, action, id: objectId, changes } = entry;
  await appendAudit(transaction, { at, actor, action, objectKind: 'token', objectId, changes });
}
