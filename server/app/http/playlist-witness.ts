/** What delivery tells of those who fetch playlists, so that viewers can be counted. */
import type { IncomingHttpHeaders } from 'node:http';

/** The field in which a page of ours names its session. Caches need not know it: no answer varies by it. */
export const VIEWER_FIELD = 'x-viewer';

/** One request for a playlist. */
export interface PlaylistSighting {
  /** Without the query, and the query. */
  readonly path: string;
  readonly query: string;
  readonly remoteAddress: string | undefined;
  readonly userAgent: string;
  /** The field X-Forwarded-For. */
  readonly forwardedFor: string | undefined;
  /** The session of a page of ours. */
  readonly viewer: string | undefined;
}

/** Who is told. Must not throw, and returns at once. */
export interface PlaylistWitness {
  /**
   * A playlist was asked for. Returns for how many milliseconds the same connection need not be
   * mentioned again, as long as one client speaks over it.
   */
  saw(sighting: PlaylistSighting): number;
}

/** Whether a path is that of a playlist or a manifest. */
export function isPlaylistPath(path: string): boolean {
  return path.endsWith('.m3u8') || path.endsWith('.mpd');
}

/** The fields of a head as it was sent, or as Node read it. */
export function sightingFields(
  head: Buffer | IncomingHttpHeaders,
): Pick<PlaylistSighting, 'userAgent' | 'forwardedFor' | 'viewer'> {
  const read = Buffer.isBuffer(head) ? rawReader(head) : parsedReader(head);
  return {
    userAgent: read('user-agent') ?? '',
    forwardedFor: read('x-forwarded-for'),
    viewer: read(VIEWER_FIELD),
  };
}

function rawReader(head: Buffer): (name: string) => string | undefined {
  const text = head.toString('latin1');
  const lower = text.toLowerCase();
  return (name) => {
    const at = lower.indexOf(`\r\n${name}:`);
    if (at < 0) return undefined;
    const begin = at + name.length + 3;
    return text.slice(begin, text.indexOf('\r\n', begin)).trim();
  };
}

function parsedReader(headers: IncomingHttpHeaders): (name: string) => string | undefined {
  return (name) => headers[name]?.toString();
}
