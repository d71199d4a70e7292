import type { Queryable } from './database.ts';

/** What may happen, as webhooks and the event stream name it. */
export type EventType =
  | 'stream.created'
  | 'stream.updated'
  | 'stream.deleted'
  | 'broadcast.connected'
  | 'broadcast.started'
  | 'broadcast.reconnecting'
  | 'broadcast.resumed'
  | 'broadcast.ended'
  | 'key.rotated'
  | 'health.raised'
  | 'health.cleared'
  | 'recording.ready'
  | 'clip.ready';

/** Something that happened. Contains no secret: it is sent to others. */
export interface PlatformEvent {
  /** `evt_…`, unique. */
  readonly id: string;
  readonly type: EventType;
  readonly occurredAt: Date;
  /** Whose it is (a broadcaster's id); null: the operator's. */
  readonly ownerId: string | null;
  readonly streamId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Any number of its own: appends of all transactions take turns, so positions are in commit order. */
const APPEND_LOCK = 727_001;

/**
 * Adds events to the outbox within the transaction of the change they tell of. To be called last:
 * from here to the commit every other append waits, which is what keeps a reader that holds a
 * position from passing over one that commits later.
 */
export async function appendEvents(
  transaction: Queryable,
  events: readonly PlatformEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await transaction.query('select pg_advisory_xact_lock($1)', [APPEND_LOCK]);
  for (const { id, type, occurredAt, ownerId, streamId, data } of events) {
    await transaction.query(
      `insert into events (id, type, occurred_at, owner_id, stream_id, data)
       values ($1, $2, $3, $4, $5, $6)`,
      [id, type, occurredAt, ownerId, streamId, JSON.stringify(data)],
    );
  }
}
