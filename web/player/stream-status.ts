import { ApiError, type IngestView, type StreamView } from '../../contract/index.ts';
import { api, PATIENCE_MS } from '../base/index.ts';

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
export async function askStream(id: string): Promise<StreamAnswer> {
  try {
    const stream = await api.call('GET /api/streams/{id}', { params: { id }, ...patience() });
    return { kind: 'found', stream };
  } catch (error) {
    const isUnknown = error instanceof ApiError && (error.status === 404 || error.status === 400);
    return { kind: isUnknown ? 'unknown' : 'unreachable' };
  }
}

/** The streams that are live now; null when the server could not be asked. */
export async function askLiveStreams(): Promise<readonly StreamView[] | null> {
  return orNull(api.call('GET /api/streams/live', patience()).then(({ streams }) => streams));
}

/** Where encoders publish to; null when the server could not be asked. */
export async function askIngest(): Promise<IngestView | null> {
  return orNull(api.call('GET /api/ingest', patience()));
}

/** The server's clock in milliseconds since the epoch; null when it could not be asked. */
export async function askClock(): Promise<number | null> {
  return orNull(api.call('GET /api/clock', patience()).then(({ epochMs }) => epochMs));
}

function patience(): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.timeout(PATIENCE_MS) };
}

function orNull<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch(() => null);
}
