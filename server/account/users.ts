import type { Refusal, Role } from '../../contract/index.ts';
import type { Clock } from '../base/index.ts';
import { type Actor, appendAudit, type Database, type Queryable } from '../store/sql/index.ts';

/** Names people sign in with: they stand in logs and pages, and must not be mistaken for others. */
export const USER_NAME_FORM = /^[A-Za-z0-9][A-Za-z0-9._-]{1,31}$/;
/** Characters of the name that others see. */
export const MAX_DISPLAY_NAME_LENGTH = 60;

/** A person with an account. */
export interface User {
  /** `usr_…` */
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
}

/** What an administrator may change about somebody. */
export interface UserChanges {
  readonly role?: Role | undefined;
  readonly isDisabled?: boolean | undefined;
}

/** What the modules of this folder need of the world. */
export interface AccountStore {
  readonly database: Database;
  readonly clock: Clock;
  /** Must be cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array;
}

/** How a row of `users` becomes a `User`. */
export const USER_COLUMNS = `users.id, users.name, users.display_name as "displayName", users.role,
  users.created_at as "createdAt", users.disabled_at as "disabledAt"`;

/** Everybody with an account. None is ever deleted: what they did keeps its name. */
export class Users {
  readonly #store: AccountStore;
  #isInhabited = false;

  constructor(store: AccountStore) {
    this.#store = store;
  }

  /** Whether the server has an account, be it a disabled one. Once it has, it always has. */
  async exist(): Promise<boolean> {
    if (this.#isInhabited) return true;
    this.#isInhabited = await someUser(this.#store.database);
    return this.#isInhabited;
  }

  /** The user, or undefined. */
  async get(id: string): Promise<User | undefined> {
    return userById(this.#store.database, id);
  }

  /** Who signs in under this name, in whatever case; undefined: nobody. */
  async named(name: string): Promise<User | undefined> {
    if (!USER_NAME_FORM.test(name)) return undefined;
    const [user] = await this.#store.database.query<User>(
      `select ${USER_COLUMNS} from users where lower(name) = lower($1)`,
      [name],
    );
    return user;
  }

  /** Oldest first, at most `limit` behind the user with id `after`. */
  async list(page: {
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<readonly User[]> {
    return this.#store.database.query<User>(
      `select ${USER_COLUMNS} from users where id > $1 order by id limit $2`,
      [page.after ?? '', page.limit],
    );
  }

  /**
   * Changes role or access, effective with the next request that anybody makes. Who is disabled
   * loses all sessions and tokens; the links of who is no longer an administrator are void. A
   * server with accounts keeps an administrator.
   */
  async change(id: string, changes: UserChanges, by: Actor): Promise<User | Refusal> {
    const now = new Date(this.#store.clock.epochMs());
    return this.#store.database.transaction(async (transaction) => {
      // All administrators are held, so that two of them cannot lock each other out at once.
      const admins = await transaction.query<{ id: string }>(
        `select id from users where role = 'admin' and disabled_at is null order by id for update`,
      );
      const user = await userById(transaction, id);
      if (user === undefined) return unknownUser('change', id);
      const changed = applied(user, changes, now);
      if (isSoleAdmin(id, admins) && (changed.role !== 'admin' || changed.disabledAt !== null)) {
        const detail = `Cannot change user ${user.name}: it is the only administrator`;
        return { refused: 'last_admin', detail };
      }
      await transaction.query('update users set role = $2, disabled_at = $3 where id = $1', [
        id,
        changed.role,
        changed.disabledAt,
      ]);
      if (changed.disabledAt !== null) await shutOut(transaction, id, now);
      if (changed.disabledAt !== null || changed.role !== 'admin') {
        await withdrawLinks(transaction, id);
      }
      await appendAudit(transaction, {
        at: now,
        actor: by,
        action: 'user.update',
        objectKind: 'user',
        objectId: id,
        changes: { ...changes },
      });
      return changed;
    });
  }
}

/** Whether there is any user. */
export async function someUser(from: Queryable): Promise<boolean> {
  return (await from.query('select 1 as one from users limit 1')).length > 0;
}

/** The user, or undefined. */
export async function userById(from: Queryable, id: string): Promise<User | undefined> {
  const [user] = await from.query<User>(`select ${USER_COLUMNS} from users where id = $1`, [id]);
  return user;
}

/** The refusal for an id that nobody has. */
export function unknownUser(action: string, id: string): Refusal {
  const shown = JSON.stringify(id.slice(0, 40));
  return { refused: 'user_not_found', detail: `Cannot ${action} user ${shown}: it is unknown` };
}

function applied(user: User, { role, isDisabled }: UserChanges, now: Date): User {
  const disabledAt =
    isDisabled === undefined ? user.disabledAt : isDisabled ? (user.disabledAt ?? now) : null;
  return { ...user, role: role ?? user.role, disabledAt };
}

function isSoleAdmin(id: string, admins: readonly { readonly id: string }[]): boolean {
  return admins.length === 1 && admins[0]?.id === id;
}

/** Links that somebody made while they were an administrator, for others or for themselves. */
async function withdrawLinks(transaction: Queryable, userId: string): Promise<void> {
  await transaction.query(
    `delete from invitations where created_by = $1
       or created_by in (select id from api_tokens where user_id = $1)`,
    [userId],
  );
}

async function shutOut(transaction: Queryable, userId: string, now: Date): Promise<void> {
  await transaction.query('delete from sessions where user_id = $1', [userId]);
  await transaction.query('delete from invitations where user_id = $1', [userId]);
  await transaction.query(
    'update api_tokens set revoked_at = $2 where user_id = $1 and revoked_at is null',
    [userId, now],
  );
}
