/** What is wrong with a stream now. */
import { z } from 'zod';
import { HEALTH_CODES, type HealthFinding, type HealthView } from '../../../contract/index.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { byId, named, timeSchema } from './schema.ts';

/** What the route needs of the application. */
export interface HealthRouteSettings {
  /** What is wrong with the broadcast on air; nothing when none is. */
  readonly findingsOf: (streamId: string) => readonly HealthFinding[];
}

const healthSchema = named(
  'Health',
  z.object({
    findings: z.array(
      z.object({ code: z.enum(HEALTH_CODES), detail: z.string(), since: timeSchema }),
    ),
  }) satisfies z.ZodType<HealthView>,
);

/** `/api/streams/{id}/health`. */
export function healthRoutes({ findingsOf }: HealthRouteSettings): readonly ApiRoute[] {
  return [
    defineRoute({
      ...{ method: 'GET', path: '/api/streams/:id/health', operationId: 'getHealth' },
      tag: 'streams',
      summary: 'What is wrong with the broadcast on air, and how to mend it',
      verb: 'show health of stream',
      access: { action: 'stream.inspect', object: 'stream' },
      params: byId,
      answers: { 200: healthSchema },
      answer: async ({ params: { id } }) => ({
        status: 200,
        body: { findings: [...findingsOf(id)] },
      }),
    }),
  ];
}
