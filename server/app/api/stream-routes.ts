/** Streams, their keys, and who is live. */
import type { FastifyRequest } from 'fastify';
import type { CreatedStream, IngestView, StreamView } from '../../../contract/index.ts';
import type { Channels, Stream } from '../../channel/index.ts';
import { unknownObject } from './access.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId } from './schema.ts';
import {
  createdStreamSchema,
  ingestSchema,
  streamChangesSchema,
  streamDraftSchema,
  streamListSchema,
  streamSchema,
} from './stream-schemas.ts';

/** What an encoder assumes when an address names no port. */
const RTMP_DEFAULT_PORT = 1935;

/** What the stream routes need of the application. */
export interface StreamRouteSettings {
  readonly channels: Channels;
  /** PUBLIC_URL; without it encoders are told the host that the request came to. */
  readonly publicUrl: string | undefined;
  /** The port that encoders publish to; known once it is open. */
  readonly rtmpPort: () => number;
  /** Whether there is a picture of the broadcast to show. */
  readonly hasPoster: (streamId: string, broadcastId: string) => boolean;
}

/** Everything under `/api/streams`, and `/api/ingest`. */
export function streamRoutes(settings: StreamRouteSettings): readonly ApiRoute[] {
  return [...readingRoutes(settings), ...writingRoutes(settings), keyRoute(settings)];
}

function readingRoutes(settings: StreamRouteSettings): readonly ApiRoute[] {
  const { channels } = settings;
  const viewOf = (stream: Stream): StreamView => viewOfStream(settings, stream);
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/ingest', operationId: 'getIngest', tag: 'server' },
      summary: 'Where encoders publish to',
      verb: 'show the address for encoders',
      access: 'everybody',
      answers: { 200: ingestSchema },
      answer: async ({ request }) => ({ status: 200, body: ingestOf(settings, request) }),
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/streams', operationId: 'listStreams', tag: 'streams' },
      summary: 'The newest streams, newest first',
      verb: 'list streams',
      access: { action: 'stream.list' },
      answers: { 200: streamListSchema },
      answer: async () => {
        const page = await channels.list({ limit: 100 });
        if ('refused' in page) return page;
        return { status: 200, body: { streams: page.streams.map(viewOf) } };
      },
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/streams/live', operationId: 'listLive', tag: 'streams' },
      summary: 'The streams that are live, the latest to begin first',
      verb: 'list live streams',
      access: 'everybody',
      answers: { 200: streamListSchema },
      answer: async () => ({ status: 200, body: { streams: channels.live().map(viewOf) } }),
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/streams/:id', operationId: 'getStream', tag: 'streams' },
      summary: 'One stream',
      verb: 'show stream',
      access: 'everybody',
      params: byId,
      problems: ['stream_not_found'],
      answers: { 200: streamSchema },
      answer: async ({ params: { id } }) => {
        const stream = await channels.get(id);
        if (stream === undefined) return unknownObject('stream', 'show stream', id);
        return { status: 200, body: viewOf(stream) };
      },
    }),
  ];
}

function writingRoutes(settings: StreamRouteSettings): readonly ApiRoute[] {
  const { channels } = settings;
  const viewOf = (stream: Stream): StreamView => viewOfStream(settings, stream);
  return [
    defineRoute({
      ...{ method: 'POST', path: '/api/streams', operationId: 'createStream', tag: 'streams' },
      summary: 'Make a stream; its key is shown this once',
      verb: 'create stream',
      access: { action: 'stream.create' },
      body: streamDraftSchema,
      problems: ['too_many_streams'],
      answers: { 201: createdStreamSchema },
      answer: async ({ body, request, actor }) => {
        const made = await channels.create(body, actor);
        if ('refused' in made) return made;
        const ingest = ingestOf(settings, request);
        const headers = { location: `/api/streams/${made.stream.id}` };
        const created = createdStream(viewOf(made.stream), made.streamKey, ingest);
        return { status: 201, body: created, headers };
      },
    }),
    defineRoute({
      ...{ method: 'PATCH', path: '/api/streams/:id', operationId: 'updateStream', tag: 'streams' },
      summary: 'Change a stream',
      verb: 'change stream',
      access: { action: 'stream.write', object: 'stream' },
      params: byId,
      body: streamChangesSchema,
      answers: { 200: streamSchema },
      answer: async ({ params: { id }, body, actor }) => {
        const changed = await channels.update(id, body, actor);
        if ('refused' in changed) return changed;
        return { status: 200, body: viewOf(changed) };
      },
    }),
    defineRoute({
      ...{ method: 'POST', path: '/api/streams/:id/end', operationId: 'endStream', tag: 'streams' },
      summary: 'End its broadcast',
      verb: 'end stream',
      access: { action: 'stream.write', object: 'stream' },
      params: byId,
      answers: { 200: streamSchema },
      problems: ['invalid_transition'],
      answer: async ({ params: { id }, actor }) => {
        // What was received is still being packaged; for whoever asked, the broadcast is over.
        const ended = await channels.end(id, actor);
        if ('refused' in ended) return ended;
        return { status: 200, body: viewOf(ended) };
      },
    }),
  ];
}

function keyRoute(settings: StreamRouteSettings): ApiRoute {
  const { channels } = settings;
  const verb = 'replace the key of stream';
  return defineRoute({
    ...{ method: 'POST', path: '/api/streams/:id/key', operationId: 'replaceKey', tag: 'keys' },
    summary: 'Show a new key; the old one is refused from now on',
    verb,
    access: { action: 'key.write', object: 'stream' },
    params: byId,
    answers: { 200: createdStreamSchema },
    answer: async ({ params: { id }, request, actor }) => {
      const rotation = { overlapMs: 0, disconnects: false };
      const replaced = await channels.keyring.rotate(id, rotation, actor);
      if ('refused' in replaced) return replaced;
      const stream = await channels.get(id);
      if (stream === undefined) return unknownObject('stream', verb, id);
      const view = viewOfStream(settings, stream);
      const ingest = ingestOf(settings, request);
      return { status: 200, body: createdStream(view, replaced.streamKey, ingest) };
    },
  });
}

function viewOfStream(settings: StreamRouteSettings, stream: Stream): StreamView {
  const { id, status, broadcast } = stream;
  const isPictured =
    status === 'live' && broadcast !== null && settings.hasPoster(id, broadcast.id);
  return {
    id,
    title: stream.title,
    description: stream.description,
    category: stream.category,
    broadcasterId: stream.broadcasterId,
    status,
    disabled: stream.isDisabled,
    once: stream.isOnce,
    chatEnabled: stream.chatEnabled,
    recordingEnabled: stream.recordingEnabled,
    isPremium: stream.isPremium,
    drmRequired: stream.drmRequired,
    scheduledStart: stream.scheduledStartMs === null ? null : isoDate(stream.scheduledStartMs),
    createdAt: isoDate(stream.createdAtMs),
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
function ingestOf(
  { publicUrl, rtmpPort }: StreamRouteSettings,
  request: FastifyRequest,
): IngestView {
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

function isoDate(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
