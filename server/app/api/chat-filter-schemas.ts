/** What the routes of a chat's filters take and answer. */
import { z } from 'zod';
import {
  AUTOMOD_ACTIONS,
  AUTOMOD_LEVELS,
  type AutomodSettings,
  CHAT_MESSAGE_KINDS,
  CHAT_ROLES,
  type ChatHeld,
} from '../../../contract/index.ts';
import {
  domainOf,
  MAX_DOMAIN_LENGTH,
  MAX_TERM_LENGTH,
  termProblem,
} from '../../community/automod/index.ts';
import { fragmentSchema } from './chat-schemas.ts';
import { body, line, named, timeSchema } from './schema.ts';

/** What a moderator keeps an overview of; a matcher of them takes 4 MB at most. */
const MOST_TERMS = 500;
const MOST_DOMAINS = 200;

const levelSchema = z.enum(AUTOMOD_LEVELS).meta({
  description: 'Whether terms are sought: not at all, as words, or within words as well.',
});
const linksSchema = z.enum(['allow', ...AUTOMOD_ACTIONS]).meta({
  description: 'What becomes of links to other domains than `domains`.',
});

/** See `AutomodSettings`. */
export const automodSchema = named(
  'ChatAutomod',
  z.object({
    level: levelSchema,
    terms: z.array(z.object({ text: z.string(), action: z.enum(AUTOMOD_ACTIONS) })),
    links: linksSchema,
    domains: z.array(z.string()),
  }) satisfies z.ZodType<AutomodSettings>,
);

const termSchema = z.object({
  text: line(MAX_TERM_LENGTH)
    .superRefine((text, context) => {
      const message = termProblem(text);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta({ description: 'A word or phrase; `*` at its beginning or end lets it go on there.' }),
  action: z.enum(AUTOMOD_ACTIONS),
});

/** Changes of a filter's settings; a list takes the place of the one before. */
export const automodChangesSchema = body({
  level: levelSchema.exactOptional(),
  terms: z
    .array(termSchema)
    .max(MOST_TERMS, { error: `must have at most ${MOST_TERMS} terms` })
    .exactOptional(),
  links: linksSchema.exactOptional(),
  domains: z
    .array(
      line(MAX_DOMAIN_LENGTH).refine((text) => domainOf(text) !== undefined, {
        error: 'must be a domain such as example.com',
      }),
    )
    .max(MOST_DOMAINS, { error: `must have at most ${MOST_DOMAINS} domains` })
    .exactOptional(),
});

/** See `ChatHeld`. */
export const heldSchema = named(
  'ChatHeld',
  z.object({
    id: z.string(),
    author: z.object({ id: z.string(), name: z.string(), roles: z.array(z.enum(CHAT_ROLES)) }),
    fragments: z.array(fragmentSchema),
    replyTo: z.string().exactOptional(),
    kind: z.enum(CHAT_MESSAGE_KINDS).exactOptional(),
    reason: z.string().meta({ description: 'What was found in it.' }),
    state: z.enum(['waiting', 'approved', 'denied', 'expired']),
    heldAt: timeSchema,
    expiresAt: timeSchema,
  }) satisfies z.ZodType<ChatHeld>,
);

/** What waits. */
export const heldListSchema = named('ChatHeldList', z.object({ held: z.array(heldSchema) }));

/** The parameters of a path with a held message. */
export const byHeld = z.object({ id: z.string().min(1), heldId: z.string().min(1).max(100) });
