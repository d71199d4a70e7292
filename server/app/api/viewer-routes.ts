/** Who watches a stream: to be asked by everybody, and told by the pages that play it. */
import type { FastifyRequest } from 'fastify';
import type { BroadcastAudience, StreamAudience } from '../../community/audience/index.ts';
import { unknownObject } from './access.ts';
import { type ApiRoute, defineRoute, type RouteFacts } from './route.ts';
import { byId } from './schema.ts';
import {
  viewerJoinSchema,
  viewerSessionSchema,
  viewerStandingSchema,
  viewersSchema,
} from './viewer-schemas.ts';

/** What the viewers' routes need of the application. */
export interface ViewerRouteSettings {
  /** Whether there is such a stream. */
  readonly knows: (streamId: string) => Promise<boolean>;
  readonly of: (streamId: string) => Promise<StreamAudience>;
  readonly newSession: () => string;
  /** A page of this session is there; `request` tells from where. */
  readonly here: (streamId: string, sessionId: string, request: FastifyRequest) => Standing;
  /** And has gone. */
  readonly left: (streamId: string, sessionId: string, request: FastifyRequest) => void;
}

/** What a page is told. */
export interface Standing {
  readonly count: number;
  readonly isExact: boolean;
  readonly heartbeatS: number;
  readonly timeoutS: number;
}

/** Everything under `/api/streams/{id}/viewers`. */
export function viewerRoutes(settings: ViewerRouteSettings): readonly ApiRoute[] {
  return [countRoute(settings), ...sessionRoutes(settings)];
}

function countRoute(settings: ViewerRouteSettings): ApiRoute {
  const verb = 'count viewers of stream';
  return defineRoute({
    ...{ method: 'GET', path: '/api/streams/:id/viewers', operationId: 'getViewers' },
    tag: 'viewers',
    summary: 'How many watch, and the peak and all different viewers of its broadcast',
    verb,
    access: 'everybody',
    params: byId,
    problems: ['stream_not_found'],
    answers: { 200: viewersSchema },
    answer: async ({ params: { id } }) => {
      if (!(await settings.knows(id))) return unknownObject('stream', verb, id);
      const { count, isExact, errorPercent, broadcast } = await settings.of(id);
      const last = broadcast === null ? null : viewOf(broadcast);
      return { status: 200, body: { count, isExact, errorPercent, broadcast: last } };
    },
  });
}

function sessionRoutes(settings: ViewerRouteSettings): readonly ApiRoute[] {
  const facts = (verb: string) =>
    ({
      ...{ verb, method: 'POST', tag: 'viewers', access: 'everybody', budget: 'viewers' },
      problems: ['stream_not_found'],
    }) satisfies Partial<RouteFacts>;
  const [join, stay, leave] = ['watch stream', 'go on watching stream', 'leave stream'];
  return [
    defineRoute({
      ...facts(join),
      ...{ path: '/api/streams/:id/viewers/join', operationId: 'joinViewers' },
      summary: 'A page begins to watch; without a `sessionId` it is given one',
      params: byId,
      body: viewerJoinSchema,
      answers: { 200: viewerStandingSchema },
      answer: async ({ params: { id }, body, request }) => {
        if (!(await settings.knows(id))) return unknownObject('stream', join, id);
        const sessionId = body?.sessionId ?? settings.newSession();
        return { status: 200, body: { sessionId, ...settings.here(id, sessionId, request) } };
      },
    }),
    defineRoute({
      ...facts(stay),
      ...{ path: '/api/streams/:id/viewers/heartbeat', operationId: 'heartbeatViewers' },
      summary: 'A page still watches; one that was given up joins again by it',
      params: byId,
      body: viewerSessionSchema,
      answers: { 200: viewerStandingSchema },
      answer: async ({ params: { id }, body: { sessionId }, request }) => {
        if (!(await settings.knows(id))) return unknownObject('stream', stay, id);
        return { status: 200, body: { sessionId, ...settings.here(id, sessionId, request) } };
      },
    }),
    defineRoute({
      ...facts(leave),
      ...{ path: '/api/streams/:id/viewers/leave', operationId: 'leaveViewers' },
      summary: 'A page watches no more',
      params: byId,
      body: viewerSessionSchema,
      answers: { 204: null },
      answer: async ({ params: { id }, body: { sessionId }, request }) => {
        if (!(await settings.knows(id))) return unknownObject('stream', leave, id);
        settings.left(id, sessionId, request);
        return { status: 204, body: null };
      },
    }),
  ];
}

function viewOf({ broadcastId, peak, peakAtMs, unique, isUniqueExact }: BroadcastAudience) {
  const peakAt = peakAtMs === null ? null : new Date(peakAtMs).toISOString();
  return { id: broadcastId, peak, peakAt, unique, isUniqueExact };
}
