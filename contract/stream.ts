/**
 * Where a stream stands: never live yet; live now; on air, but its encoder was lost and is waited
 * for; or between broadcasts after the last one ended.
 */
export type StreamStatus = 'idle' | 'live' | 'reconnecting' | 'ended';

/** A stream as the control API shows it. Never contains the key. */
export interface StreamView {
  readonly id: string;
  readonly title: string;
  readonly broadcasterId: string;
  readonly status: StreamStatus;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** When the present (or last) broadcast began and ended; null before that. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Identifies the present (or last) broadcast; null before the first. */
  readonly broadcastId: string | null;
  /** Address of the multivariant playlist, relative to this server. */
  readonly playbackUrl: string;
  /** Address of the watch page, relative to this server. */
  readonly watchUrl: string;
  /** Address of the newest picture, relative to this server; null without one, or while not live. */
  readonly posterUrl: string | null;
  /** The qualities of its broadcasts, as LADDER writes them, or `off`; null: the server's. */
  readonly ladder: string | null;
}

/** The answer to creating a stream: the only time the key is shown. */
export interface CreatedStream extends StreamView {
  readonly streamKey: string;
  readonly ingest: IngestView;
}

/** Where an encoder publishes to. */
export interface IngestView {
  /** The server's address as an encoder asks for it; the key goes into another field. */
  readonly rtmpUrl: string;
}
