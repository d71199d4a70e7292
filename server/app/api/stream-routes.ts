/** Streams, and who is live. */
import type { Refusal } from '../../../contract/index.ts';
import { mayDo, type Principal } from '../../account/index.ts';
import { unknownObject } from './access.ts';
import { type ApiRoute, type Call, defineRoute } from './route.ts';
import { byId } from './schema.ts';
import {
  createdStreamSchema,
  ingestListSchema,
  liveStreamSchema,
  startSchema,
  streamChangesSchema,
  streamDraftSchema,
  streamListSchema,
  streamPageSchema,
  streamQuery,
  streamSchema,
} from './stream-schemas.ts';
import {
  createdStream,
  ingestListOf,
  liveViewOf,
  type StreamRouteSettings,
  viewOfStream,
} from './stream-views.ts';

/** Everything under `/api/streams` but the keys, and `/api/ingest`. */
export function streamRoutes(settings: StreamRouteSettings): readonly ApiRoute[] {
  return [
    ...listRoutes(settings),
    ...singleRoutes(settings),
    createRoute(settings),
    ...changeRoutes(settings),
    ...lifeRoutes(settings),
  ];
}

function listRoutes(settings: StreamRouteSettings): readonly ApiRoute[] {
  const { channels } = settings;
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/ingest', operationId: 'getIngest', tag: 'server' },
      summary: 'Where encoders publish to',
      verb: 'show the address for encoders',
      access: 'everybody',
      answers: { 200: ingestListSchema },
      answer: async ({ request }) => ({ status: 200, body: await ingestListOf(settings, request) }),
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/streams', operationId: 'listStreams', tag: 'streams' },
      summary: 'Streams, newest first, in pages',
      verb: 'list streams',
      access: { action: 'stream.list' },
      query: streamQuery,
      answers: { 200: streamPageSchema },
      answer: async ({ query }) => {
        const page = await channels.list(query);
        if ('refused' in page) return page;
        const data = page.streams.map((stream) => viewOfStream(settings, stream));
        return { status: 200, body: { data, next_cursor: page.nextCursor } };
      },
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/streams/live', operationId: 'listLive', tag: 'streams' },
      summary: 'The streams that are live, the latest to begin first',
      verb: 'list live streams',
      access: 'everybody',
      answers: { 200: streamListSchema },
      answer: async () => {
        const streams = channels.live().map((stream) => viewOfStream(settings, stream));
        return { status: 200, body: { streams } };
      },
    }),
  ];
}

function singleRoutes(settings: StreamRouteSettings): readonly ApiRoute[] {
  const { channels } = settings;
  const verb = 'show stream';
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/streams/:id', operationId: 'getStream', tag: 'streams' },
      summary: 'One stream',
      verb,
      access: 'everybody',
      params: byId,
      problems: ['stream_not_found'],
      answers: { 200: streamSchema },
      answer: async ({ params: { id } }) => {
        const stream = isId(id) ? await channels.get(id) : undefined;
        if (stream === undefined) return unknownObject('stream', verb, id);
        return { status: 200, body: viewOfStream(settings, stream) };
      },
    }),
    defineRoute({
      ...{ method: 'GET', path: '/api/v1/live/streams/:id', operationId: 'getLiveStream' },
      tag: 'streams',
      summary: 'One stream as a player needs it: where it plays, in which qualities',
      verb,
      access: { action: 'stream.list' },
      params: byId,
      problems: ['stream_not_found'],
      answers: { 200: liveStreamSchema },
      answer: async ({ params: { id } }) => {
        const stream = isId(id) ? await channels.get(id) : undefined;
        if (stream === undefined) return unknownObject('stream', verb, id);
        return { status: 200, body: liveViewOf(settings, stream) };
      },
    }),
  ];
}

function createRoute(settings: StreamRouteSettings): ApiRoute {
  return defineRoute({
    ...{ method: 'POST', path: '/api/streams', operationId: 'createStream', tag: 'streams' },
    summary: 'Make a stream; its key is shown this once',
    verb: 'create stream',
    access: { action: 'stream.create' },
    body: streamDraftSchema,
    problems: ['too_many_streams', 'owner_may_not_broadcast'],
    answers: { 201: createdStreamSchema },
    answer: async ({ body, principal, actor, request }) => {
      const owner = ownerFor(principal, body.broadcasterId);
      if (typeof owner !== 'string') return owner;
      const { once, disabled, scheduledStart, ...traits } = given(body);
      const made = await settings.channels.create(
        {
          ...{ ...traits, title: body.title, broadcasterId: owner },
          ...(once !== undefined && { isOnce: once }),
          ...(disabled !== undefined && { isDisabled: disabled }),
          ...(scheduledStart !== undefined && { scheduledStartMs: epochOf(scheduledStart) }),
        },
        actor,
      );
      if ('refused' in made) return made;
      const headers = { location: `/api/streams/${made.stream.id}` };
      return { status: 201, body: createdStream(settings, made, request), headers };
    },
  });
}

function changeRoutes(settings: StreamRouteSettings): readonly ApiRoute[] {
  const { channels } = settings;
  const access = { action: 'stream.write', object: 'stream' } as const;
  return [
    defineRoute({
      ...{ method: 'PATCH', path: '/api/streams/:id', operationId: 'updateStream', tag: 'streams' },
      summary: 'Change a stream; qualities hold from its next broadcast on',
      verb: 'change stream',
      access,
      params: byId,
      body: streamChangesSchema,
      problems: ['invalid_transition', 'stream_ended'],
      answers: { 200: streamSchema },
      answer: async ({ params: { id }, body, actor }) => {
        const { disabled, scheduledStart, ...traits } = given(body);
        const update = {
          ...traits,
          ...(disabled !== undefined && { isDisabled: disabled }),
          ...(scheduledStart !== undefined && { scheduledStartMs: epochOf(scheduledStart) }),
        };
        const changed = await channels.update(id, update, actor);
        if ('refused' in changed) return changed;
        return { status: 200, body: viewOfStream(settings, changed) };
      },
    }),
    defineRoute({
      ...{ method: 'DELETE', path: '/api/streams/:id', operationId: 'deleteStream' },
      tag: 'streams',
      summary: 'Remove a stream with its keys; one on air has to be ended first',
      verb: 'delete stream',
      access,
      params: byId,
      problems: ['invalid_transition'],
      answers: { 204: null },
      answer: async ({ params: { id }, actor }) => {
        const deleted = await channels.delete(id, actor);
        return 'refused' in deleted ? deleted : { status: 204, body: null };
      },
    }),
  ];
}

function lifeRoutes(settings: StreamRouteSettings): readonly ApiRoute[] {
  const { channels } = settings;
  const access = { action: 'stream.write', object: 'stream' } as const;
  return [
    defineRoute({
      ...{ method: 'POST', path: '/api/streams/:id/start', operationId: 'startStream' },
      tag: 'streams',
      summary: 'Go live; the broadcast waits for its encoder',
      verb: 'start stream',
      access,
      params: byId,
      body: startSchema,
      problems: [
        'invalid_transition',
        'stream_ended',
        'stream_disabled',
        'owner_may_not_broadcast',
      ],
      answers: { 200: streamSchema },
      answer: async ({ params: { id }, body: { streamKey }, actor }) => {
        const started = await channels.start(id, streamKey, actor);
        if ('refused' in started) return started;
        return { status: 200, body: viewOfStream(settings, started) };
      },
    }),
    defineRoute({
      ...{ method: 'POST', path: '/api/streams/:id/end', operationId: 'endStream', tag: 'streams' },
      summary: 'End the broadcast: its encoder is told to stop, and refused for 60 s',
      verb: 'end stream',
      access,
      params: byId,
      problems: ['invalid_transition'],
      answers: { 200: streamSchema },
      answer: async ({ params: { id }, actor }: Call<{ id: string }, unknown, unknown>) => {
        const ended = await channels.end(id, actor);
        if ('refused' in ended) return ended;
        return { status: 200, body: viewOfStream(settings, ended) };
      },
    }),
  ];
}

/** Whose a new stream is: who signed in makes their own, an operator says whose. */
function ownerFor(principal: Principal, asked: string | undefined): string | Refusal {
  const own = 'userId' in principal ? principal.userId : undefined;
  const owner = asked ?? own;
  if (owner === undefined) {
    const errors = [{ field: 'broadcasterId', message: 'is missing' }];
    const detail = 'Cannot create stream: broadcasterId is missing';
    return { refused: 'invalid_request', detail, errors };
  }
  if (mayDo(principal, 'stream.create', owner) === 'allowed') return owner;
  return { refused: 'forbidden', detail: 'Cannot create stream: it would be somebody else’s' };
}

/** The fields that are there. */
function given<Fields extends object>(
  fields: Fields,
): { [K in keyof Fields]: NonNullable<Fields[K]> | Extract<Fields[K], null> } {
  const there = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there) as never;
}

function epochOf(time: string | null): number | null {
  return time === null ? null : Date.parse(time);
}

/** What no id of a stream contains; the database is not asked about it. */
function isId(id: string): boolean {
  return /^[A-Za-z0-9._-]{1,100}$/.test(id);
}
