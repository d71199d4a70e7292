import { z } from 'zod';
import type { Refusal } from '../../../contract/index.ts';
import { LadderError, parseLadder } from '../../pipeline/transcode/index.ts';

/** What a client wants to be otherwise of a stream. */
export interface StreamChanges {
  /** As LADDER writes it, or `off`; null: the server's. */
  readonly ladder: string | null;
}

/** The ladder of a stream that is to have none. */
export const NO_LADDER = 'off';

const bodySchema = z.object(
  {
    ladder: z.union([z.string(), z.null()], {
      error: ({ input }) => (input === undefined ? 'is missing' : 'must be a string or null'),
    }),
  },
  { error: 'must be an object' },
);

/** What a client sent to change a stream, checked; fields that are not asked for are passed over. */
export function readStreamChanges(body: unknown): StreamChanges | Refusal {
  const read = bodySchema.safeParse(body);
  if (!read.success) {
    const [issue] = read.error.issues;
    return refusal(issue?.path.join('.') || 'body', [issue?.message ?? 'is wrong']);
  }
  const { ladder } = read.data;
  if (ladder === null || ladder === NO_LADDER) return { ladder };
  try {
    parseLadder(ladder);
  } catch (error) {
    if (!(error instanceof LadderError)) throw error;
    return refusal('ladder', error.problems);
  }
  return { ladder };
}

function refusal(field: string, messages: readonly string[]): Refusal {
  return {
    refused: 'invalid_request',
    detail: `Cannot change stream: ${field}: ${messages.join('; ')}`,
    errors: messages.map((message) => ({ field, message })),
  };
}
