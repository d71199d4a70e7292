import { z } from 'zod';
import {
  type CreatedStream,
  type IngestView,
  STREAM_STATUSES,
  type StreamView,
} from '../../../contract/index.ts';
import { MAX_BROADCASTER_ID_LENGTH, MAX_TITLE_LENGTH } from '../../channel/index.ts';
import { LadderError, parseLadder } from '../../pipeline/transcode/index.ts';
import { body, line, named, timeSchema } from './schema.ts';

/** The ladder of a stream that is to have none. */
export const NO_LADDER = 'off';
const MAX_LADDER_LENGTH = 2_000;

/** Where encoders publish to. */
export const ingestSchema = named(
  'Ingest',
  z.object({ rtmpUrl: z.string() }) satisfies z.ZodType<IngestView>,
);

const streamShape = {
  id: z.string(),
  title: z.string(),
  description: z.string(),
  category: z.string(),
  broadcasterId: z.string(),
  status: z.enum(STREAM_STATUSES),
  disabled: z.boolean(),
  once: z.boolean(),
  chatEnabled: z.boolean(),
  recordingEnabled: z.boolean(),
  isPremium: z.boolean(),
  drmRequired: z.boolean(),
  scheduledStart: timeSchema.nullable(),
  createdAt: timeSchema,
  startedAt: timeSchema.nullable(),
  endedAt: timeSchema.nullable(),
  broadcastId: z.string().nullable(),
  playbackUrl: z.string(),
  watchUrl: z.string(),
  posterUrl: z.string().nullable(),
  ladder: z.string().nullable(),
};

/** A stream as everybody may see it. */
export const streamSchema = named('Stream', z.object(streamShape) satisfies z.ZodType<StreamView>);

/** A stream together with its key, which is shown this once. */
export const createdStreamSchema = named(
  'CreatedStream',
  z.object({
    ...streamShape,
    streamKey: z.string(),
    ingest: ingestSchema,
  }) satisfies z.ZodType<CreatedStream>,
);

/** Streams without pages: as many as are live. */
export const streamListSchema = named('StreamList', z.object({ streams: z.array(streamSchema) }));

/** What a stream is made from. */
export const streamDraftSchema = body({
  broadcasterId: line(MAX_BROADCASTER_ID_LENGTH),
  title: line(MAX_TITLE_LENGTH),
});

/** What may be changed about a stream. */
export const streamChangesSchema = body({ ladder: ladderSchema() });

function ladderSchema() {
  return z
    .union([z.string().max(MAX_LADDER_LENGTH), z.null()], {
      error: ({ input }) => (input === undefined ? 'is missing' : 'must be a string or null'),
    })
    .superRefine((ladder, context) => {
      if (ladder === null || ladder === NO_LADDER) return;
      for (const message of ladderProblems(ladder)) context.addIssue({ code: 'custom', message });
    });
}

function ladderProblems(ladder: string): readonly string[] {
  try {
    parseLadder(ladder);
    return [];
  } catch (error) {
    if (!(error instanceof LadderError)) throw error;
    return error.problems;
  }
}
