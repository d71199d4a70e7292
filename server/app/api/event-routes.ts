/** What happens, page by page or over a connection that stays; and who did what. */
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditView, EventView } from '../../../contract/index.ts';
import { mayDo, type Principal } from '../../account/index.ts';
import type { EventSink, EventStreams } from '../../notice/event-stream/index.ts';
import {
  type Database,
  DatabaseUnavailableError,
  EVENT_TYPES,
  type EventFilter,
  type KeptAuditEntry,
  listAudit,
  readEvents,
  viewOfEvent,
} from '../../store/sql/index.ts';
import { limitSchema, pageOf, pageSchema, positionCursorSchema } from './paging.ts';
import type { Identify } from './registration.ts';
import { type ApiRoute, defineRoute, TAKEN_OVER } from './route.ts';
import { actorSchema, named, sought, timeSchema } from './schema.ts';

const MAX_ID_LENGTH = 100;

/** What the routes of events need of the application. */
export interface EventRouteSettings {
  readonly database: Database;
  readonly streams: EventStreams;
  /** Asked again while a connection stays. */
  readonly identifyAgain: Identify;
}

const eventSchema = named(
  'Event',
  z.object({
    id: z.string(),
    type: z.string(),
    timestamp: timeSchema,
    streamId: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
  }) satisfies z.ZodType<EventView>,
);

const eventPageSchema = named(
  'EventPage',
  z.object({
    data: z.array(eventSchema),
    next_cursor: z
      .string()
      .meta({ description: '`after` of the next request, also when it has nothing new yet.' }),
  }),
);

const positionSchema = z
  .string()
  .regex(/^\d{1,15}$/, { error: 'must be the id of an event of this stream: digits' });

const eventQuerySchema = z.object({
  after: positionSchema.optional().meta({ description: 'Only what happened after this position.' }),
  limit: limitSchema,
  streamId: sought(MAX_ID_LENGTH).optional(),
  types: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(EVENT_TYPES)))
    .optional()
    .meta({ description: 'Types behind commas; without it, all.' }),
});

type EventQuery = z.output<typeof eventQuerySchema>;

const auditSchema = named(
  'AuditEntry',
  z.object({
    at: timeSchema,
    actor: actorSchema.extend({ remoteAddress: z.string().nullable() }),
    action: z.string(),
    objectKind: z.string(),
    objectId: z.string().nullable(),
    changes: z.record(z.string(), z.unknown()).nullable(),
  }) satisfies z.ZodType<AuditView>,
);

const auditQuerySchema = z.object({
  actorId: sought(MAX_ID_LENGTH).optional(),
  action: sought(MAX_ID_LENGTH).optional(),
  objectKind: sought(MAX_ID_LENGTH).optional(),
  objectId: sought(MAX_ID_LENGTH).optional(),
  limit: limitSchema,
  cursor: positionCursorSchema,
});

/** `/api/events` and `/api/audit`. */
export function eventRoutes(settings: EventRouteSettings): readonly ApiRoute[] {
  return [eventRoute(settings), auditRoute(settings)];
}

function eventRoute(settings: EventRouteSettings): ApiRoute {
  const { database, streams } = settings;
  return defineRoute({
    ...{ method: 'GET', path: '/api/events', operationId: 'listEvents', tag: 'events' },
    summary: 'What happened to what is yours, and what happens',
    description:
      'With `Accept: application/json` a page of events, oldest first. Otherwise server-sent ' +
      'events (`text/event-stream`), which go on: each `id` is a position, and a client that ' +
      'comes back with `Last-Event-ID` or `after` misses nothing.',
    verb: 'read events',
    access: { action: 'event.read' },
    query: eventQuerySchema,
    problems: ['too_many_requests', 'too_many_readers'],
    answers: { 200: eventPageSchema },
    answer: async ({ request, reply, principal, query }) => {
      const filter = filterOf(principal, query);
      // A HEAD of what goes on would never end.
      if (request.method === 'HEAD' || wantsPage(request)) {
        const after = Number(query.after ?? 0);
        const found = await readEvents(database, { after, limit: query.limit, filter });
        const next_cursor = `${found.at(-1)?.position ?? after}`;
        return { status: 200, body: { data: found.map(viewOfEvent), next_cursor } };
      }
      const refusal = streams.refusal(accountOf(principal));
      if (refusal !== undefined) return refusal;
      follow(settings, { request, reply, principal, query });
      return TAKEN_OVER;
    },
  });
}

function auditRoute({ database }: EventRouteSettings): ApiRoute {
  return defineRoute({
    ...{ method: 'GET', path: '/api/audit', operationId: 'listAudit', tag: 'audit' },
    summary: 'Who did what to which object, from where; newest first',
    verb: 'read the audit log',
    access: { action: 'audit.read' },
    query: auditQuerySchema,
    answers: { 200: pageSchema('AuditPage', auditSchema) },
    answer: async ({ query: { limit, cursor, ...wanted } }) => {
      const found = await listAudit(database, { ...wanted, before: cursor, limit: limit + 1 });
      const by = { viewOf: viewOfEntry, keyOf: ({ position }: KeptAuditEntry) => position };
      return { status: 200, body: pageOf(found, limit, by) };
    },
  });
}

function wantsPage({ headers: { accept = '' } }: FastifyRequest): boolean {
  return accept.includes('application/json') && !accept.includes('text/event-stream');
}

/** Writes to the socket for as long as the client listens. */
function follow(
  { streams, identifyAgain }: EventRouteSettings,
  {
    request,
    reply,
    principal,
    query,
  }: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly principal: Principal;
    readonly query: EventQuery;
  },
): void {
  const last = positionSchema.safeParse(request.headers['last-event-id']);
  const after = last.success ? last.data : query.after;
  reply.hijack();
  const { raw } = reply;
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  raw.on('error', () => gone.abort());
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // nginx would keep events back until its buffer is full.
    'x-accel-buffering': 'no',
  });
  const reader = {
    principal: accountOf(principal),
    filter: filterOf(principal, query),
    after: after === undefined ? undefined : Number(after),
    isAllowed: () => isSame(identifyAgain, request, principal),
    gone: gone.signal,
  };
  // Never rejects: what fails ends the connection.
  void streams.serve(reader, sinkOf(raw));
}

/** Whether the caller is still known by what it showed, and may read what it is reading. */
async function isSame(
  identifyAgain: Identify,
  request: FastifyRequest,
  before: Principal,
): Promise<boolean> {
  try {
    const now = await identifyAgain(request);
    return (
      !('refused' in now) &&
      mayDo(now, 'event.read') === 'allowed' &&
      nameOf(now) === nameOf(before) &&
      seesAll(now) === seesAll(before)
    );
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) return true;
    throw error;
  }
}

function sinkOf(raw: ServerResponse): EventSink {
  return {
    write: (text) => raw.write(text),
    drained: () =>
      new Promise((resolve) => {
        raw.once('drain', resolve);
        raw.once('close', resolve);
      }),
    end: () => raw.end(),
  };
}

function filterOf(principal: Principal, { streamId, types }: EventQuery): EventFilter {
  const own = 'userId' in principal ? principal.userId : '';
  return { ownerId: seesAll(principal) ? null : own, streamId, types };
}

function seesAll(principal: Principal): boolean {
  return mayDo(principal, 'event.read', '') === 'allowed';
}

function nameOf(principal: Principal): string {
  if (principal.kind === 'token') return principal.tokenId;
  return principal.kind === 'user' ? principal.userId : principal.kind;
}

/** All tokens of one user count as that user. */
function accountOf(principal: Principal): string {
  return 'userId' in principal ? principal.userId : principal.kind;
}

function viewOfEntry({
  at,
  actor,
  action,
  objectKind,
  objectId,
  changes,
}: KeptAuditEntry): AuditView {
  return { at: at.toISOString(), actor, action, objectKind, objectId, changes };
}
