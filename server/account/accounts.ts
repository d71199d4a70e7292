import { timingSafeEqual } from 'node:crypto';
import type { Refusal } from '../../contract/index.ts';
import type { Log } from '../base/index.ts';
import { type Actor, appendAudit, type Queryable } from '../store/sql/index.ts';
import { ApiTokens } from './api-tokens.ts';
import { type Acceptance, Invitations, setPassword } from './invitations.ts';
import type { LoginLimits } from './login-limits.ts';
import { argon2id, type PasswordAlgorithm, Passwords } from './passwords.ts';
import type { Principal } from './principal.ts';
import { hashSecret, makeSecret } from './secrets.ts';
import { type Client, Sessions } from './sessions.ts';
import { type AccountStore, USER_NAME_FORM, type User, Users, userById } from './users.ts';

/** What accounts need of the application. */
export interface AccountsSettings extends AccountStore {
  readonly log: Log;
  readonly limits: LoginLimits;
  /** API_TOKEN: whoever bears it is the operator. Asked for at each request. */
  readonly operatorToken: string | undefined;
  /** Argon2id, but for tests. */
  readonly algorithm?: PasswordAlgorithm;
}

/** What a request says about who sends it. */
export interface Credentials {
  /** The header Authorization; it goes before the cookie. */
  readonly authorization: string | undefined;
  /** The secret in the session's cookie. */
  readonly sessionSecret: string | undefined;
  /** Whether it comes from this machine, as protected mode has it. */
  readonly isLocal: boolean;
  /** The request was admitted before and goes on: being looked at again is no use of a session. */
  readonly isOld?: boolean;
}

/** Somebody who has just signed in. */
export interface SignedIn {
  /** For the cookie. */
  readonly sessionSecret: string;
  readonly user: User;
}

interface KnownAccount {
  readonly id: string;
  readonly passwordHash: string | null;
}

/** People, how they sign in, and who it is that asks. */
export class Accounts {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly invitations: Invitations;
  readonly #settings: AccountsSettings;
  readonly #passwords: Passwords;

  private constructor(settings: AccountsSettings, passwords: Passwords) {
    this.#settings = settings;
    this.#passwords = passwords;
    this.users = new Users(settings);
    this.sessions = new Sessions(settings);
    this.tokens = new ApiTokens(settings);
    this.invitations = new Invitations(settings, passwords);
  }

  /** Takes the time of one password's hash. */
  static async open(settings: AccountsSettings): Promise<Accounts> {
    const unknown = makeSecret(settings.randomBytes);
    const passwords = await Passwords.create(settings.algorithm ?? argon2id, unknown);
    return new Accounts(settings, passwords);
  }

  /**
   * Who asks. A bearer token that is nobody's is refused, for its sender believes it works; a
   * cookie that is nobody's is as good as none. While the server has neither an account nor an
   * API_TOKEN, whoever sits at this machine is the operator.
   */
  async principalOf(credentials: Credentials): Promise<Principal | Refusal> {
    const { authorization, sessionSecret, isLocal, isOld = false } = credentials;
    if (authorization !== undefined) return this.#bearer(authorization);
    if (sessionSecret !== undefined) {
      const holder = await this.sessions.check(sessionSecret, !isOld);
      if (holder !== undefined) return userPrincipal(holder);
    }
    if (isLocal && this.#operatorHash === undefined && !(await this.users.exist())) {
      return { kind: 'operator', isLocal: true };
    }
    return { kind: 'anonymous' };
  }

  /** Whether somebody may still be the operator: by API_TOKEN, or while there is no account. */
  async hasOperator(): Promise<boolean> {
    return this.#operatorHash !== undefined || !(await this.users.exist());
  }

  /** Whether a header Authorization has API_TOKEN. */
  isOperator(authorization: string): boolean {
    const token = bearerOf(authorization);
    if (token === undefined || this.#operatorHash === undefined) return false;
    return timingSafeEqual(Buffer.from(hashSecret(token)), Buffer.from(this.#operatorHash));
  }

  get #operatorHash(): string | undefined {
    const { operatorToken } = this.#settings;
    return operatorToken ? hashSecret(operatorToken) : undefined;
  }

  /** Checks name and password and opens a session. The refusal does not say which was wrong. */
  async signIn(
    { name, password }: { readonly name: string; readonly password: string },
    client: Client,
  ): Promise<SignedIn | Refusal> {
    const attempt = { remoteAddress: client.remoteAddress, name };
    const limited = await this.#settings.limits.begin(attempt);
    if (limited !== undefined) return limited;
    const account = await this.#accountNamed(name);
    // The same statement and the same hash for whoever is unknown, disabled, or without password.
    const right = await this.#passwords.verify(account?.passwordHash ?? null, password);
    if (typeof right !== 'boolean') {
      await this.#settings.limits.forget(attempt);
      return right;
    }
    if (!right || account === undefined) return this.#wrong(client);
    await this.#settings.limits.succeeded(attempt);
    const signedIn = await this.#settings.database.transaction(async (transaction) => {
      // Checking took a while: a password that was replaced meanwhile opens nothing.
      const same = await transaction.query(
        'select id from users where id = $1 and password_hash = $2 for share',
        [account.id, account.passwordHash],
      );
      if (same.length === 0) return undefined;
      return this.#signInWithin(transaction, account.id, client);
    });
    return signedIn ?? this.#wrong(client);
  }

  /** Follows a one-time link: makes the account, or sets the password, and signs its owner in. */
  async accept(
    secret: string,
    acceptance: Acceptance,
    client: Client,
  ): Promise<SignedIn | Refusal> {
    const { remoteAddress } = client;
    const accepted = await this.invitations.accept(secret, acceptance, {
      remoteAddress,
      finish: (transaction, userId) => this.#signInWithin(transaction, userId, client),
    });
    if (accepted === undefined) return this.#wrong(client);
    if ('user' in accepted)
      this.#settings.limits.learn({ remoteAddress, name: accepted.user.name });
    return accepted;
  }

  /** A user's own new password. Every session ends, and one is opened for whoever changed it. */
  async changePassword(
    userId: string,
    words: { readonly current: string; readonly next: string },
    client: Client,
  ): Promise<SignedIn | Refusal> {
    const user = await this.users.get(userId);
    const attempt = { remoteAddress: client.remoteAddress, name: user?.name ?? '' };
    const limited = await this.#settings.limits.begin(attempt);
    if (limited !== undefined) return limited;
    const account = await this.#accountNamed(attempt.name);
    const right = await this.#passwords.verify(account?.passwordHash ?? null, words.current);
    if (typeof right !== 'boolean') {
      await this.#settings.limits.forget(attempt);
      return right;
    }
    if (!right) {
      this.#settings.log.info({ remoteAddress: client.remoteAddress }, 'password change refused');
      const detail = 'Cannot change it: the present password is wrong';
      return { refused: 'invalid_credentials', detail };
    }
    await this.#settings.limits.succeeded(attempt);
    const hash = await this.#passwords.hash(words.next);
    if (typeof hash !== 'string') return hash;
    const signedIn = await this.#settings.database.transaction(async (transaction) => {
      await setPassword(transaction, userId, hash);
      const by: Actor = { kind: 'user', id: userId, remoteAddress: client.remoteAddress };
      await this.#record(transaction, 'user.password', by);
      return this.#signInWithin(transaction, userId, client);
    });
    return signedIn ?? this.#wrong(client);
  }

  async #bearer(authorization: string): Promise<Principal | Refusal> {
    if (this.isOperator(authorization)) return { kind: 'operator' };
    const token = bearerOf(authorization);
    const holder = token === undefined ? undefined : await this.tokens.check(token);
    if (holder !== undefined) return { kind: 'token', ...holder };
    return {
      refused: 'unauthorized',
      detail:
        token === undefined
          ? 'Cannot tell who asks: send the header "Authorization: Bearer <token>"'
          : 'Cannot tell who asks: the bearer token is unknown, revoked or too old',
    };
  }

  /** Who may sign in under this name. What cannot be a name is looked for all the same. */
  async #accountNamed(name: string): Promise<KnownAccount | undefined> {
    const [account] = await this.#settings.database.query<KnownAccount>(
      `select id, password_hash as "passwordHash" from users
       where lower(name) = lower($1) and disabled_at is null`,
      [USER_NAME_FORM.test(name) ? name : ''],
    );
    return account;
  }

  /** Undefined when the user was disabled meanwhile. */
  async #signInWithin(
    transaction: Queryable,
    userId: string,
    client: Client,
  ): Promise<SignedIn | undefined> {
    // Held, so that who is being disabled does not slip in a session behind it.
    await transaction.query('select id from users where id = $1 for share', [userId]);
    const user = await userById(transaction, userId);
    if (user === undefined || user.disabledAt !== null) return undefined;
    const sessionSecret = await this.sessions.open(transaction, userId, client);
    const by: Actor = { kind: 'user', id: userId, remoteAddress: client.remoteAddress };
    await this.#record(transaction, 'session.create', by);
    return { sessionSecret, user };
  }

  async #record(transaction: Queryable, action: string, actor: Actor): Promise<void> {
    const at = new Date(this.#settings.clock.epochMs());
    await appendAudit(transaction, {
      ...{ at, actor, action, objectKind: 'user', objectId: actor.id, changes: null },
    });
  }

  /** The name is not logged: people type their password into the wrong field. */
  #wrong({ remoteAddress }: Client): Refusal {
    this.#settings.log.info({ remoteAddress }, 'sign-in refused');
    return { refused: 'invalid_credentials', detail: 'Cannot sign in: name or password is wrong' };
  }
}

/** The token in a header Authorization; undefined when it has another form. */
function bearerOf(authorization: string): string | undefined {
  const [scheme = '', token = '', ...rest] = authorization.trim().split(/ +/);
  const isBearer = scheme.toLowerCase() === 'bearer' && token !== '' && rest.length === 0;
  return isBearer ? token : undefined;
}

function userPrincipal(holder: {
  readonly userId: string;
  readonly role: User['role'];
  readonly idHash: string;
}): Principal {
  return {
    kind: 'user',
    userId: holder.userId,
    role: holder.role,
    sessionHash: holder.idHash,
  };
}
