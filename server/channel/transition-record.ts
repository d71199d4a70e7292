/** How a step in a stream's life is written down: its row, its broadcasts, what others are told. */
import { newId } from '../base/index.ts';
import {
  type Actor,
  appendAudit,
  appendEvents,
  type EventType,
  type PlatformEvent,
  type Queryable,
} from '../store/sql/index.ts';
import { LIFECYCLE, type StreamAction } from './lifecycle.ts';
import type { BroadcastRecord, Stream } from './stream.ts';
import { dateOf } from './stream-table.ts';

/** A step that was taken. */
export interface Transition {
  readonly action: StreamAction;
  readonly atMs: number;
  /** The server that takes it. */
  readonly nodeId: string;
  readonly before: Stream;
  readonly after: Stream;
  /** A broadcast that was on air and gave way to the one that begins. */
  readonly replaced: BroadcastRecord | null;
  readonly actor: Actor;
  /** The key of the encoder that connects, where it has a lasting one. */
  readonly keyId: string | null;
  /** Why a broadcast ends, in words. */
  readonly reason: string | null;
  readonly keysRefusedUntilMs: number | null;
}

/** What others are told of a step. */
const EVENTS: Readonly<Record<StreamAction, readonly EventType[]>> = {
  schedule: ['stream.updated'],
  unschedule: ['stream.updated'],
  connect: ['broadcast.connected', 'broadcast.started'],
  start: ['broadcast.started'],
  join: ['broadcast.connected'],
  lose: ['broadcast.reconnecting'],
  resume: ['broadcast.resumed'],
  expire: ['broadcast.ended'],
  end: ['broadcast.ended'],
};

/** Steps that somebody answers for. */
const AUDITED: readonly StreamAction[] = ['connect', 'start', 'join', 'end'];

/** Why the broadcast before ends when another begins. */
const REPLACED = 'replaced by a newer broadcast';

/** The events of a step, made once: writing them twice is refused by their ids. */
export function eventsOf(
  step: Transition,
  random: (size: number) => Uint8Array,
): readonly PlatformEvent[] {
  const { after, replaced } = step;
  const event = (
    type: EventType,
    broadcast: BroadcastRecord | null,
    reason: string | null,
  ): PlatformEvent => ({
    id: newId('evt', step.atMs, random),
    type,
    occurredAt: new Date(step.atMs),
    ownerId: after.broadcasterId,
    streamId: after.id,
    data: {
      streamId: after.id,
      title: after.title,
      status: after.status,
      broadcastId: broadcast?.id ?? null,
      startedAt: isoOf(broadcast?.startedAtMs ?? null),
      endedAt: isoOf(broadcast?.endedAtMs ?? null),
      ...(reason !== null && { reason }),
    },
  });
  const closing = replaced === null ? [] : [event('broadcast.ended', replaced, REPLACED)];
  const own = EVENTS[step.action].map((type) => event(type, after.broadcast, step.reason));
  return [...closing, ...own];
}

/**
 * Writes a step and its events; nothing when the stream has been deleted meanwhile. Where another
 * server has begun a broadcast of the stream, and told of it, the end of this one alone is written.
 */
export async function writeTransition(
  transaction: Queryable,
  step: Transition,
  events: readonly PlatformEvent[],
): Promise<void> {
  const { action, before, after, replaced } = step;
  const effect = LIFECYCLE[before.status][action];
  if (!(await writeStream(transaction, step, effect === 'begins'))) {
    if (effect === 'ends') await writeEndOnce(transaction, step);
    return;
  }
  if (replaced !== null) await writeEnd(transaction, replaced, REPLACED);
  if (after.broadcast !== null) {
    if (effect === 'begins') await writeBegin(transaction, step, after.broadcast);
    if (effect === 'ends') await writeEnd(transaction, after.broadcast, step.reason);
    if (action === 'resume') {
      await transaction.query('update broadcasts set reconnects = reconnects + 1 where id = $1', [
        after.broadcast.id,
      ]);
    }
  }
  if (step.keyId !== null) {
    const used = 'update stream_keys set last_used_at = $2 where id = $1';
    await transaction.query(used, [step.keyId, new Date(step.atMs)]);
  }
  if (AUDITED.includes(action)) await audit(transaction, step);
  await appendEvents(transaction, events);
}

async function writeStream(
  transaction: Queryable,
  step: Transition,
  begins: boolean,
): Promise<boolean> {
  const { id, status, broadcast } = step.after;
  const rows = await transaction.query(
    `update streams set status = $2, broadcast_id = $3, actual_start = $4, ended_at = $5,
       keys_refused_until = $6, updated_at = $7
     where id = $1 and ($8 or broadcast_id is not distinct from $3) returning id`,
    [
      id,
      status,
      broadcast?.id ?? null,
      dateOf(broadcast?.startedAtMs ?? null),
      dateOf(broadcast?.endedAtMs ?? null),
      dateOf(step.keysRefusedUntilMs),
      new Date(step.atMs),
      begins,
    ],
  );
  return rows.length > 0;
}

async function writeBegin(
  transaction: Queryable,
  { nodeId, after }: Transition,
  { id, startedAtMs }: BroadcastRecord,
): Promise<void> {
  await transaction.query(
    `insert into broadcasts (id, stream_id, node_id, started_at) values ($1, $2, $3, $4)
     on conflict (id) do nothing`,
    [id, after.id, nodeId, new Date(startedAtMs)],
  );
}

async function writeEnd(
  transaction: Queryable,
  { id, endedAtMs }: BroadcastRecord,
  reason: string | null,
): Promise<void> {
  await transaction.query('update broadcasts set ended_at = $2, end_reason = $3 where id = $1', [
    id,
    dateOf(endedAtMs),
    reason,
  ]);
}

async function writeEndOnce(transaction: Queryable, step: Transition): Promise<void> {
  const { id, endedAtMs = null } = step.after.broadcast ?? {};
  await transaction.query(
    'update broadcasts set ended_at = $2, end_reason = $3 where id = $1 and ended_at is null',
    [id ?? null, dateOf(endedAtMs), step.reason],
  );
}

async function audit(transaction: Queryable, step: Transition): Promise<void> {
  const { action, after, actor, keyId } = step;
  await appendAudit(transaction, {
    at: new Date(step.atMs),
    actor,
    action: `stream.${action}`,
    objectKind: 'stream',
    objectId: after.id,
    changes: {
      status: after.status,
      broadcastId: after.broadcast?.id ?? null,
      ...(keyId !== null && { keyId }),
    },
  });
}

function isoOf(epochMs: number | null): string | null {
  return epochMs === null ? null : new Date(epochMs).toISOString();
}
