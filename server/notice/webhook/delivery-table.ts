import type { DeliveryView } from '../../../contract/index.ts';
import {
  type EventRow,
  type EventType,
  eventOf,
  type PlatformEvent,
  type Queryable,
} from '../../store/sql/index.ts';

/** Who is told of an event: the operator's webhooks of all, a broadcaster's of its own. */
const FAN_OUT = `
  select w.id as webhook_id, e.position from events e
  join webhooks w on w.disabled_at is null and e.position > w.from_position
    and (w.owner_id is null or w.owner_id = e.owner_id)
    and (cardinality(w.event_types) = 0 or e.type = any(w.event_types))
  where e.position > $1 and e.position <= $2
  order by e.position`;

/** Events that are put in line in one transaction. */
export const FAN_OUT_EVENTS = 100;
const CURSOR = 'webhooks';

/**
 * Puts the next events in line for those who are to be told. Within a transaction: the cursor moves
 * with them, and whoever else does the same waits for it. False when there was nothing to do.
 */
export async function fanOut(
  transaction: Queryable,
  { now, newId }: { readonly now: Date; readonly newId: () => string },
): Promise<boolean> {
  const [cursor] = await transaction.query<{ position: number }>(
    `insert into event_cursors (name, position) values ($1, 0)
     on conflict (name) do update set position = event_cursors.position returning position`,
    [CURSOR],
  );
  const from = cursor?.position ?? 0;
  const [end] = await transaction.query<{ position: number | null }>(
    `select max(position) as position from
       (select position from events where position > $1 order by position limit $2) page`,
    [from, FAN_OUT_EVENTS],
  );
  const to = end?.position ?? null;
  if (to === null) return false;
  const matches = await transaction.query<{ webhook_id: string; position: number }>(FAN_OUT, [
    from,
    to,
  ]);
  if (matches.length > 0) {
    await transaction.query(
      `insert into webhook_deliveries
         (id, webhook_id, event_position, status, queued_at, next_attempt_at)
       select id, webhook_id, event_position, 'pending', $4, $4
       from unnest($1::text[], $2::text[], $3::bigint[]) as n(id, webhook_id, event_position)
       on conflict do nothing`,
      [
        matches.map(() => newId()),
        matches.map(({ webhook_id }) => webhook_id),
        matches.map(({ position }) => position),
        now,
      ],
    );
  }
  await transaction.query('update event_cursors set position = $2 where name = $1', [CURSOR, to]);
  return true;
}

/** Whether every event was put in line; asked often, so it writes nothing. */
export async function isFannedOut(database: Queryable): Promise<boolean> {
  const [row] = await database.query<{ is_done: boolean }>(
    `select coalesce((select max(position) from events), 0) <=
       coalesce((select position from event_cursors where name = $1), 0) as is_done`,
    [CURSOR],
  );
  return row?.is_done ?? true;
}

/** A webhook that has something to be sent, and from when on. */
export interface DueWebhook {
  readonly webhookId: string;
  readonly dueAt: Date;
}

/** The webhooks that wait, in the order in which they are due. Of each line only the first counts. */
export async function dueWebhooks(
  database: Queryable,
  limit: number,
): Promise<readonly DueWebhook[]> {
  const rows = await database.query<{ id: string; due_at: Date }>(
    `select w.id, least(line.due_at, aside.due_at) as due_at from webhooks w
     left join lateral (
       select greatest(d.next_attempt_at, d.claimed_until) as due_at from webhook_deliveries d
       where d.webhook_id = w.id and d.status = 'pending' and not d.is_aside
       order by d.event_position limit 1) line on true
     left join lateral (
       select greatest(d.next_attempt_at, d.claimed_until) as due_at from webhook_deliveries d
       where d.webhook_id = w.id and d.status = 'pending' and d.is_aside
       order by d.next_attempt_at limit 1) aside on true
     where w.disabled_at is null and (line.due_at is not null or aside.due_at is not null)
     order by due_at limit $1`,
    [limit],
  );
  return rows.map(({ id, due_at }) => ({ webhookId: id, dueAt: due_at }));
}

/** A delivery that waits, with its event. */
export interface PendingDelivery {
  readonly id: string;
  readonly attempts: number;
  readonly queuedAt: Date;
  readonly event: PlatformEvent;
}

interface PendingRow extends EventRow {
  readonly delivery_id: string;
  readonly attempts: number;
  readonly queued_at: Date;
}

/** Which of a webhook's deliveries are asked for. */
export interface PendingQuery {
  readonly webhookId: string;
  /** Those that others do not wait for, or those in line. */
  readonly isAside: boolean;
  readonly limit: number;
}

/** The first that wait, oldest event first. */
export async function pendingDeliveries(
  database: Queryable,
  { webhookId, isAside, limit }: PendingQuery,
): Promise<readonly PendingDelivery[]> {
  const rows = await database.query<PendingRow>(
    `select d.id as delivery_id, d.attempts, d.queued_at, e.id, e.type, e.occurred_at, e.owner_id,
       e.stream_id, e.data
     from webhook_deliveries d join events e on e.position = d.event_position
     where d.webhook_id = $1 and d.status = 'pending' and d.is_aside = $2
     order by ${isAside ? 'd.next_attempt_at' : 'd.event_position'} limit $3`,
    [webhookId, isAside, limit],
  );
  return rows.map((row) => ({
    id: row.delivery_id,
    attempts: row.attempts,
    queuedAt: row.queued_at,
    event: eventOf(row),
  }));
}

/**
 * Claims a delivery that is due at `now`, so that no other server tries it as well. False when it
 * is not due or not to be had. A claim that is not followed by a result is void at `until`.
 */
export async function claimDelivery(
  database: Queryable,
  { id, now, until }: { readonly id: string; readonly now: Date; readonly until: Date },
): Promise<boolean> {
  const rows = await database.query(
    `update webhook_deliveries set claimed_until = $3
     where id = $1 and status = 'pending' and next_attempt_at <= $2
       and (claimed_until is null or claimed_until <= $2)
     returning id`,
    [id, now, until],
  );
  return rows.length > 0;
}

/** Gives a claim back: nothing is known of the try. */
export async function releaseDelivery(database: Queryable, id: string): Promise<void> {
  await database.query('update webhook_deliveries set claimed_until = null where id = $1', [id]);
}

/** What is kept of a try. */
export interface TryRecord {
  readonly id: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly isAside: boolean;
  readonly at: Date;
  /** Undefined: not to be tried again. */
  readonly nextAttemptAt: Date | undefined;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
}

/** Keeps the result of a try and gives the claim back. */
export async function recordTry(database: Queryable, record: TryRecord): Promise<void> {
  const { id, status, attempts, isAside, at, nextAttemptAt, lastStatus, lastError } = record;
  await database.query(
    `update webhook_deliveries set status = $2, attempts = $3, is_aside = $4, last_attempt_at = $5,
       next_attempt_at = coalesce($6, next_attempt_at), last_status = $7, last_error = $8,
       claimed_until = null
     where id = $1`,
    [id, status, attempts, isAside, at, nextAttemptAt ?? null, lastStatus, lastError],
  );
}

/** Takes a delivery out of the line: those behind it do not wait for it any more. */
export async function setAside(database: Queryable, id: string): Promise<void> {
  await database.query('update webhook_deliveries set is_aside = true where id = $1', [id]);
}

/** Fails everything that waits, because nothing is sent any more; a replay can bring it back. */
export async function failPending(
  transaction: Queryable,
  webhookId: string,
  reason: string,
): Promise<void> {
  await transaction.query(
    `update webhook_deliveries set status = 'failed', last_error = $2, claimed_until = null
     where webhook_id = $1 and status = 'pending'`,
    [webhookId, reason],
  );
}

/** Puts deliveries in line again, with all their tries before them; returns how many. */
export async function requeue(
  transaction: Queryable,
  {
    webhookId,
    id,
    now,
  }: {
    readonly webhookId: string;
    /** Undefined: all that failed. */
    readonly id: string | undefined;
    readonly now: Date;
  },
): Promise<number> {
  const rows = await transaction.query(
    `update webhook_deliveries set status = 'pending', attempts = 0, is_aside = false,
       queued_at = $3, next_attempt_at = $3, last_error = null, last_status = null
     where webhook_id = $1 and status <> 'pending'
       and (($2::text is null and status = 'failed') or id = $2)
     returning id`,
    [webhookId, id ?? null, now],
  );
  return rows.length;
}

/** A page of a webhook's deliveries, newest event first. */
export interface DeliveryQuery {
  readonly webhookId: string;
  readonly status: DeliveryView['status'] | undefined;
  /** Only this one. */
  readonly id?: string | undefined;
  /** Only those whose event is older than the one at this position. */
  readonly before: number | undefined;
  readonly limit: number;
}

interface DeliveryRow {
  readonly id: string;
  readonly event_position: number;
  readonly event_id: string;
  readonly event_type: EventType;
  readonly status: DeliveryView['status'];
  readonly attempts: number;
  readonly next_attempt_at: Date;
  readonly last_attempt_at: Date | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
}

/** Deliveries with the positions of their events, by which a list goes on. */
export async function listDeliveries(
  database: Queryable,
  { webhookId, status, id, before, limit }: DeliveryQuery,
): Promise<readonly { readonly position: number; readonly view: DeliveryView }[]> {
  const rows = await database.query<DeliveryRow>(
    `select d.id, d.event_position, e.id as event_id, e.type as event_type, d.status, d.attempts,
       d.next_attempt_at, d.last_attempt_at, d.last_status, d.last_error
     from webhook_deliveries d join events e on e.position = d.event_position
     where d.webhook_id = $1 and ($2::text is null or d.status = $2)
       and ($3::text is null or d.id = $3) and ($4::bigint is null or d.event_position < $4)
     order by d.event_position desc limit $5`,
    [webhookId, status ?? null, id ?? null, before ?? null, limit],
  );
  return rows.map((row) => ({ position: row.event_position, view: viewOfDelivery(row) }));
}

/** What waits now. */
export interface PendingTally {
  readonly pending: number;
  /** When the oldest of it was put in line; null when nothing waits. */
  readonly oldestQueuedAt: Date | null;
}

/** For metrics. */
export async function tallyPending(database: Queryable): Promise<PendingTally> {
  const [row] = await database.query<{ pending: number; oldest: Date | null }>(
    `select count(*)::int as pending, min(queued_at) as oldest from webhook_deliveries
     where status = 'pending'`,
  );
  return { pending: row?.pending ?? 0, oldestQueuedAt: row?.oldest ?? null };
}

function viewOfDelivery(row: DeliveryRow): DeliveryView {
  const isPending = row.status === 'pending';
  return {
    id: row.id,
    eventId: row.event_id,
    eventType: row.event_type,
    status: row.status,
    attempts: row.attempts,
    nextAttemptAt: isPending ? row.next_attempt_at.toISOString() : null,
    lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
    lastStatus: row.last_status,
    lastError: row.last_error,
  };
}
