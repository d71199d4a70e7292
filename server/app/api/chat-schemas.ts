/** What the chat routes take and answer. */
import { z } from 'zod';
import {
  CHAT_MESSAGE_KINDS,
  CHAT_ROLES,
  type ChatFragment,
  type ChatMessage,
  type ChatPostView,
  type ChatSettings,
  type ChatTicketView,
} from '../../../contract/index.ts';
import { replayCursorSchema } from './chat-cursor.ts';
import { body, line, named, sought, timeSchema } from './schema.ts';

/** Characters of the text as sent; what is left after cleaning has at most 500. */
const MAX_CONTENT_LENGTH = 2_000;
const MAX_ID_LENGTH = 100;
const MAX_NAME_LENGTH = 50;
/** An hour between two messages. */
const MAX_SLOW_MODE_S = 3_600;
/** Three months. */
const MAX_FOLLOWERS_ONLY_MINUTES = 129_600;
/** What a room keeps in memory. */
const MOST_HISTORY = 200;
const DEFAULT_HISTORY = 50;
/** A year. */
const MOST_MEDIA_S = 31_536_000;

/** See `ChatFragment`. */
export const fragmentSchema = named(
  'ChatFragment',
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({ type: z.literal('mention'), text: z.string(), name: z.string() }),
    z.object({ type: z.literal('link'), text: z.string(), url: z.string() }),
    z.object({ type: z.literal('emote'), text: z.string(), emote: z.string() }),
  ]) satisfies z.ZodType<ChatFragment>,
);

const messageShape = {
  type: z.literal('message'),
  kind: z.enum(CHAT_MESSAGE_KINDS).exactOptional(),
  seq: z.number().meta({ description: 'Its place in the room.' }),
  id: z.string(),
  timestamp: timeSchema,
  streamTime: z.number().meta({ description: 'Seconds of media time; 0 while nothing is on air.' }),
  broadcastId: z.string().nullable(),
  author: z.object({ id: z.string(), name: z.string(), roles: z.array(z.enum(CHAT_ROLES)) }),
  fragments: z.array(fragmentSchema).meta({ description: 'Plain text in pieces; never markup.' }),
  replyTo: z.string().exactOptional(),
  isPaid: z.literal(true).exactOptional(),
};

/** See `ChatMessage`. */
export const chatMessageSchema = named(
  'ChatMessage',
  z.object(messageShape) satisfies z.ZodType<ChatMessage>,
);

/** A list of messages. */
export const chatHistorySchema = named(
  'ChatHistory',
  z.object({
    messages: z.array(chatMessageSchema),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'Null: there are no more of the range.' }),
  }),
);

/** A message that was posted. */
export const chatPostSchema = named(
  'ChatPost',
  z.object({
    ...messageShape,
    isKept: z.boolean().meta({
      description: 'Whether it is in the database; false: it is shown, and not kept yet.',
    }),
  }) satisfies z.ZodType<ChatPostView>,
);

const mediaTimeSchema = z.coerce
  .number({ error: 'must be a number' })
  .min(0, { error: 'must be at least 0' })
  .max(MOST_MEDIA_S, { error: `must be at most ${MOST_MEDIA_S}` })
  .optional();

/** Which messages are asked for. */
export const chatHistoryQuerySchema = z
  .object({
    limit: z.coerce
      .number({ error: 'must be a number' })
      .int({ error: 'must be a whole number' })
      .min(1, { error: 'must be at least 1' })
      .max(MOST_HISTORY, { error: `must be at most ${MOST_HISTORY}` })
      .default(DEFAULT_HISTORY),
    broadcastId: sought(MAX_ID_LENGTH)
      .optional()
      .meta({ description: 'Messages of this broadcast by media time, not the latest.' }),
    from: mediaTimeSchema.meta({ description: 'Seconds of media time that the range begins at.' }),
    to: mediaTimeSchema.meta({ description: 'Seconds of media time that the range ends before.' }),
    order: z
      .enum(['oldest', 'newest'])
      .default('oldest')
      .meta({ description: 'The end of the range to begin at; each page is oldest first.' }),
    cursor: replayCursorSchema,
  })
  .superRefine(({ broadcastId, from, to, cursor }, context) => {
    if (broadcastId !== undefined || (from ?? to ?? cursor) === undefined) return;
    context.addIssue({ code: 'custom', path: ['broadcastId'], message: 'is missing' });
  });

/** A command that was carried out. */
export const chatCommandedSchema = named(
  'ChatCommanded',
  z.object({ commanded: z.string().meta({ description: 'In words, for whoever gave it.' }) }),
);

/** See `ChatCommandView`. */
export const chatCommandsSchema = named(
  'ChatCommands',
  z.object({
    commands: z.array(
      named(
        'ChatCommand',
        z.object({
          name: z.string(),
          aliases: z.array(z.string()),
          usage: z.string().meta({ description: 'Such as `/timeout <name> [seconds] [reason]`.' }),
          help: z.string(),
          who: z.enum(['everybody', 'moderator', 'broadcaster']),
        }),
      ),
    ),
  }),
);

/** A message to post. */
export const chatDraftSchema = body({
  userId: line(MAX_ID_LENGTH)
    .optional()
    .meta({ description: 'Who speaks; without it, whoever asks.' }),
  username: line(MAX_NAME_LENGTH)
    .optional()
    .meta({ description: 'The name of a `userId` that has no account here.' }),
  content: z
    .string({ error: ({ input }) => (input === undefined ? 'is missing' : 'must be a string') })
    .max(MAX_CONTENT_LENGTH, { error: 'must have at most 500 characters' }),
  nonce: z
    .string()
    .regex(/^[ -~]{1,64}$/, { error: 'must be 1 to 64 printable characters of ASCII' })
    .optional()
    .meta({ description: 'The same one again is answered as the first time.' }),
  replyTo: line(MAX_ID_LENGTH).optional(),
});

const slowModeSchema = z
  .number()
  .int()
  .min(0)
  .max(MAX_SLOW_MODE_S)
  .meta({ description: 'Seconds between two messages of one author; 0: none.' });

const followersOnlySchema = z
  .number({ error: 'must be a number or null' })
  .int({ error: 'must be a whole number' })
  .min(0, { error: 'must be at least 0' })
  .max(MAX_FOLLOWERS_ONLY_MINUTES, { error: `must be at most ${MAX_FOLLOWERS_ONLY_MINUTES}` })
  .nullable()
  .meta({ description: 'Minutes that one must have followed the stream; 0: follow it; null: no.' });

/** See `ChatSettings`. */
export const chatSettingsSchema = named(
  'ChatSettings',
  z.object({
    slowModeS: slowModeSchema,
    guestsMayPost: z.boolean(),
    subscribersOnly: z.boolean().meta({ description: 'VIPs and moderators write as well.' }),
    followersOnlyMinutes: followersOnlySchema,
    emoteOnly: z.boolean(),
    uniqueChat: z.boolean().meta({ description: 'Nobody repeats what was said lately.' }),
    shield: z.boolean(),
  }) satisfies z.ZodType<ChatSettings>,
);

/** What is to be changed; the rest stays. */
export const chatChangesSchema = body({
  slowModeS: slowModeSchema.exactOptional(),
  guestsMayPost: z.boolean().exactOptional(),
  subscribersOnly: z.boolean().exactOptional(),
  followersOnlyMinutes: followersOnlySchema.exactOptional(),
  emoteOnly: z.boolean().exactOptional(),
  uniqueChat: z.boolean().exactOptional(),
});

/** See `ChatTicketView`. */
export const chatTicketSchema = named(
  'ChatTicket',
  z.object({ ticket: z.string(), expiresAt: timeSchema }) satisfies z.ZodType<ChatTicketView>,
);
