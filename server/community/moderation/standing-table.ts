/** The rows of members, followers and bans, see migration 0003. */
import type { ChatRole } from '../../../contract/index.ts';
import type { ChatStanding } from '../../account/index.ts';
import type { Queryable } from '../../store/sql/index.ts';
import type { GivenRole } from './given-role.ts';

/** Rows of members, and of bans, that a room holds; beyond, the oldest are left out. */
export const MOST_ROWS = 20_000;

/** Somebody with a role in a chat. */
export interface MemberRecord {
  readonly authorId: string;
  readonly authorName: string;
  readonly role: GivenRole;
  readonly addedAt: Date;
}

/** Somebody who may not write. */
export interface BanRecord {
  readonly authorId: string;
  readonly authorName: string;
  /** The end of a timeout; null: a ban. */
  readonly expiresAt: Date | null;
  readonly reason: string;
  readonly addressHash: string | null;
  readonly createdAt: Date;
}

/** Whose row it is. */
export interface Place {
  readonly streamId: string;
  readonly authorId: string;
}

const BAN_COLUMNS = `author_id as "authorId", author_name as "authorName",
  expires_at as "expiresAt", reason, address_hash as "addressHash", created_at as "createdAt"`;

/** A place in a list of members. */
export type MemberPlace = Pick<MemberRecord, 'addedAt' | 'authorId' | 'role'>;

/** Which members: up to `limit`, of one role or any, those that follow the place `behind`. */
export interface MemberQuery {
  readonly limit: number;
  readonly role?: GivenRole | undefined;
  readonly behind?: MemberPlace | undefined;
}

/** Members of a stream's chat, latest first. */
export function listMembers(
  from: Queryable,
  streamId: string,
  { limit, role, behind }: MemberQuery,
): Promise<readonly MemberRecord[]> {
  return from.query<MemberRecord>(
    `select author_id as "authorId", author_name as "authorName", role, added_at as "addedAt"
     from chat_members where stream_id = $1 and ($3::text is null or role = $3)
       and ($4::timestamptz is null or added_at < $4
         or (added_at = $4 and (author_id, role) > ($5, $6)))
     order by added_at desc, author_id, role limit $2`,
    [
      ...[streamId, limit, role ?? null],
      ...[behind?.addedAt ?? null, behind?.authorId ?? '', behind?.role ?? ''],
    ],
  );
}

/** A place in a list of bans. */
export type BanPlace = Pick<BanRecord, 'createdAt' | 'authorId'>;

/** Bans and timeouts that hold at `now`, latest first; `behind` a place those that follow it. */
export function listBans(
  from: Queryable,
  page: { streamId: string; now: Date; limit: number; behind?: BanPlace | undefined },
): Promise<readonly BanRecord[]> {
  const { streamId, now, limit, behind } = page;
  return from.query<BanRecord>(
    `select ${BAN_COLUMNS} from chat_bans
     where stream_id = $1 and (expires_at is null or expires_at > $2)
       and ($4::timestamptz is null or created_at < $4 or (created_at = $4 and author_id > $5))
     order by created_at desc, author_id limit $3`,
    [streamId, now, limit, behind?.createdAt ?? null, behind?.authorId ?? ''],
  );
}

/** A ban or timeout that holds at `now`, by the author's id, else by the name, the latest. */
export async function findBan(
  from: Queryable,
  { streamId, now, name }: { streamId: string; now: Date; name: string },
): Promise<BanRecord | undefined> {
  const [found] = await from.query<BanRecord>(
    `select ${BAN_COLUMNS} from chat_bans
     where stream_id = $1 and (expires_at is null or expires_at > $2)
       and (author_id = $3 or lower(author_name) = lower($3))
     order by author_id = $3 desc, created_at desc limit 1`,
    [streamId, now, name],
  );
  return found;
}

/** Adds a role; that it was there already is fine. */
export async function insertMember(
  to: Queryable,
  { streamId, authorId }: Place,
  { authorName, role, addedAt }: Omit<MemberRecord, 'authorId'>,
): Promise<void> {
  await to.query(
    `insert into chat_members (stream_id, author_id, author_name, role, added_at)
     values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [streamId, authorId, authorName, role, addedAt],
  );
}

/** Takes a role away; whether it was there. */
export async function deleteMember(
  from: Queryable,
  { streamId, authorId }: Place,
  role: ChatRole,
): Promise<boolean> {
  const rows = await from.query(
    `delete from chat_members where stream_id = $1 and author_id = $2 and role = $3
     returning role`,
    [streamId, authorId, role],
  );
  return rows.length > 0;
}

/**
 * Sets the author's ban or timeout in the place of the one before, and forgets what has expired. From
 * where a banned author wrote is known on, when they are banned once more.
 */
export async function upsertBan(to: Queryable, streamId: string, ban: BanRecord): Promise<void> {
  const { authorId, authorName, expiresAt, reason, createdAt } = ban;
  await to.query('delete from chat_bans where stream_id = $1 and expires_at < $2', [
    streamId,
    createdAt,
  ]);
  await to.query(
    `insert into chat_bans (stream_id, author_id, author_name, expires_at, reason, address_hash,
       created_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (stream_id, author_id) do update set author_name = excluded.author_name,
       expires_at = excluded.expires_at, reason = excluded.reason,
       address_hash = case when excluded.expires_at is null
         then coalesce(excluded.address_hash, chat_bans.address_hash) end,
       created_at = excluded.created_at`,
    [streamId, authorId, authorName, expiresAt, reason, ban.addressHash, createdAt],
  );
}

/** Says from where somebody wrote who is banned; false: it was known, or there is no ban. */
export async function fillAddressHash(
  to: Queryable,
  { streamId, authorId }: Place,
  hash: string,
): Promise<boolean> {
  const rows = await to.query(
    `update chat_bans set address_hash = $3
     where stream_id = $1 and author_id = $2 and expires_at is null and address_hash is null
     returning author_id`,
    [streamId, authorId, hash],
  );
  return rows.length > 0;
}

/** Lifts a ban or timeout; whether there was one. */
export async function deleteBan(from: Queryable, { streamId, authorId }: Place): Promise<boolean> {
  const rows = await from.query(
    'delete from chat_bans where stream_id = $1 and author_id = $2 returning author_id',
    [streamId, authorId],
  );
  return rows.length > 0;
}

/** Follows the stream since `now`, or since earlier. */
export async function insertFollow(
  to: Queryable,
  { streamId, authorId }: Place,
  now: Date,
): Promise<void> {
  await to.query(
    `insert into follows (stream_id, user_id, followed_at) values ($1, $2, $3)
     on conflict do nothing`,
    [streamId, authorId, now],
  );
}

/** Follows no more. */
export async function deleteFollow(from: Queryable, place: Place): Promise<void> {
  const { streamId, authorId } = place;
  await from.query('delete from follows where stream_id = $1 and user_id = $2', [
    streamId,
    authorId,
  ]);
}

/** Since when the stream is followed; undefined: it is not. */
export async function followedAt(from: Queryable, place: Place): Promise<Date | undefined> {
  const { streamId, authorId } = place;
  const [row] = await from.query<{ readonly at: Date }>(
    'select followed_at as at from follows where stream_id = $1 and user_id = $2',
    [streamId, authorId],
  );
  return row?.at;
}

/** All of the above about one author. */
export async function findStanding(from: Queryable, place: Place): Promise<ChatStanding> {
  const values = [place.streamId, place.authorId];
  const roles = await from.query<{ readonly role: ChatRole }>(
    'select role from chat_members where stream_id = $1 and author_id = $2',
    values,
  );
  const [ban] = await from.query<BanRecord>(
    `select ${BAN_COLUMNS} from chat_bans where stream_id = $1 and author_id = $2`,
    values,
  );
  const followed = await followedAt(from, place);
  return {
    roles: roles.map(({ role }) => role),
    bar: ban === undefined ? null : barOf(ban),
    followedAtMs: followed?.getTime() ?? null,
  };
}

/** The same ban as a room has it. */
export function barOf({ expiresAt, authorName, addressHash }: BanRecord): ChatStanding['bar'] {
  return { untilMs: expiresAt?.getTime() ?? null, authorName, addressHash };
}
