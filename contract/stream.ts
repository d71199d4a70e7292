/**
 * Where a stream stands: before its announced start, before its first broadcast, on air, on air
 * while its encoder is gone and may come back, or after its last broadcast.
 */
export const STREAM_STATUSES = ['scheduled', 'idle', 'live', 'reconnecting', 'ended'] as const;

/** See `STREAM_STATUSES`. */
export type StreamStatus = (typeof STREAM_STATUSES)[number];

/** How an encoder may publish. */
export const PUBLISH_PROTOCOLS = ['rtmp', 'rtmps', 'srt', 'whip'] as const;

/** See `PUBLISH_PROTOCOLS`. */
export type PublishProtocol = (typeof PUBLISH_PROTOCOLS)[number];

/** Those of them that this version takes, to which a key can be limited. */
export const OFFERED_PROTOCOLS = ['rtmp'] as const satisfies readonly PublishProtocol[];

/** A stream as the control API shows it. Never contains the key. */
export interface StreamView {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly broadcasterId: string;
  readonly status: StreamStatus;
  /** Nobody may publish to it. */
  readonly disabled: boolean;
  /** It never goes live again after its first broadcast. */
  readonly once: boolean;
  readonly chatEnabled: boolean;
  readonly recordingEnabled: boolean;
  readonly isPremium: boolean;
  readonly drmRequired: boolean;
  /** When it is announced to begin, ISO 8601, UTC; null: not announced. */
  readonly scheduledStart: string | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** When the present (or last) broadcast began and ended; null before that. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Identifies the present (or last) broadcast; null before the first. */
  readonly broadcastId: string | null;
  /** The last broadcast ended with the server that carried it, and nobody ended it. */
  readonly cutOff: boolean;
  /** The same, and its encoder is expected back any moment; then another broadcast begins. */
  readonly returning: boolean;
  /** The best quality on air, such as `1080p`; null while there is none. */
  readonly quality: string | null;
  /** How many watch it now. */
  readonly viewerCount: number;
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

/** The same, and every address that is kept in the database, the primary one first. */
export interface IngestListView extends IngestView {
  readonly endpoints: readonly {
    readonly url: string;
    /** In the operator's words; empty: not said. */
    readonly region: string;
    /** This server's own. */
    readonly isPrimary: boolean;
  }[];
}

/** A stream key as its owner sees it afterwards: never the key itself. */
export interface StreamKeyView {
  /** `key_…` */
  readonly id: string;
  /** What its owner calls it; empty for the stream's own. */
  readonly name: string;
  /** The stream's own key, which rotation replaces; others are guests' keys. */
  readonly main: boolean;
  /** The end of the key, so that a person can tell which one an encoder holds. */
  readonly last4: string;
  /** Empty: any. */
  readonly protocols: readonly PublishProtocol[];
  /** CIDR ranges; empty: any address. */
  readonly addressRanges: readonly string[];
  /** ISO 8601, UTC, as the others. */
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly lastUsedAt: string | null;
}

/** The answer to issuing a key: the only time it is shown. */
export interface IssuedKeyView extends StreamKeyView {
  readonly streamKey: string;
}

/** A stream as a player needs it, in the names of `/api/v1`. */
export interface LiveStreamView {
  readonly stream_id: string;
  readonly title: string;
  readonly status: StreamStatus;
  /** ISO 8601, UTC; null before the first broadcast. */
  readonly started_at: string | null;
  /** Relative to this server. */
  readonly playback_url: string;
  readonly drm: { readonly required: boolean };
  /** On air now, the best first; `resolution` is null for sound alone, `bitrate` in bits/s. */
  readonly qualities: readonly { readonly resolution: string | null; readonly bitrate: number }[];
  readonly features: { readonly dvr_enabled: boolean; readonly dvr_window_seconds: number };
}
