/**
 * What moderators do in chats. Each deed is one transaction with its entry in the audit log; then
 * every server is told of it, and what is to be hidden goes into the room as an entry with a number.
 */
import { createHmac } from 'node:crypto';
import type { ChatAuthor, ChatFrame, ChatSettings, Refusal } from '../../../contract/index.ts';
import { type ChatStanding, publicNetwork } from '../../account/index.ts';
import type { Clock, Log } from '../../base/index.ts';
import {
  type Actor,
  appendAudit,
  type Database,
  type KeptAuditEntry,
  listAudit,
  type Queryable,
} from '../../store/sql/index.ts';
import type { GivenRole } from './given-role.ts';
import { RoomWard } from './room-ward.ts';
import {
  type BanPlace,
  type BanRecord,
  deleteBan,
  deleteFollow,
  deleteMember,
  fillAddressHash,
  findBan,
  findStanding,
  followedAt,
  insertFollow,
  insertMember,
  listBans,
  listMembers,
  type MemberQuery,
  type MemberRecord,
  MOST_ROWS,
  type Place,
  upsertBan,
} from './standing-table.ts';

/** The longest timeout: 14 days, in seconds. */
const MAX_TIMEOUT_S = 14 * 86_400;
/** How the audit log calls what is done here. */
const OBJECT_KIND = 'chat';
const HASH_LENGTH = 32;

/** What is told to a room. */
type Concealment =
  | { readonly type: 'removal'; readonly ids: readonly string[] }
  | {
      readonly type: 'purge';
      readonly authorId: string;
      readonly authorName: string;
      readonly durationS: number | null;
    }
  | { readonly type: 'clear' };

/** A room, as far as moderation is concerned. */
export interface ModeratedRoom {
  /** A message that is held, also when it is shown no more. */
  find(id: string): { readonly author: { readonly id: string } } | undefined;
  conceal(what: Concealment): Promise<void>;
  change(changes: Partial<ChatSettings>): Promise<ChatSettings>;
  tellStanding(authorId: string, standing: ChatStanding): Promise<void>;
  tell(frame: ChatFrame, to: 'moderators'): Promise<void>;
}

/** What moderation needs of the application. */
export interface ModerationParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Secret, the same on all servers: addresses are kept as hashes under it. */
  readonly addressKey: Uint8Array;
  /** The room of a stream that is known to be. Rejects when it cannot be opened. */
  readonly roomOf: (streamId: string) => Promise<ModeratedRoom>;
}

/** Who moderates a stream's chat; the application has seen to it that they may. */
export interface Moderator {
  readonly streamId: string;
  readonly actor: Actor;
  /** The own id; null: the operator. */
  readonly authorId: string | null;
  /** Whether it may do to other moderators what they may to the rest. */
  readonly isBroadcaster: boolean;
}

/** Whom something is done to; `roles` are those that the account brings. */
export type Target = Pick<ChatAuthor, 'id' | 'name' | 'roles'>;

/** See the top of the file. */
export class Moderation {
  readonly #parts: ModerationParts;

  constructor(parts: ModerationParts) {
    this.#parts = parts;
  }

  /** A room's moderation on this server. */
  async openWard(streamId: string): Promise<RoomWard> {
    const { database, clock, addressKey } = this.#parts;
    const read = async () => {
      const now = new Date(clock.epochMs());
      const members = await listMembers(database, streamId, { limit: MOST_ROWS });
      return { members, bans: await listBans(database, { streamId, now, limit: MOST_ROWS }) };
    };
    return RoomWard.open({
      ...{ clock, read },
      hashOf: (address) => hashOf(address, addressKey),
      followedAtMs: async (authorId) => {
        const at = await followedAt(database, { streamId, authorId });
        return at?.getTime() ?? null;
      },
      flag: (author, bannedName) => this.#flag(streamId, author, bannedName),
      located: (authorId, hash) => this.#located({ streamId, authorId }, hash),
    });
  }

  /**
   * Keeps somebody from writing for so many seconds, 1 to 14 days, or, null, until it is lifted, and
   * hides what they wrote.
   */
  async bar(
    by: Moderator,
    target: Target,
    { durationS, reason }: { readonly durationS: number | null; readonly reason: string },
  ): Promise<BanRecord | Refusal> {
    const verb = durationS === null ? 'ban' : 'time out';
    if (durationS !== null && !(durationS >= 1 && durationS <= MAX_TIMEOUT_S)) {
      const detail = `Cannot ${verb}: ${durationS} s is not 1 to ${MAX_TIMEOUT_S}`;
      return { refused: 'invalid_request', detail };
    }
    const { streamId } = by;
    const { id: authorId, name: authorName } = target;
    const createdAt = new Date(this.#parts.clock.epochMs());
    const expiresAt = durationS === null ? null : new Date(createdAt.getTime() + durationS * 1000);
    const record = { authorId, authorName, expiresAt, reason, addressHash: null, createdAt };
    const refusal = await this.#do(by, target, {
      verb,
      action: durationS === null ? 'chat.ban' : 'chat.timeout',
      changes: { durationS, reason },
      write: (transaction) => upsertBan(transaction, streamId, record),
    });
    if (refusal !== undefined) return refusal;
    const room = await this.#parts.roomOf(streamId);
    await room.conceal({ type: 'purge', authorId, authorName, durationS });
    return record;
  }

  /** Lifts a ban or timeout. That there is none is fine. */
  lift(by: Moderator, target: Target): Promise<Refusal | undefined> {
    const place = { streamId: by.streamId, authorId: target.id };
    return this.#do(by, target, {
      ...{ verb: 'unban', action: 'chat.unban', changes: {} },
      write: (transaction) => deleteBan(transaction, place),
    });
  }

  /** Gives somebody a role in the chat. Moderators are made by its broadcaster alone. */
  giveRole(by: Moderator, target: Target, role: GivenRole): Promise<Refusal | undefined> {
    const place = { streamId: by.streamId, authorId: target.id };
    const addedAt = new Date(this.#parts.clock.epochMs());
    return this.#do(by, target, {
      ...{ verb: 'give a role to', action: 'chat.role_given', changes: { role } },
      write: (transaction) =>
        insertMember(transaction, place, { authorName: target.name, role, addedAt }),
    });
  }

  /** Takes a role away. That it was not there is fine. */
  takeRole(by: Moderator, target: Target, role: GivenRole): Promise<Refusal | undefined> {
    const place = { streamId: by.streamId, authorId: target.id };
    return this.#do(by, target, {
      ...{ verb: 'take a role from', action: 'chat.role_taken', changes: { role } },
      write: (transaction) => deleteMember(transaction, place, role),
    });
  }

  /** Takes one message out of sight. */
  async remove(by: Moderator, messageId: string): Promise<Refusal | undefined> {
    const { database, roomOf } = this.#parts;
    const room = await roomOf(by.streamId);
    // What was just said is in the room before it is in the database.
    const authorId =
      room.find(messageId)?.author.id ?? (await this.#authorOf(by.streamId, messageId));
    if (authorId === undefined) {
      const shown = JSON.stringify(messageId.slice(0, 100));
      const detail = `Cannot delete message ${shown}: no such message is here`;
      return { refused: 'message_not_found', detail };
    }
    await this.#record(database, by, 'chat.delete', { messageId, authorId });
    await room.conceal({ type: 'removal', ids: [messageId] });
    return undefined;
  }

  /** Takes everything out of sight. */
  async clear(by: Moderator): Promise<void> {
    await this.#record(this.#parts.database, by, 'chat.clear', null);
    const room = await this.#parts.roomOf(by.streamId);
    await room.conceal({ type: 'clear' });
  }

  /** Changes how the chat is set. */
  async change(by: Moderator, changes: Partial<ChatSettings>): Promise<ChatSettings> {
    const room = await this.#parts.roomOf(by.streamId);
    const settings = await room.change(changes);
    await this.#record(this.#parts.database, by, 'chat.settings', { ...changes });
    return settings;
  }

  /** Somebody follows the stream, or does no more. Returns since when; null: does not. */
  async follow(place: Place, isFollowing: boolean): Promise<Date | null> {
    const { database, clock } = this.#parts;
    const standing = await database.transaction(async (transaction) => {
      if (isFollowing) await insertFollow(transaction, place, new Date(clock.epochMs()));
      else await deleteFollow(transaction, place);
      return findStanding(transaction, place);
    });
    await this.#tell(place, standing);
    return standing.followedAtMs === null ? null : new Date(standing.followedAtMs);
  }

  /** Since when somebody follows; undefined: does not. */
  followedAt(place: Place): Promise<Date | undefined> {
    return followedAt(this.#parts.database, place);
  }

  /** Who has which role, latest first. */
  members(streamId: string, query: MemberQuery): Promise<readonly MemberRecord[]> {
    return listMembers(this.#parts.database, streamId, query);
  }

  /** Bans and timeouts that hold now, latest first. */
  bans(
    streamId: string,
    page: { readonly limit: number; readonly behind: BanPlace | undefined },
  ): Promise<readonly BanRecord[]> {
    const now = new Date(this.#parts.clock.epochMs());
    return listBans(this.#parts.database, { streamId, now, ...page });
  }

  /** The ban or timeout of who has this id, else of who was called so. */
  banOf(streamId: string, name: string): Promise<BanRecord | undefined> {
    const now = new Date(this.#parts.clock.epochMs());
    return findBan(this.#parts.database, { streamId, now, name });
  }

  /** Who did what in the chat, latest first. */
  deeds(
    streamId: string,
    page: { readonly limit: number; readonly before: number | undefined },
  ): Promise<readonly KeptAuditEntry[]> {
    const query = { objectKind: OBJECT_KIND, objectId: streamId, ...page };
    return listAudit(this.#parts.database, query);
  }

  /** Writes a deed that another part does into the same trail. */
  async record(by: Moderator, action: string, changes: Readonly<Record<string, unknown>> | null) {
    await this.#record(this.#parts.database, by, action, changes);
  }

  async #authorOf(streamId: string, messageId: string): Promise<string | undefined> {
    const [found] = await this.#parts.database.query<{ readonly authorId: string }>(
      'select author_id as "authorId" from chat_messages where stream_id = $1 and id = $2',
      [streamId, messageId],
    );
    return found?.authorId;
  }

  /** Does something to somebody, keeps it on record and tells every server what they are now. */
  async #do(
    by: Moderator,
    target: Target,
    deed: {
      readonly verb: string;
      readonly action: string;
      readonly changes: Readonly<Record<string, unknown>>;
      readonly write: (transaction: Queryable) => Promise<unknown>;
    },
  ): Promise<Refusal | undefined> {
    const { verb, action, changes, write } = deed;
    const { id: authorId, name: authorName } = target;
    const place = { streamId: by.streamId, authorId };
    const standing = await this.#parts.database.transaction(async (transaction) => {
      const { roles } = await findStanding(transaction, place);
      const refusal = refuseTarget(by, { ...target, roles: [...target.roles, ...roles] }, verb);
      if (refusal !== undefined) return refusal;
      await write(transaction);
      await this.#record(transaction, by, action, { authorId, authorName, ...changes });
      return findStanding(transaction, place);
    });
    if ('refused' in standing) return standing;
    await this.#tell(place, standing);
    return undefined;
  }

  async #tell({ streamId, authorId }: Place, standing: ChatStanding): Promise<void> {
    const room = await this.#parts.roomOf(streamId);
    await room.tellStanding(authorId, standing);
  }

  async #record(
    to: Queryable,
    { actor, streamId: objectId }: Pick<Moderator, 'actor' | 'streamId'>,
    action: string,
    changes: Readonly<Record<string, unknown>> | null,
  ): Promise<void> {
    const at = new Date(this.#parts.clock.epochMs());
    await appendAudit(to, { at, actor, action, objectKind: OBJECT_KIND, objectId, changes });
  }

  #flag(streamId: string, author: ChatAuthor, bannedName: string): void {
    this.#behind(async () => {
      const actor: Actor = { kind: 'system', id: null, remoteAddress: null };
      const changes = { authorId: author.id, authorName: author.name, bannedName };
      await this.#record(this.#parts.database, { actor, streamId }, 'chat.flag', changes);
      const room = await this.#parts.roomOf(streamId);
      await room.tell({ type: 'flagged', author, bannedName }, 'moderators');
    });
  }

  #located(place: Place, hash: string): void {
    this.#behind(async () => {
      const { database } = this.#parts;
      const isNew = await fillAddressHash(database, place, hash);
      if (isNew) await this.#tell(place, await findStanding(database, place));
    });
  }

  /** What nobody waits for. */
  #behind(task: () => Promise<void>): void {
    task().catch((error: unknown) => {
      this.#parts.log.warn({ error }, 'chat moderation could not be kept');
    });
  }
}

function refuseTarget(by: Moderator, target: Target, verb: string): Refusal | undefined {
  const refuse = (why: string): Refusal => ({
    refused: 'forbidden',
    detail: `Cannot ${verb} ${JSON.stringify(target.name)}: ${why}`,
  });
  if (target.id === by.authorId) return refuse('that is you');
  if (target.roles.includes('broadcaster')) return refuse('this chat is theirs');
  if (target.roles.includes('moderator') && !by.isBroadcaster) {
    return refuse('only the broadcaster may do this to a moderator');
  }
  return undefined;
}

function hashOf(address: string, key: Uint8Array): string | undefined {
  const network = publicNetwork(address);
  if (network === undefined) return undefined;
  return createHmac('sha256', key).update(network).digest('hex').slice(0, HASH_LENGTH);
}
