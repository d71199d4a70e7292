/** Changes of a stream that somebody asked for: the row, with the event and the audit entry of it. */
import type { Refusal } from '../../contract/index.ts';
import { type Clock, newId } from '../base/index.ts';
import {
  type Actor,
  appendAudit,
  appendEvents,
  type EventType,
  type PlatformEvent,
  type Queryable,
} from '../store/sql/index.ts';
import { unknownStream } from './keyring.ts';
import { refuseTransition } from './lifecycle.ts';
import { differencesOf, isOver, type Stream, type StreamChanges } from './stream.ts';
import { lockStream, updateSchedule, updateTraits } from './stream-table.ts';

/** How far the clock of who announces a start may be behind ours. */
const START_TOLERANCE_MS = 5 * 60_000;

/** A change of a stream, for those who are told. */
export interface Told {
  readonly type: EventType;
  readonly action: string;
  readonly stream: Stream;
  readonly actor: Actor;
  readonly changes?: Readonly<Record<string, unknown>>;
}

/** When things happen, and what their ids are made of. */
export interface Telling {
  readonly clock: Clock;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array;
}

/** What is to be otherwise about a stream, and when it is to begin. */
export interface StreamUpdate extends StreamChanges {
  /** Announces it; null takes that back; undefined leaves it. */
  readonly scheduledStartMs?: number | null | undefined;
}

/** Tells of a change within its transaction; to be called last. */
export async function tellChange(
  transaction: Queryable,
  told: Told,
  { clock, randomBytes }: Telling,
): Promise<void> {
  const { type, action, stream, actor, changes = null } = told;
  const nowMs = clock.epochMs();
  const at = new Date(nowMs);
  const objectId = stream.id;
  await appendAudit(transaction, { at, actor, action, objectKind: 'stream', objectId, changes });
  const event: PlatformEvent = {
    id: newId('evt', nowMs, randomBytes),
    type,
    occurredAt: at,
    ownerId: stream.broadcasterId,
    streamId: stream.id,
    data: {
      streamId: stream.id,
      title: stream.title,
      status: stream.status,
      ...(changes !== null && { changes }),
    },
  };
  await appendEvents(transaction, [event]);
}

/**
 * Changes a stream within a transaction: all of it, or nothing and a refusal. `overlay` adds what is
 * known better than the row says.
 */
export async function changeStream(
  transaction: Queryable,
  asked: {
    readonly id: string;
    readonly update: StreamUpdate;
    readonly actor: Actor;
    readonly overlay: (read: Stream) => Stream;
  },
  telling: Telling,
): Promise<Stream | Refusal> {
  const { id, actor, overlay } = asked;
  const { scheduledStartMs: askedMs, ...changes } = asked.update;
  const read = await lockStream(transaction, id);
  if (read === undefined) return unknownStream('change', id);
  const before = askedMs === undefined ? read : overlay(read);
  const nowMs = telling.clock.epochMs();
  const startMs = isAsBefore(before, askedMs, nowMs) ? undefined : askedMs;
  const refusal = startMs === undefined ? undefined : refuseSchedule(before, startMs, nowMs);
  if (refusal !== undefined) return refusal;
  const differing = differencesOf(read, changes);
  const hasTraits = Object.keys(differing).length > 0;
  if (startMs === undefined && !hasTraits) return read;
  const at = new Date(nowMs);
  let stream = before;
  if (startMs !== undefined) {
    stream = {
      ...before,
      status: startMs === null ? 'idle' : 'scheduled',
      scheduledStartMs: startMs,
    };
    await updateSchedule(transaction, stream, at);
  }
  if (hasTraits) stream = await updateTraits(transaction, id, { changes: differing, at });
  const action = hasTraits ? 'stream.update' : 'stream.schedule';
  const told = {
    ...differing,
    ...(startMs !== undefined && {
      scheduledStart: startMs === null ? null : new Date(startMs).toISOString(),
    }),
  };
  const change = { type: 'stream.updated', action, stream, actor, changes: told } as const;
  await tellChange(transaction, change, telling);
  return stream;
}

/** Refuses to announce, by `verb`, what should have begun already, but for clocks that differ. */
export function refusePastStart(startMs: number, verb: string, nowMs: number): Refusal | undefined {
  if (startMs >= nowMs - START_TOLERANCE_MS) return undefined;
  const message = `must not be in the past: it is ${new Date(nowMs).toISOString()} now`;
  const detail = `Cannot ${verb}: scheduledStart ${message}`;
  return { refused: 'invalid_request', detail, errors: [{ field: 'scheduledStart', message }] };
}

/**
 * Whether what is asked is what was announced already, as a form sends it along with what it
 * changes. A stream that has ended is announced anew for the same time while that is to come.
 */
function isAsBefore(
  { status, scheduledStartMs }: Stream,
  askedMs: number | null | undefined,
  nowMs: number,
): boolean {
  if (askedMs === undefined || askedMs !== scheduledStartMs) return false;
  return askedMs === null || status !== 'ended' || askedMs < nowMs;
}

function refuseSchedule(
  stream: Stream,
  startMs: number | null,
  nowMs: number,
): Refusal | undefined {
  const { id } = stream;
  if (isOver(stream)) {
    const detail = `Cannot schedule stream ${id}: it was made for one broadcast, which has ended`;
    return { refused: 'stream_ended', detail };
  }
  if (startMs === null) return refuseTransition(stream, 'unschedule');
  return (
    refuseTransition(stream, 'schedule') ?? refusePastStart(startMs, `schedule stream ${id}`, nowMs)
  );
}
