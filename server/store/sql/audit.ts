import type { Queryable } from './database.ts';

/** Who did something. */
export interface Actor {
  readonly kind: 'user' | 'token' | 'operator' | 'system';
  /** Of the user or token; null for the others. */
  readonly id: string | null;
  /** The peer's IP address; null when nobody asked from outside. */
  readonly remoteAddress: string | null;
}

/** One thing that was done, for the audit log. Contains no secret. */
export interface AuditEntry {
  readonly at: Date;
  readonly actor: Actor;
  /** A verb behind its object's kind, such as `stream.delete`. */
  readonly action: string;
  readonly objectKind: string;
  readonly objectId: string | null;
  /** What became of which field; null where that says nothing. */
  readonly changes: Readonly<Record<string, unknown>> | null;
}

/** Adds an entry to the audit log within the transaction of what it tells of. */
export async function appendAudit(transaction: Queryable, entry: AuditEntry): Promise<void> {
  const { at, actor, action, objectKind, objectId, changes } = entry;
  await transaction.query(
    `insert into audit_log
       (at, actor_kind, actor_id, action, object_kind, object_id, remote_address, changes)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      at,
      actor.kind,
      actor.id,
      action,
      objectKind,
      objectId,
      actor.remoteAddress,
      changes === null ? null : JSON.stringify(changes),
    ],
  );
}

/** An entry as it is kept. */
export interface KeptAuditEntry extends AuditEntry {
  /** Grows with every entry. */
  readonly position: number;
}

/** Which entries are asked for; what is undefined does not matter. */
export interface AuditQuery {
  readonly actorId?: string | undefined;
  readonly action?: string | undefined;
  readonly objectKind?: string | undefined;
  readonly objectId?: string | undefined;
  /** Only entries older than the one at this position. */
  readonly before?: number | undefined;
  readonly limit: number;
}

interface AuditRow {
  readonly position: number;
  readonly at: Date;
  readonly actor_kind: Actor['kind'];
  readonly actor_id: string | null;
  readonly remote_address: string | null;
  readonly action: string;
  readonly object_kind: string;
  readonly object_id: string | null;
  readonly changes: Readonly<Record<string, unknown>> | null;
}

/** Entries of the audit log, newest first. */
export async function listAudit(
  database: Queryable,
  query: AuditQuery,
): Promise<readonly KeptAuditEntry[]> {
  const { actorId, action, objectKind, objectId, before, limit } = query;
  const rows = await database.query<AuditRow>(
    `select position, at, actor_kind, actor_id, remote_address, action, object_kind, object_id,
       changes
     from audit_log
     where ($1::text is null or actor_id = $1)
       and ($2::text is null or action = $2)
       and ($3::text is null or object_kind = $3)
       and ($4::text is null or object_id = $4)
       and ($5::bigint is null or position < $5)
     order by position desc limit $6`,
    [actorId, action, objectKind, objectId, before].map((value) => value ?? null).concat(limit),
  );
  return rows.map((row) => ({
    position: row.position,
    at: row.at,
    actor: { kind: row.actor_kind, id: row.actor_id, remoteAddress: row.remote_address },
    action: row.action,
    objectKind: row.object_kind,
    objectId: row.object_id,
    changes: row.changes,
  }));
}
