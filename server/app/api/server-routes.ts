import { z } from 'zod';
import type { Clock } from '../../base/index.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { named } from './schema.ts';

const clockSchema = named('Clock', z.object({ epochMs: z.number() }));

/** What anybody may ask the server about itself. */
export function serverRoutes({ clock }: { readonly clock: Clock }): readonly ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/clock', operationId: 'getClock', tag: 'server' },
      summary: 'The time of the server, for measuring latency',
      verb: 'tell the time',
      access: 'everybody',
      answers: { 200: clockSchema },
      answer: async () => ({ status: 200, body: { epochMs: clock.epochMs() } }),
    }),
  ];
}
