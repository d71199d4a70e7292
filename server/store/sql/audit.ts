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
