import type { InvitationPurpose, Refusal, Role } from '../../contract/index.ts';
import { newId } from '../base/index.ts';
import {
  type Actor,
  appendAudit,
  type Queryable,
  UniqueViolationError,
} from '../store/sql/index.ts';
import type { Passwords } from './passwords.ts';
import { hashSecret, isSecret, makeSecret } from './secrets.ts';
import { type AccountStore, someUser, unknownUser } from './users.ts';

const HOUR_MS = 3_600_000;
/** How long each link works. The first administrator's lies in a terminal or a log. */
const LIFETIME_MS: Readonly<Record<InvitationPurpose, number>> = {
  first_admin: 24 * HOUR_MS,
  invitation: 7 * 24 * HOUR_MS,
  password_reset: 24 * HOUR_MS,
};
/** Links that wait to be used; more are not sent by hand. */
const MAX_OPEN = 200;
/** Any number of its own: two first administrators take turns, and the second one is late. */
const FIRST_ADMIN_LOCK = 727_002;

/** A link as whoever has it may see it. */
export interface Invitation {
  /** SHA-256 of the secret. */
  readonly idHash: string;
  readonly purpose: InvitationPurpose;
  /** Null for a new password. */
  readonly role: Role | null;
  /** Whose password; null for a new account. */
  readonly userId: string | null;
  readonly name: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** What a person says who follows a link. Nothing in it says what they may do. */
export interface Acceptance {
  /** For a new account. */
  readonly name: string;
  readonly displayName: string;
  readonly password: string;
}

/** A link just made: its secret is shown once. */
export interface MadeInvitation {
  readonly secret: string;
  readonly invitation: Invitation;
}

const COLUMNS = `invitations.secret_hash as "idHash", invitations.purpose, invitations.role,
  invitations.user_id as "userId", users.name, invitations.created_at as "createdAt",
  invitations.expires_at as "expiresAt"`;

/** One-time links: for the first administrator, for new people, and for forgotten passwords. */
export class Invitations {
  readonly #store: AccountStore;
  readonly #passwords: Passwords;

  constructor(store: AccountStore, passwords: Passwords) {
    this.#store = store;
    this.#passwords = passwords;
  }

  /**
   * A link for the first administrator, in place of any made before; undefined once there is an
   * account. To be called at each start, and to be shown only where the operator looks.
   */
  async openSetup(): Promise<string | undefined> {
    return this.#store.database.transaction(async (transaction) => {
      await lockFirstAdmin(transaction);
      await transaction.query(`delete from invitations where purpose = 'first_admin'`);
      if (await someUser(transaction)) return undefined;
      const made = await this.#insert(transaction, { purpose: 'first_admin', role: 'admin' });
      return made.secret;
    });
  }

  /** A link with which somebody makes an account of this role. */
  async invite(role: Role, by: Actor): Promise<MadeInvitation | Refusal> {
    return this.#store.database.transaction(async (transaction) => {
      const full = await this.#checkRoom(transaction);
      if (full !== undefined) return full;
      const made = await this.#insert(transaction, { purpose: 'invitation', role, by: by.id });
      await this.#record(transaction, by, { action: 'user.invite', userId: null, role });
      return made;
    });
  }

  /** A link with which a user sets a new password, in place of any made before for them. */
  async resetPassword(userId: string, by: Actor): Promise<MadeInvitation | Refusal> {
    return this.#store.database.transaction(async (transaction) => {
      const full = await this.#checkRoom(transaction);
      if (full !== undefined) return full;
      const [user] = await transaction.query<{ name: string }>(
        'select name from users where id = $1 and disabled_at is null for update',
        [userId],
      );
      if (user === undefined) return unknownUser('reset the password of', userId);
      await transaction.query('delete from invitations where user_id = $1', [userId]);
      const draft = { purpose: 'password_reset', userId, by: by.id } as const;
      const made = await this.#insert(transaction, draft);
      await this.#record(transaction, by, { action: 'user.password_link', userId });
      return { ...made, invitation: { ...made.invitation, name: user.name } };
    });
  }

  /** Links that may still be used, the newest first. The first administrator's is not among them. */
  async list(): Promise<readonly Invitation[]> {
    return this.#store.database.query<Invitation>(
      `select ${COLUMNS} from invitations left join users on users.id = invitations.user_id
       where invitations.used_at is null and invitations.expires_at > $1
         and invitations.purpose <> 'first_admin'
       order by invitations.created_at desc, invitations.secret_hash`,
      [this.#now()],
    );
  }

  /** Takes a link back that was not used yet. */
  async withdraw(idHash: string, by: Actor): Promise<Refusal | undefined> {
    return this.#store.database.transaction(async (transaction) => {
      const gone = await transaction.query<{ userId: string | null }>(
        `delete from invitations where secret_hash = $1 and used_at is null
           and purpose <> 'first_admin' returning user_id as "userId"`,
        [idHash],
      );
      const [first] = gone;
      if (first === undefined) return unknownInvitation();
      await this.#record(transaction, by, { action: 'user.uninvite', userId: first.userId });
      return undefined;
    });
  }

  /** What the link is for; one refusal for whatever is unknown, used, or too old. */
  async look(secret: string): Promise<Invitation | Refusal> {
    if (!isSecret(secret)) return unknownInvitation();
    return (await this.#find(this.#store.database, secret)) ?? unknownInvitation();
  }

  /**
   * Uses the link up: makes the account or sets the password, and then does `finish` for the user in
   * the same transaction, such as signing them in. Of many at once one succeeds.
   */
  async accept<T>(
    secret: string,
    acceptance: Acceptance,
    work: {
      readonly remoteAddress: string;
      readonly finish: (transaction: Queryable, userId: string) => Promise<T>;
    },
  ): Promise<T | Refusal> {
    const seen = await this.look(secret);
    if ('refused' in seen) return seen;
    const passwordHash = await this.#passwords.hash(acceptance.password);
    if (typeof passwordHash !== 'string') return passwordHash;
    try {
      return await this.#store.database.transaction(async (transaction) => {
        const invitation = await this.#use(transaction, secret);
        if (invitation === undefined) return unknownInvitation();
        const { userId, role } = invitation;
        const { name, displayName } = acceptance;
        const user = userId ?? newId('usr', this.#store.clock.epochMs(), this.#store.randomBytes);
        if (userId === null) {
          await transaction.query(
            `insert into users (id, name, display_name, role, password_hash, created_at)
             values ($1, $2, $3, $4, $5, $6)`,
            [user, name, displayName, role, passwordHash, this.#now()],
          );
        } else {
          await setPassword(transaction, userId, passwordHash);
        }
        const by: Actor = { kind: 'user', id: user, remoteAddress: work.remoteAddress };
        const action = userId === null ? 'user.create' : 'user.password';
        await this.#record(transaction, by, { action, userId: user, role });
        return work.finish(transaction, user);
      });
    } catch (error) {
      if (!(error instanceof UniqueViolationError) || error.constraint !== 'users_name')
        throw error;
      const detail = `Cannot make account: the name ${acceptance.name} is taken`;
      return { refused: 'name_taken', detail, errors: [{ field: 'name', message: 'is taken' }] };
    }
  }

  /** Marks the link used and returns it; undefined when somebody was faster. */
  async #use(transaction: Queryable, secret: string): Promise<Invitation | undefined> {
    const invitation = await this.#find(transaction, secret);
    if (invitation === undefined) return undefined;
    if (invitation.purpose === 'first_admin') {
      await lockFirstAdmin(transaction);
      if (await someUser(transaction)) return undefined;
    }
    const used = await transaction.query(
      `update invitations set used_at = $2 where secret_hash = $1 and used_at is null
       returning secret_hash`,
      [invitation.idHash, this.#now()],
    );
    return used.length === 0 ? undefined : invitation;
  }

  async #find(from: Queryable, secret: string): Promise<Invitation | undefined> {
    const [found] = await from.query<Invitation>(
      `select ${COLUMNS} from invitations left join users on users.id = invitations.user_id
       where invitations.secret_hash = $1 and invitations.used_at is null
         and invitations.expires_at > $2 and users.disabled_at is null`,
      [hashSecret(secret), this.#now()],
    );
    return found;
  }

  async #checkRoom(transaction: Queryable): Promise<Refusal | undefined> {
    await transaction.query(
      'delete from invitations where expires_at <= $1 or used_at is not null',
      [this.#now()],
    );
    const open = await transaction.query('select secret_hash from invitations');
    if (open.length < MAX_OPEN) return undefined;
    const detail = `Cannot invite: ${MAX_OPEN} links are open already, withdraw one first`;
    return { refused: 'too_many_invitations', detail };
  }

  async #insert(
    transaction: Queryable,
    {
      purpose,
      role = null,
      userId = null,
      by = null,
    }: {
      readonly purpose: InvitationPurpose;
      readonly role?: Role | null;
      readonly userId?: string | null;
      /** The user or token that made it. */
      readonly by?: string | null;
    },
  ): Promise<MadeInvitation> {
    const secret = makeSecret(this.#store.randomBytes);
    const createdAt = this.#now();
    const expiresAt = new Date(createdAt.getTime() + LIFETIME_MS[purpose]);
    const idHash = hashSecret(secret);
    await transaction.query(
      `insert into invitations
         (secret_hash, purpose, role, user_id, created_by, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [idHash, purpose, role, userId, by, createdAt, expiresAt],
    );
    const invitation = { idHash, purpose, role, userId, name: null, createdAt, expiresAt };
    return { secret, invitation };
  }

  async #record(
    transaction: Queryable,
    actor: Actor,
    {
      action,
      userId,
      role = null,
    }: { readonly action: string; readonly userId: string | null; readonly role?: Role | null },
  ): Promise<void> {
    const changes = role === null ? null : { role };
    const at = this.#now();
    await appendAudit(transaction, {
      ...{ at, actor, action, objectKind: 'user', objectId: userId, changes },
    });
  }

  #now(): Date {
    return new Date(this.#store.clock.epochMs());
  }
}

/** Keeps a new password, and ends every session that the old one opened and every open link. */
export async function setPassword(
  transaction: Queryable,
  userId: string,
  passwordHash: string,
): Promise<void> {
  await transaction.query('update users set password_hash = $2 where id = $1', [
    userId,
    passwordHash,
  ]);
  await transaction.query('delete from sessions where user_id = $1', [userId]);
  await transaction.query('delete from invitations where user_id = $1 and used_at is null', [
    userId,
  ]);
}

async function lockFirstAdmin(transaction: Queryable): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock($1)', [FIRST_ADMIN_LOCK]);
}

function unknownInvitation(): Refusal {
  return {
    refused: 'invitation_not_found',
    detail: 'Cannot use link: it is unknown, was used before, or is too old. Ask for a new one',
  };
}
