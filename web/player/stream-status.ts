import type { IngestView, StreamView } from '../../contract/index.ts';

/** How long a question to the server may take. Milliseconds. */
const PATIENCE_MS = 5_000;

/** What the server said about a stream: the stream, that there is none, or nothing. */
export type StreamAnswer =
  | { readonly kind: 'found'; readonly stream: StreamView }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreachable' };

/** Address of a stream's multivariant playlist. */
export function masterUrlOf(streamId: string): string {
  return `/live/${encodeURIComponent(streamId)}/master.m3u8`;
}

/** Asks the server about one stream. Never rejects: a failure is an answer too. */
export async function askStream(streamId: string): Promise<StreamAnswer> {
  try {
    const response = await ask(`/api/streams/${encodeURIComponent(streamId)}`);
    if (response.status === 404 || response.status === 400) return { kind: 'unknown' };
    if (!response.ok) return { kind: 'unreachable' };
    return { kind: 'found', stream: (await response.json()) as StreamView };
  } catch {
    return { kind: 'unreachable' };
  }
}

/** The streams that are live now; null when the server could not be asked. */
export async function askLiveStreams(): Promise<readonly StreamView[] | null> {
  try {
    const response = await ask('/api/streams/live');
    if (!response.ok) return null;
    return ((await response.json()) as { readonly streams: readonly StreamView[] }).streams;
  } catch {
    return null;
  }
}

/** Where encoders publish to; null when the server could not be asked. */
export async function askIngest(): Promise<IngestView | null> {
  try {
    const response = await ask('/api/ingest');
    return response.ok ? ((await response.json()) as IngestView) : null;
  } catch {
    return null;
  }
}

/** The server's clock in milliseconds since the epoch; null when it could not be asked. */
export async function askClock(): Promise<number | null> {
  try {
    const response = await ask('/api/clock');
    return response.ok ? ((await response.json()) as { readonly epochMs: number }).epochMs : null;
  } catch {
    return null;
  }
}

function ask(path: string): Promise<Response> {
  return fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
}
