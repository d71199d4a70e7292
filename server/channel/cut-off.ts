import { type Log, newId } from '../base/index.ts';
import {
  appendEvents,
  type Database,
  type PlatformEvent,
  type Queryable,
} from '../store/sql/index.ts';
import { SERVER_GONE, SERVER_STOPPED } from './cut-off-reason.ts';
import { STREAM_COLUMNS, type StreamRow, streamOf } from './stream-table.ts';

/** When and with what it is done. */
export interface CutOffSettings {
  readonly database: Database;
  readonly nowMs: number;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly log: Log;
}

/**
 * Ends what the database still calls on air by the server `nodeId`, which has just begun: no
 * publisher outlives the process that served it. Others on the same database go on.
 */
export async function endCutOff(nodeId: string, settings: CutOffSettings): Promise<void> {
  await end(settings, async (transaction, at) => {
    await endBroadcasts(transaction, { nodeIds: [nodeId], at, reason: SERVER_STOPPED });
    return SERVER_STOPPED;
  });
}

/**
 * Ends the broadcasts of servers that have not been seen for `goneMs`, by the database's clock,
 * and forgets them. `nodeId` itself is never taken for gone.
 */
export async function endAbandoned(
  nodeId: string,
  goneMs: number,
  settings: CutOffSettings,
): Promise<void> {
  await end(settings, async (transaction, at) => {
    // One that is seen again in this moment waits for the row, or is found to be there.
    const gone = await transaction.query<{ id: string }>(
      `delete from nodes where id <> $1 and last_seen < now() - $2 * interval '1 millisecond'
       returning id`,
      [nodeId, goneMs],
    );
    const nodeIds = gone.map(({ id }) => id);
    if (nodeIds.length > 0) {
      settings.log.warn({ nodes: nodeIds }, 'servers on this database are gone');
      await endBroadcasts(transaction, { nodeIds, at, reason: SERVER_GONE });
    }
    return SERVER_GONE;
  });
}

async function endBroadcasts(
  transaction: Queryable,
  ended: {
    readonly nodeIds: readonly string[];
    readonly at: Date;
    readonly reason: string;
  },
): Promise<void> {
  // The wall clock may have been set back meanwhile; a broadcast never ends before it began.
  await transaction.query(
    `update broadcasts set ended_at = greatest(started_at, $1), end_reason = $2
     where ended_at is null and (node_id is null or node_id = any($3))`,
    [ended.at, ended.reason, ended.nodeIds],
  );
}

/** Ends streams whose broadcasts `work` has ended, all in one transaction, and tells of them. */
async function end(
  { database, nowMs, randomBytes, log }: CutOffSettings,
  work: (transaction: Queryable, at: Date) => Promise<string>,
): Promise<void> {
  const at = new Date(nowMs);
  const ended = await database.transaction(async (transaction) => {
    const reason = await work(transaction, at);
    const rows = await transaction.query<StreamRow>(
      `update streams s
       set status = 'ended', ended_at = greatest(s.actual_start, $1), updated_at = $1
       where s.status in ('live', 'reconnecting') and not exists (
         select from broadcasts b where b.id = s.broadcast_id and b.ended_at is null)
       returning ${STREAM_COLUMNS}`,
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
          ...{ streamId: id, title, status, reason },
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
