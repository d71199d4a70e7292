/**
 * A stream and its going live:
 *
 *           begin             end
 *     idle ------> live <--------> ended
 *                  |  ^    begin
 *                  +--+ begin: the broadcast before it ends at that moment
 *
 * An end that names another broadcast than the present one changes nothing: it comes from a
 * publisher that a newer one has replaced.
 */
import type { StreamStatus } from '../../contract/index.ts';
import type { BroadcastRecord, StreamRecord } from '../store/streams/index.ts';

/** Characters (UTF-16 units) of a title. */
export const MAX_TITLE_LENGTH = 200;
/** Characters of a broadcaster's id. */
export const MAX_BROADCASTER_ID_LENGTH = 100;

/** What a new stream is made from. */
export interface StreamDraft {
  /** Up to `MAX_BROADCASTER_ID_LENGTH` characters, none of them a control character. */
  readonly broadcasterId: string;
  /** Up to `MAX_TITLE_LENGTH` characters, none of them a control character. */
  readonly title: string;
}

/** A stream as the rest of the server sees it. Times are milliseconds since the Unix epoch. */
export interface Stream {
  readonly id: string;
  readonly broadcasterId: string;
  readonly title: string;
  readonly status: StreamStatus;
  readonly createdAtMs: number;
  /** The present or last broadcast; null before the first. */
  readonly broadcast: BroadcastRecord | null;
  /** The end of the stream key. */
  readonly keyLast4: string;
  /** The qualities of its broadcasts, as LADDER writes them, or `off`; null: the server's. */
  readonly ladder: string | null;
}

/** What a record says about the stream, without what only the directory may know. */
export function streamOf(record: StreamRecord): Stream {
  const { id, broadcasterId, title, createdAtMs, broadcast, keyLast4, ladder = null } = record;
  return {
    id,
    broadcasterId,
    title,
    status: statusOf(broadcast),
    createdAtMs,
    broadcast,
    keyLast4,
    ladder,
  };
}

/** Where a stream with this last broadcast stands. */
export function statusOf(broadcast: BroadcastRecord | null): StreamStatus {
  if (broadcast === null) return 'idle';
  return broadcast.endedAtMs === null ? 'live' : 'ended';
}

/** The record of a stream that goes live with a new broadcast. */
export function beginBroadcast(
  record: StreamRecord,
  broadcast: { readonly id: string; readonly nowMs: number },
): StreamRecord {
  return {
    ...record,
    broadcast: { id: broadcast.id, startedAtMs: broadcast.nowMs, endedAtMs: null },
  };
}

/** The record after the end of a broadcast; the same one when that is not on air. */
export function endBroadcast(
  record: StreamRecord,
  broadcast: { readonly id: string; readonly nowMs: number },
): StreamRecord {
  const current = record.broadcast;
  if (current === null || current.id !== broadcast.id || current.endedAtMs !== null) return record;
  // The wall clock may have been set back meanwhile; a broadcast never ends before it began.
  const endedAtMs = Math.max(current.startedAtMs, broadcast.nowMs);
  return { ...record, broadcast: { ...current, endedAtMs } };
}
