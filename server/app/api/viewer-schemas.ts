/** What the viewers' routes take and answer. */
import { z } from 'zod';
import type { ViewerSessionView, ViewersView } from '../../../contract/index.ts';
import { body, named, timeSchema } from './schema.ts';

const count = {
  count: z.int().meta({ description: 'Viewers now.' }),
  isExact: z.boolean().meta({ description: 'False: an estimate, of more than 1,000.' }),
};

/** See `ViewersView`. */
export const viewersSchema = named(
  'Viewers',
  z.object({
    ...count,
    errorPercent: z.number().meta({
      description: 'Percent by which `count` may be wrong, one standard deviation.',
    }),
    broadcast: z
      .object({
        id: z.string(),
        peak: z.int().meta({ description: 'Most viewers at once.' }),
        peakAt: timeSchema.nullable(),
        unique: z.int().meta({ description: 'Different viewers from its beginning on.' }),
        isUniqueExact: z.boolean(),
      })
      .nullable()
      .meta({ description: 'The broadcast on air, else the last one that was watched.' }),
  }) satisfies z.ZodType<ViewersView>,
);

const sessionId = z
  .string({ error: ({ input }) => (input === undefined ? 'is missing' : 'must be a string') })
  .regex(/^[A-Za-z0-9_-]{8,64}$/, { error: 'must be 8 to 64 of A-Z, a-z, 0-9, _ and -' })
  .meta({ description: 'A random name of this one page, of its own making or from its join.' });

/** Who joins; the server makes a session where none is named. */
export const viewerJoinSchema = body({ sessionId: sessionId.optional() }).optional();

/** Who is still there, or leaves. */
export const viewerSessionSchema = body({ sessionId });

/** See `ViewerSessionView`. */
export const viewerStandingSchema = named(
  'ViewerSession',
  z.object({
    sessionId: z.string(),
    heartbeatS: z.int().meta({ description: 'Seconds to the next heartbeat.' }),
    timeoutS: z.int().meta({ description: 'Who is silent for so long is counted no more.' }),
    ...count,
  }) satisfies z.ZodType<ViewerSessionView>,
);
