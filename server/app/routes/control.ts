/** Control for people and programs: streams, their keys, who is live, and the time. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { CreatedStream, IngestView, Refusal, StreamView } from '../../../contract/index.ts';
import { readStreamDraft, type Stream, type StreamDirectory } from '../../account/index.ts';
import type { Clock } from '../../base/index.ts';
import { refuse } from '../http/index.ts';
import { readStreamChanges } from './stream-changes.ts';

/** What an encoder assumes when an address names no port. */
const RTMP_DEFAULT_PORT = 1935;
/** Characters of an unknown id that an answer repeats. */
const MAX_SHOWN_ID = 100;

/** What the control routes need of the application. */
export interface ControlSettings {
  readonly directory: StreamDirectory;
  readonly clock: Clock;
  /** PUBLIC_URL; without it encoders are told the host that the request came to. */
  readonly publicUrl: string | undefined;
  /** The port that encoders publish to; known once it is open. */
  readonly rtmpPort: () => number;
  /** Whether there is a picture of the broadcast to show. */
  readonly hasPoster: (streamId: string, broadcastId: string) => boolean;
  /** Whether the stream's encoder was lost and is waited for. */
  readonly isAwaited: (streamId: string) => boolean;
  /** Ends the stream's publisher, if it has one. False when it had none. */
  readonly endBroadcast: (streamId: string) => boolean | Promise<boolean>;
}

type ById = { Params: { id: string } };

/** Adds everything under `/api/streams`, `/api/ingest`, and `/api/clock`. */
export function registerControlRoutes(app: FastifyInstance, settings: ControlSettings): void {
  const { directory, clock } = settings;
  const viewOf = (stream: Stream): StreamView => viewOfStream(settings, stream);

  app.get('/api/clock', async () => ({ epochMs: clock.epochMs() }));

  app.get('/api/ingest', async (request): Promise<IngestView> => ingestOf(settings, request));

  app.get('/api/streams', async () => ({ streams: directory.list().map(viewOf) }));

  app.get('/api/streams/live', async () => ({ streams: directory.live().map(viewOf) }));

  app.post('/api/streams', async (request, reply) => {
    const draft = readStreamDraft(request.body);
    if ('refused' in draft) return refuse(reply, draft);
    const made = await directory.create(draft);
    if ('refused' in made) return refuse(reply, made);
    reply.code(201).header('location', `/api/streams/${made.stream.id}`);
    return createdStream(viewOf(made.stream), made.streamKey, ingestOf(settings, request));
  });

  app.get<ById>('/api/streams/:id', async ({ params: { id } }, reply) => {
    const stream = directory.get(id);
    return stream === undefined ? refuse(reply, unknownStream('show', id)) : viewOf(stream);
  });

  app.patch<ById>('/api/streams/:id', async (request, reply) => {
    const changes = readStreamChanges(request.body);
    if ('refused' in changes) return refuse(reply, changes);
    const changed = await directory.setLadder(request.params.id, changes.ladder);
    if ('refused' in changed) {
      return refuse(reply, unknownStream('change', request.params.id));
    }
    return viewOf(changed);
  });

  app.post<ById>('/api/streams/:id/end', async ({ params: { id } }, reply) => {
    const stream = directory.get(id);
    if (stream === undefined) return refuse(reply, unknownStream('end', id));
    await settings.endBroadcast(id);
    // What was received is still being packaged; for whoever asked, the broadcast is over.
    if (stream.broadcast !== null) directory.endBroadcast(id, stream.broadcast.id);
    return viewOf(directory.get(id) ?? stream);
  });

  app.post<ById>('/api/streams/:id/key', async (request, reply) => {
    const { id } = request.params;
    const replaced = await directory.replaceKey(id);
    if ('refused' in replaced) return refuse(reply, unknownStream('replace the key of', id));
    const stream = directory.get(id);
    if (stream === undefined) return refuse(reply, unknownStream('show', id));
    return createdStream(viewOf(stream), replaced.streamKey, ingestOf(settings, request));
  });
}

function viewOfStream({ hasPoster, isAwaited }: ControlSettings, stream: Stream): StreamView {
  const { id, title, broadcasterId, createdAtMs, broadcast } = stream;
  const status = stream.status === 'live' && isAwaited(id) ? 'reconnecting' : stream.status;
  const isPictured = status === 'live' && broadcast !== null && hasPoster(id, broadcast.id);
  return {
    id,
    title,
    broadcasterId,
    status,
    createdAt: isoDate(createdAtMs),
    startedAt: broadcast === null ? null : isoDate(broadcast.startedAtMs),
    endedAt:
      broadcast === null || broadcast.endedAtMs === null ? null : isoDate(broadcast.endedAtMs),
    broadcastId: broadcast?.id ?? null,
    playbackUrl: `/live/${id}/master.m3u8`,
    watchUrl: `/watch/${id}`,
    posterUrl: isPictured ? `/live/${id}/poster.jpg` : null,
    ladder: stream.ladder,
  };
}

function createdStream(view: StreamView, streamKey: string, ingest: IngestView): CreatedStream {
  return { ...view, streamKey, ingest };
}

/** The address to type into an encoder: this server's, as the client calls it. */
function ingestOf({ publicUrl, rtmpPort }: ControlSettings, request: FastifyRequest): IngestView {
  const host = publicUrl === undefined ? hostOf(request) : new URL(publicUrl).hostname;
  const port = rtmpPort();
  const authority = port === RTMP_DEFAULT_PORT ? host : `${host}:${port}`;
  return { rtmpUrl: `rtmp://${authority}/live` };
}

/** The name in the Host field, if it can be one: it is a client's word. */
function hostOf({ hostname }: FastifyRequest): string {
  return /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])$/.test(hostname)
    ? hostname
    : 'localhost';
}

function unknownStream(action: string, id: string): Refusal {
  const shown = JSON.stringify(id.slice(0, MAX_SHOWN_ID));
  return { refused: 'stream_not_found', detail: `Cannot ${action} stream ${shown}: it is unknown` };
}

function isoDate(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
