import { type Log, newId } from '../base/index.ts';
import { appendEvents, type Database, type PlatformEvent } from '../store/sql/index.ts';
import { STREAM_COLUMNS, type StreamRow, streamOf } from './stream-table.ts';

const REASON = 'the server was stopped';

/** When and with what it is done. */
export interface CutOffSettings {
  readonly database: Database;
  readonly nowMs: number;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly log: Log;
}

/**
 * Ends what the database still calls on air. No publisher outlives the process that served it, so
 * at a start such a broadcast was cut off.
 */
export async function endCutOff(settings: CutOffSettings): Promise<void> {
  const { database, nowMs, randomBytes, log } = settings;
  const at = new Date(nowMs);
  const ended = await database.transaction(async (transaction) => {
    // The wall clock may have been set back meanwhile; a broadcast never ends before it began.
    await transaction.query(
      `update broadcasts set ended_at = greatest(started_at, $1), end_reason = $2
       where ended_at is null`,
      [at, REASON],
    );
    const rows = await transaction.query<StreamRow>(
      `update streams s
       set status = 'ended', ended_at = greatest(s.actual_start, $1), updated_at = $1
       where s.status in ('live', 'reconnecting') returning ${STREAM_COLUMNS}`,
      [at],
    );
    const streams = rows.map(streamOf);
    const events = streams.map(
      ({ id, broadcasterId, title, status, broadcast }): PlatformEvent => ({
        id: newId('evt', nowMs, randomBytes),
        type: 'broadcast.ended',
        occurredAt: at,
        ownerId: broadcasterId,
        streamId: id,
        data: {
          ...{ streamId: id, title, status, reason: REASON },
          broadcastId: broadcast?.id ?? null,
          startedAt: broadcast === null ? null : new Date(broadcast.startedAtMs).toISOString(),
          endedAt: at.toISOString(),
        },
      }),
    );
    await appendEvents(transaction, events);
    return streams;
  });
  for (const { id, broadcast } of ended) {
    log.warn({ stream: id, broadcast: broadcast?.id }, 'broadcast was cut off');
  }
}
