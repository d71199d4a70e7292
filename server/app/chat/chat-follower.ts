/**
 * Lets open chats follow what changes around them. Every few seconds the database is asked which of
 * the streams still have a chat, and which of the sessions and tokens that people came in by hold.
 */
import type { Role } from '../../../contract/index.ts';
import type { Accounts } from '../../account/index.ts';
import type { Cancel, Clock, Log } from '../../base/index.ts';
import type { Bearer, Chat } from '../../community/chat/index.ts';
import { type Database, DatabaseUnavailableError } from '../../store/sql/index.ts';

/** Between two rounds: what has ended is over for everybody within five seconds. */
const ROUND_MS = 3_000;
/** Streams, sessions or tokens that one statement asks about. */
const ASKED_AT_ONCE = 1_000;

/** An account as it is now. */
export interface AttendingAccount {
  /** Of the account. */
  readonly id: string;
  readonly role: Role;
}

/** Somebody who is connected. */
export interface Attendant {
  /** Undefined: a guest. */
  readonly bearer: Bearer | undefined;
  /** Undefined: is in rooms, and not behind a socket of one stream. */
  readonly streamId: string | undefined;
  /** By what it came in holds no more. */
  signOut(): void;
  /** What its account is; `ownerId` is who owns the stream. */
  restate(account: AttendingAccount, ownerId: string): void;
  /** The stream has no chat any more. */
  sendAway(): void;
}

/** What is followed, and where. */
export interface ChatFollowerSettings {
  readonly database: Database;
  readonly accounts: Pick<Accounts, 'sessions' | 'tokens' | 'hasOperator'>;
  readonly chat: Pick<Chat, 'streams' | 'end'>;
  /** Whoever is connected to this server. */
  readonly attendants: () => readonly Attendant[];
  readonly clock: Clock;
  readonly log: Log;
}

interface Holders {
  readonly sessions: ReadonlyMap<string, { readonly userId: string; readonly role: Role }>;
  readonly tokens: ReadonlyMap<string, { readonly userId: string; readonly role: Role }>;
  readonly hasOperator: boolean;
}

/** See the top of the file. */
export class ChatFollower {
  readonly #settings: ChatFollowerSettings;
  #cancel: Cancel | undefined;
  #round: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(settings: ChatFollowerSettings) {
    this.#settings = settings;
    this.#later();
  }

  /** Resolves when the database is asked no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#round;
  }

  #later(): void {
    if (this.#isClosed) return;
    this.#cancel = this.#settings.clock.after(ROUND_MS, () => {
      this.#round = this.#follow().finally(() => this.#later());
    });
  }

  /** Never rejects. */
  async #follow(): Promise<void> {
    try {
      const owners = await this.#followStreams();
      await this.#followAccounts(owners);
    } catch (error) {
      // Without the database nothing is known to have changed.
      if (error instanceof DatabaseUnavailableError) return;
      this.#settings.log.error({ error }, 'chats could not follow what changed');
    }
  }

  /** Who owns each stream that has a chat. */
  async #followStreams(): Promise<ReadonlyMap<string, string>> {
    const { database, chat, attendants } = this.#settings;
    const ids = new Set(chat.streams);
    for (const { streamId } of attendants()) if (streamId !== undefined) ids.add(streamId);
    const owners = new Map<string, string>();
    for (const batch of batchesOf([...ids])) {
      const rows = await database.query<{ id: string; ownerId: string }>(
        `select id, broadcaster_id as "ownerId" from streams
         where id = any($1) and chat_enabled`,
        [batch],
      );
      for (const { id, ownerId } of rows) owners.set(id, ownerId);
    }
    const isOver = (id: string): boolean => ids.has(id) && !owners.has(id);
    for (const id of [...chat.streams].filter(isOver)) chat.end(id);
    for (const attendant of attendants()) {
      if (attendant.streamId !== undefined && isOver(attendant.streamId)) attendant.sendAway();
    }
    return owners;
  }

  async #followAccounts(owners: ReadonlyMap<string, string>): Promise<void> {
    const { accounts, attendants } = this.#settings;
    const present = attendants();
    const sessions = new Set<string>();
    const tokens = new Set<string>();
    for (const { bearer } of present) {
      if (bearer?.kind === 'session') sessions.add(bearer.idHash);
      if (bearer?.kind === 'token') tokens.add(bearer.id);
    }
    const hasOperators = present.some(({ bearer }) => bearer?.kind === 'operator');
    const holders: Holders = {
      sessions: await holdersOf([...sessions], (batch) => accounts.sessions.holders(batch)),
      tokens: await holdersOf([...tokens], (batch) => accounts.tokens.holders(batch)),
      hasOperator: !hasOperators || (await accounts.hasOperator()),
    };
    for (const attendant of present) follow(attendant, holders, owners);
  }
}

function follow(
  attendant: Attendant,
  { sessions, tokens, hasOperator }: Holders,
  owners: ReadonlyMap<string, string>,
): void {
  const { bearer, streamId } = attendant;
  if (bearer === undefined) return;
  if (bearer.kind === 'operator') {
    if (!hasOperator) attendant.signOut();
    return;
  }
  const holder = bearer.kind === 'session' ? sessions.get(bearer.idHash) : tokens.get(bearer.id);
  if (holder === undefined) {
    attendant.signOut();
    return;
  }
  const ownerId = streamId === undefined ? undefined : owners.get(streamId);
  // Who has come since the streams were looked at is restated the next time.
  if (ownerId !== undefined) attendant.restate({ id: holder.userId, role: holder.role }, ownerId);
}

function* batchesOf(keys: readonly string[]): Iterable<readonly string[]> {
  for (let begin = 0; begin < keys.length; begin += ASKED_AT_ONCE) {
    yield keys.slice(begin, begin + ASKED_AT_ONCE);
  }
}

async function holdersOf<Holder>(
  keys: readonly string[],
  ask: (batch: readonly string[]) => Promise<ReadonlyMap<string, Holder>>,
): Promise<ReadonlyMap<string, Holder>> {
  const found = new Map<string, Holder>();
  for (const batch of batchesOf(keys)) {
    for (const [key, holder] of await ask(batch)) found.set(key, holder);
  }
  return found;
}
