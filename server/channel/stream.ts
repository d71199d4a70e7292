import type { StreamStatus } from '../../contract/index.ts';

/** Characters (UTF-16 units) of a title. */
export const MAX_TITLE_LENGTH = 200;
/** Characters of a broadcaster's id. */
export const MAX_BROADCASTER_ID_LENGTH = 100;
/** Characters of a description; it may have several lines. */
export const MAX_DESCRIPTION_LENGTH = 5_000;
/** Characters of a category. */
export const MAX_CATEGORY_LENGTH = 100;

/** What an owner may say about a stream, and change later. */
export interface StreamTraits {
  /** Up to `MAX_TITLE_LENGTH` characters, none of them a control character. */
  readonly title: string;
  /** Up to `MAX_DESCRIPTION_LENGTH` characters. */
  readonly description: string;
  /** Up to `MAX_CATEGORY_LENGTH` characters, none of them a control character. */
  readonly category: string;
  readonly chatEnabled: boolean;
  readonly recordingEnabled: boolean;
  readonly isPremium: boolean;
  readonly drmRequired: boolean;
  /** Nobody may publish. */
  readonly isDisabled: boolean;
  /** The qualities of its broadcasts, as LADDER writes them, or `off`; null: the server's. */
  readonly ladder: string | null;
}

/** What a new stream is made from; traits that are missing have their defaults. */
export interface StreamDraft extends Partial<StreamTraits> {
  /** Up to `MAX_BROADCASTER_ID_LENGTH` characters, none of them a control character. */
  readonly broadcasterId: string;
  readonly title: string;
  /** It never goes live again after its first broadcast. */
  readonly isOnce?: boolean;
  /** When it is announced to begin. */
  readonly scheduledStartMs?: number | null;
}

/** What is to be otherwise about a stream. */
export type StreamChanges = Partial<StreamTraits>;

/** One going-live of a stream. Times are milliseconds since the Unix epoch. */
export interface BroadcastRecord {
  readonly id: string;
  readonly startedAtMs: number;
  /** Null while it is on air. */
  readonly endedAtMs: number | null;
  /** It ended with the server that carried it, and not because anybody wanted that. */
  readonly isCutOff: boolean;
}

/** A stream as the rest of the server sees it. Times are milliseconds since the Unix epoch. */
export interface Stream extends StreamTraits {
  readonly id: string;
  /** Its owner. */
  readonly broadcasterId: string;
  readonly status: StreamStatus;
  readonly isOnce: boolean;
  readonly scheduledStartMs: number | null;
  /** The present or last broadcast; null before the first. */
  readonly broadcast: BroadcastRecord | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Whether a broadcast of the stream is on air. */
export function isOnAir({ status }: Pick<Stream, 'status'>): boolean {
  return status === 'live' || status === 'reconnecting';
}

/** Whether the stream had its only broadcast; one that the server cut off may be begun anew. */
export function isOver({
  isOnce,
  status,
  broadcast,
}: Pick<Stream, 'isOnce' | 'status' | 'broadcast'>): boolean {
  return isOnce && status === 'ended' && broadcast?.isCutOff !== true;
}

/** A stream made from a draft, never on air yet. */
export function newStream(id: string, draft: StreamDraft, nowMs: number): Stream {
  const { scheduledStartMs = null } = draft;
  return {
    ...{ description: '', category: '', ladder: null },
    ...{ chatEnabled: true, recordingEnabled: false, isPremium: false, drmRequired: false },
    ...{ isDisabled: false, isOnce: false },
    ...draft,
    id,
    status: scheduledStartMs === null ? 'idle' : 'scheduled',
    scheduledStartMs,
    broadcast: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

/** The changes that change something. */
export function differencesOf(before: Stream, changes: StreamChanges): StreamChanges {
  const names = Object.keys(changes) as (keyof StreamChanges)[];
  const differing = names.filter(
    (name) => changes[name] !== undefined && changes[name] !== before[name],
  );
  return Object.fromEntries(differing.map((name) => [name, changes[name]]));
}
