/** The rows of `stream_keys`. */
import type { PublishProtocol } from '../../contract/index.ts';
import type { Queryable } from '../store/sql/index.ts';
import type { Stream } from './stream.ts';
import { dateOf, STREAM_COLUMNS, type StreamRow, streamOf } from './stream-table.ts';

/** What is kept of a stream key. Times are milliseconds since the Unix epoch. */
export interface StreamKey {
  /** `key_…` */
  readonly id: string;
  readonly streamId: string;
  readonly name: string;
  /** The stream's own key, which rotation replaces. */
  readonly isMain: boolean;
  readonly hash: string;
  /** The end of the key, so that a person can tell which one an encoder holds. */
  readonly last4: string;
  /** Empty: any. */
  readonly protocols: readonly PublishProtocol[];
  /** CIDR ranges; empty: any address. */
  readonly addressRanges: readonly string[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  readonly lastUsedAtMs: number | null;
}

/** A key, its stream, and until when that one's keys are refused. */
export interface KeyAndStream {
  readonly key: StreamKey;
  readonly stream: Stream;
  readonly keysRefusedUntilMs: number | null;
  /** Whether the stream’s owner has an account that is disabled, or of a role that makes no streams. */
  readonly isOwnerBarred?: boolean;
}

interface KeyRow {
  readonly key_id: string;
  readonly stream_id: string;
  readonly name: string;
  readonly is_main: boolean;
  readonly key_hash: string;
  readonly last4: string;
  readonly protocols: readonly PublishProtocol[];
  readonly address_ranges: readonly string[];
  readonly issued_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
}

type JoinedRow = KeyRow &
  StreamRow & { readonly keys_refused_until: Date | null; readonly owner_barred: boolean };

const KEY_COLUMNS = `k.id as key_id, k.stream_id, k.name, k.is_main, k.key_hash, k.last4,
  k.protocols, k.address_ranges, k.created_at as issued_at, k.expires_at, k.revoked_at,
  k.last_used_at`;
const JOINED = `select ${KEY_COLUMNS}, ${STREAM_COLUMNS}, s.keys_refused_until,
    coalesce(u.disabled_at is not null or u.role not in ('admin', 'broadcaster'), false)
      as owner_barred
  from stream_keys k join streams s on s.id = k.stream_id
  left join users u on u.id = s.broadcaster_id`;

/** Whether a key is neither revoked nor expired. */
export function isActive(
  { revokedAtMs, expiresAtMs }: Pick<StreamKey, 'revokedAtMs' | 'expiresAtMs'>,
  nowMs: number,
): boolean {
  return revokedAtMs === null && (expiresAtMs === null || expiresAtMs > nowMs);
}

/** The key with this hash, active or not. */
export async function findKeyByHash(
  database: Queryable,
  hash: string,
): Promise<KeyAndStream | undefined> {
  const rows = await database.query<JoinedRow>(`${JOINED} where k.key_hash = $1`, [hash]);
  return rows.map(joinedOf)[0];
}

/** The keys with these ids, with their streams; those that are gone are missing. */
export async function findKeysById(
  database: Queryable,
  ids: readonly string[],
): Promise<readonly KeyAndStream[]> {
  const rows = await database.query<JoinedRow>(`${JOINED} where k.id = any($1::text[])`, [ids]);
  return rows.map(joinedOf);
}

/** Up to `most` active keys, the ones used last first. */
export async function latestKeys(
  database: Queryable,
  { at, most }: { readonly at: Date; readonly most: number },
): Promise<readonly KeyAndStream[]> {
  const rows = await database.query<JoinedRow>(
    `${JOINED} where k.revoked_at is null and (k.expires_at is null or k.expires_at > $1)
     order by k.last_used_at desc nulls last, k.created_at desc limit $2`,
    [at, most],
  );
  return rows.map(joinedOf);
}

/** All keys of a stream, the newest first. */
export async function keysOfStream(
  database: Queryable,
  streamId: string,
): Promise<readonly StreamKey[]> {
  const rows = await database.query<KeyRow>(
    `select ${KEY_COLUMNS} from stream_keys k where k.stream_id = $1
     order by k.created_at desc, k.id desc`,
    [streamId],
  );
  return rows.map(keyOf);
}

/** Adds a key. */
export async function insertKey(transaction: Queryable, key: StreamKey): Promise<void> {
  await transaction.query(
    `insert into stream_keys
       (id, stream_id, name, is_main, key_hash, last4, protocols, address_ranges, created_at,
        expires_at, revoked_at, last_used_at)
     values ($1, $2, $3, $4, $5, $6, $7::text[], $8::text[], $9, $10, $11, $12)
     on conflict (key_hash) do nothing`,
    [
      key.id,
      key.streamId,
      key.name,
      key.isMain,
      key.hash,
      key.last4,
      key.protocols,
      key.addressRanges,
      new Date(key.createdAtMs),
      dateOf(key.expiresAtMs),
      dateOf(key.revokedAtMs),
      dateOf(key.lastUsedAtMs),
    ],
  );
}

/** Writes until when a key is good. */
export async function updateKeyEnd(
  transaction: Queryable,
  { id, expiresAtMs, revokedAtMs }: StreamKey,
): Promise<void> {
  await transaction.query('update stream_keys set expires_at = $2, revoked_at = $3 where id = $1', [
    id,
    dateOf(expiresAtMs),
    dateOf(revokedAtMs),
  ]);
}

/** Removes the keys of a stream but for the `kept` that were made last and those still active. */
export async function forgetOldKeys(
  transaction: Queryable,
  streamId: string,
  { at, kept }: { readonly at: Date; readonly kept: number },
): Promise<void> {
  await transaction.query(
    `delete from stream_keys where stream_id = $1
       and (revoked_at is not null or expires_at <= $2)
       and id not in (select id from stream_keys where stream_id = $1
                      order by created_at desc, id desc limit $3)`,
    [streamId, at, kept],
  );
}

/** Whether any key is kept, and so the pepper must be there. */
export async function hasStreamKeys(database: Queryable): Promise<boolean> {
  const rows = await database.query('select 1 as one from stream_keys limit 1');
  return rows.length > 0;
}

function joinedOf(row: JoinedRow): KeyAndStream {
  return {
    key: keyOf(row),
    stream: streamOf(row),
    keysRefusedUntilMs: row.keys_refused_until?.getTime() ?? null,
    isOwnerBarred: row.owner_barred,
  };
}

function keyOf(row: KeyRow): StreamKey {
  return {
    id: row.key_id,
    streamId: row.stream_id,
    name: row.name,
    isMain: row.is_main,
    hash: row.key_hash,
    last4: row.last4,
    protocols: row.protocols,
    addressRanges: row.address_ranges,
    createdAtMs: row.issued_at.getTime(),
    expiresAtMs: row.expires_at?.getTime() ?? null,
    revokedAtMs: row.revoked_at?.getTime() ?? null,
    lastUsedAtMs: row.last_used_at?.getTime() ?? null,
  };
}
