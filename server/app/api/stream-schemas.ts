import { z } from 'zod';
import {
  type CreatedStream,
  type IngestListView,
  type IngestView,
  type IssuedKeyView,
  type LiveStreamView,
  OFFERED_PROTOCOLS,
  PUBLISH_PROTOCOLS,
  STREAM_STATUSES,
  type StreamKeyView,
  type StreamView,
} from '../../../contract/index.ts';
import {
  isAddressRange,
  MAX_ADDRESS_RANGES,
  MAX_BROADCASTER_ID_LENGTH,
  MAX_CATEGORY_LENGTH,
  MAX_DESCRIPTION_LENGTH,
  MAX_OVERLAP_MS,
  MAX_TITLE_LENGTH,
} from '../../channel/index.ts';
import { LadderError, parseLadder } from '../../pipeline/transcode/index.ts';
import { pageSchema } from './paging.ts';
import { body, line, moment, named, pageQuery, paragraph, timeSchema } from './schema.ts';

/** The ladder of a stream that is to have none. */
export const NO_LADDER = 'off';
const MAX_LADDER_LENGTH = 2_000;
const MAX_KEY_NAME_LENGTH = 100;
const MAX_KEY_LENGTH = 200;
const MAX_SEARCH_LENGTH = 200;

/** Where encoders publish to. */
const ingestSchema = named(
  'Ingest',
  z.object({ rtmpUrl: z.string() }) satisfies z.ZodType<IngestView>,
);

/** All addresses that encoders may publish to. */
export const ingestListSchema = named(
  'IngestList',
  z.object({
    rtmpUrl: z.string(),
    endpoints: z.array(z.object({ url: z.string(), region: z.string(), isPrimary: z.boolean() })),
  }) satisfies z.ZodType<IngestListView>,
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
  cutOff: z.boolean(),
  returning: z.boolean(),
  quality: z.string().nullable(),
  viewerCount: z.int(),
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

/** One page of streams. */
export const streamPageSchema = pageSchema('StreamPage', streamSchema);

/** Which streams a page is made of. */
export const streamQuery = z.object({
  ...pageQuery,
  status: z.enum(STREAM_STATUSES).optional(),
  category: line(MAX_CATEGORY_LENGTH).optional(),
  broadcasterId: line(MAX_BROADCASTER_ID_LENGTH).optional(),
  q: line(MAX_SEARCH_LENGTH)
    .describe('In the title, the description or the category, without regard to case.')
    .optional(),
});

const traits = {
  title: line(MAX_TITLE_LENGTH),
  description: paragraph(MAX_DESCRIPTION_LENGTH).optional(),
  category: z.union([z.literal(''), line(MAX_CATEGORY_LENGTH)]).optional(),
  chatEnabled: z.boolean().optional(),
  recordingEnabled: z.boolean().optional(),
  isPremium: z.boolean().optional(),
  drmRequired: z.boolean().optional(),
  disabled: z.boolean().optional(),
  ladder: ladderSchema().optional(),
  scheduledStart: moment()
    .describe('When it is announced to begin; null: not announced.')
    .nullable()
    .optional(),
};

/** What a stream is made from. */
export const streamDraftSchema = body({
  ...traits,
  broadcasterId: line(MAX_BROADCASTER_ID_LENGTH)
    .describe('Whose it is; who signed in may leave it out for their own.')
    .optional(),
  once: z.boolean().describe('It never goes live again after its first broadcast.').optional(),
});

/** What may be changed about a stream; what is missing stays. */
export const streamChangesSchema = body({ ...traits, title: traits.title.optional() });

/** The key that puts a stream on air. */
export const startSchema = body({ streamKey: z.string().max(MAX_KEY_LENGTH) });

const keyShape = {
  id: z.string(),
  name: z.string(),
  main: z.boolean(),
  last4: z.string(),
  protocols: z.array(z.enum(PUBLISH_PROTOCOLS)),
  addressRanges: z.array(z.string()),
  createdAt: timeSchema,
  expiresAt: timeSchema.nullable(),
  revokedAt: timeSchema.nullable(),
  lastUsedAt: timeSchema.nullable(),
};

const keySchema = named('StreamKey', z.object(keyShape) satisfies z.ZodType<StreamKeyView>);

/** The keys of a stream, which are few. */
export const keyListSchema = named('StreamKeyList', z.object({ data: z.array(keySchema) }));

/** A key, shown this once. */
export const issuedKeySchema = named(
  'IssuedStreamKey',
  z.object({ ...keyShape, streamKey: z.string() }) satisfies z.ZodType<IssuedKeyView>,
);

/** The parameters of a path with a key. */
export const byKey = z.object({ id: z.string().min(1), keyId: z.string().min(1).max(100) });

/** What to do with who publishes by a key that is revoked. */
export const revocationQuery = z.object({
  disconnect: z
    .enum(['true', 'false'])
    .describe('Whether who publishes by the key is cut off; "true" without it.')
    .optional(),
});

/** A new key: in place of the stream's own, or a guest's beside it. */
export const keyDraftSchema = z.discriminatedUnion(
  'kind',
  [
    z.object({
      kind: z.literal('main'),
      overlapSeconds: z
        .int()
        .min(0)
        .max(MAX_OVERLAP_MS / 1000)
        .describe('How long the old key works on.')
        .optional(),
      disconnect: z
        .boolean()
        .describe('Whether who publishes by the old key is cut off then; false without it.')
        .optional(),
    }),
    z.object({
      kind: z.literal('guest'),
      name: line(MAX_KEY_NAME_LENGTH),
      protocols: z
        .array(z.enum(OFFERED_PROTOCOLS))
        .max(OFFERED_PROTOCOLS.length)
        .describe('Empty: every protocol, now and later.')
        .optional(),
      addressRanges: z
        .array(
          z.string().refine(isAddressRange, { error: 'must be a CIDR range such as 192.0.2.0/24' }),
        )
        .max(MAX_ADDRESS_RANGES)
        .optional(),
      expiresAt: moment().nullable().optional(),
    }),
  ],
  {
    error: ({ input }) =>
      typeof input === 'object' && !Array.isArray(input)
        ? 'must be "main" or "guest"'
        : 'must be an object whose kind is "main" or "guest"',
  },
);

/** What a player's page asks of a live stream. */
export const liveStreamSchema = named(
  'LiveStream',
  z.object({
    stream_id: z.string(),
    title: z.string(),
    status: z.enum(STREAM_STATUSES),
    started_at: timeSchema.nullable(),
    playback_url: z.string(),
    drm: z.object({ required: z.boolean() }),
    qualities: z.array(z.object({ resolution: z.string().nullable(), bitrate: z.int() })),
    features: z.object({ dvr_enabled: z.boolean(), dvr_window_seconds: z.number() }),
  }) satisfies z.ZodType<LiveStreamView>,
);

function ladderSchema() {
  return z
    .union([z.string().max(MAX_LADDER_LENGTH), z.null()], { error: 'must be a string or null' })
    .superRefine((ladder, context) => {
      if (ladder === null || ladder === NO_LADDER) return;
      for (const message of ladderProblems(ladder)) context.addIssue({ code: 'custom', message });
    })
    .describe('Its own qualities as LADDER writes them, "off", or null for those of the server.');
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
