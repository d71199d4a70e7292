/** What the routes of moderation take and answer. */
import { z } from 'zod';
import { GIVEN_ROLES } from '../../community/moderation/index.ts';
import { banCursorSchema, memberCursorSchema } from './chat-cursor.ts';
import { limitSchema, pageSchema, positionCursorSchema } from './paging.ts';
import { actorSchema, body, line, named, timeSchema } from './schema.ts';

const MAX_ID_LENGTH = 100;
/** Bans, or members, that one answer lists. */
const MOST_LISTED = 1_000;
const MAX_NAME_LENGTH = 60;
const MAX_REASON_LENGTH = 200;
/** 14 days. */
const MAX_TIMEOUT_S = 14 * 86_400;

const idSchema = z.string().min(1);
const authorIdSchema = z
  .string()
  .min(1)
  .max(MAX_ID_LENGTH)
  .meta({ description: 'An account, a guest, or whatever a program calls an author.' });

/** Somebody in a chat. */
export const inChat = z.object({ id: idSchema, authorId: authorIdSchema });
/** A message in a chat. */
export const messageInChat = z.object({ id: idSchema, messageId: idSchema.max(MAX_ID_LENGTH) });
/** Somebody's role in a chat. */
export const roleInChat = z.object({
  ...{ id: idSchema, authorId: authorIdSchema },
  role: z.enum(GIVEN_ROLES),
});

const usernameSchema = line(MAX_NAME_LENGTH)
  .exactOptional()
  .meta({ description: 'The name of who has no account here.' });

/** A ban or timeout to be. */
export const chatBanDraftSchema = body({
  durationS: z
    .number({ error: 'must be a number or null' })
    .int({ error: 'must be a whole number' })
    .min(1, { error: 'must be at least 1' })
    .max(MAX_TIMEOUT_S, { error: `must be at most ${MAX_TIMEOUT_S}` })
    .nullable()
    .exactOptional()
    .meta({ description: 'Seconds of a timeout; without it, or null: a ban.' }),
  reason: line(MAX_REASON_LENGTH).exactOptional(),
  username: usernameSchema,
});

/** Who is given a role. */
export const chatMemberDraftSchema = body({ username: usernameSchema }).optional();

/** Somebody who may not write. */
export const chatBanSchema = named(
  'ChatBan',
  z.object({
    authorId: z.string(),
    authorName: z.string(),
    expiresAt: timeSchema.nullable().meta({ description: 'The end of a timeout; null: a ban.' }),
    reason: z.string(),
    createdAt: timeSchema,
  }),
);

/** Those who may not. */
export const chatBansSchema = named(
  'ChatBans',
  z.object({ bans: z.array(chatBanSchema), next_cursor: z.string().nullable() }),
);

const listLimitSchema = z.coerce
  .number({ error: 'must be a number' })
  .int({ error: 'must be a whole number' })
  .min(1, { error: 'must be at least 1' })
  .max(MOST_LISTED, { error: `must be at most ${MOST_LISTED}` })
  .default(MOST_LISTED)
  .meta({ description: `Rows of a page, 1 to ${MOST_LISTED}.` });

/** Which bans are asked for. */
export const chatBansQuerySchema = z.object({ limit: listLimitSchema, cursor: banCursorSchema });

/** Which members are asked for. */
export const chatMembersQuerySchema = z.object({
  role: z.enum(GIVEN_ROLES).optional().meta({ description: 'One role alone.' }),
  limit: listLimitSchema,
  cursor: memberCursorSchema,
});

/** Who has which role. */
export const chatMembersSchema = named(
  'ChatMembers',
  z.object({
    members: z.array(
      z.object({
        authorId: z.string(),
        authorName: z.string(),
        role: z.enum(GIVEN_ROLES),
        addedAt: timeSchema,
      }),
    ),
    next_cursor: z.string().nullable(),
  }),
);

/** Where a page of deeds begins. */
export const chatDeedsQuerySchema = z.object({ limit: limitSchema, cursor: positionCursorSchema });

/** Who did what. */
export const chatDeedsSchema = pageSchema(
  'ChatDeedPage',
  named(
    'ChatDeed',
    z.object({
      at: timeSchema,
      actor: actorSchema,
      action: z.string().meta({ description: 'Such as `chat.timeout`.' }),
      changes: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
);

/** Whether and since when somebody follows a stream. */
export const followSchema = named(
  'Follow',
  z.object({ isFollowing: z.boolean(), followedAt: timeSchema.nullable() }),
);
