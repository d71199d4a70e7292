import type { EventView } from '../../../contract/index.ts';
import type { Queryable } from './database.ts';

/** What may happen, as webhooks and the event stream name it. */
export const EVENT_TYPES = [
  'stream.created',
  'stream.updated',
  'stream.deleted',
  'broadcast.connected',
  'broadcast.started',
  'broadcast.reconnecting',
  'broadcast.resumed',
  'broadcast.ended',
  'key.rotated',
  'health.raised',
  'health.cleared',
  'recording.ready',
  'clip.ready',
] as const;

/** See `EVENT_TYPES`. */
export type EventType = (typeof EVENT_TYPES)[number];

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

/** An event as it is kept. */
export interface KeptEvent extends PlatformEvent {
  /** Grows with every event, in the order of their commits; numbers may be missing. */
  readonly position: number;
}

/** Which events somebody may see and wants. */
export interface EventFilter {
  /** A broadcaster's id; null: everybody's. */
  readonly ownerId: string | null;
  readonly streamId?: string | undefined;
  /** Undefined: all. */
  readonly types?: readonly EventType[] | undefined;
}

/** An event as the table `events` has it. */
export interface EventRow {
  readonly id: string;
  readonly type: EventType;
  readonly occurred_at: Date;
  readonly owner_id: string | null;
  readonly stream_id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Up to `limit` events behind the position `after`, oldest first. */
export async function readEvents(
  database: Queryable,
  {
    after,
    limit,
    filter,
  }: {
    readonly after: number;
    readonly limit: number;
    readonly filter: EventFilter;
  },
): Promise<readonly KeptEvent[]> {
  const rows = await database.query<EventRow & { readonly position: number }>(
    `select position, id, type, occurred_at, owner_id, stream_id, data from events
     where position > $1
       and ($2::text is null or owner_id = $2)
       and ($3::text is null or stream_id = $3)
       and ($4::text[] is null or type = any($4))
     order by position limit $5`,
    [after, filter.ownerId, filter.streamId ?? null, filter.types ?? null, limit],
  );
  return rows.map((row) => ({ position: row.position, ...eventOf(row) }));
}

/** The event in a row, which may have more. */
export function eventOf(row: EventRow): PlatformEvent {
  const { id, type, occurred_at: occurredAt, owner_id: ownerId, stream_id: streamId, data } = row;
  return { id, type, occurredAt, ownerId, streamId, data };
}

/** Whether the filter lets an event through, as `readEvents` decides it. */
export function isWanted(event: PlatformEvent, { ownerId, streamId, types }: EventFilter): boolean {
  return (
    (ownerId === null || event.ownerId === ownerId) &&
    (streamId === undefined || event.streamId === streamId) &&
    (types === undefined || types.includes(event.type))
  );
}

/** Positions of the oldest and newest event that are kept; both 0 when none is. */
export async function eventRange(
  database: Queryable,
): Promise<{ readonly oldest: number; readonly newest: number }> {
  const [row] = await database.query<{ oldest: number | null; newest: number | null }>(
    'select min(position) as oldest, max(position) as newest from events',
  );
  return { oldest: row?.oldest ?? 0, newest: row?.newest ?? 0 };
}

/** An event as others are told of it. */
export function viewOfEvent({ id, type, occurredAt, streamId, data }: PlatformEvent): EventView {
  return { id, type, timestamp: occurredAt.toISOString(), streamId, data };
}
