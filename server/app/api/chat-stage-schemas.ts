/** What the routes of a chat's pinned message, polls and raids take and answer. */
import { z } from 'zod';
import type { ChatPoll, ChatRaid } from '../../../contract/index.ts';
import { POLL_LIMITS } from '../chat/index.ts';
import { chatMessageSchema } from './chat-schemas.ts';
import { body, line, named, timeSchema } from './schema.ts';

const MAX_ID_LENGTH = 100;
const { minChoices, maxChoices, maxChoiceLength, maxQuestionLength } = POLL_LIMITS;
const { minDurationS, maxDurationS } = POLL_LIMITS;
const DEFAULT_DURATION_S = 120;

/** What stands above a chat. */
export const pinSchema = named('ChatPin', z.object({ message: chatMessageSchema.nullable() }));

/** Which message is to stand there. */
export const pinDraftSchema = body({ messageId: line(MAX_ID_LENGTH) });

/** See `ChatPoll`. */
export const pollSchema = named(
  'ChatPoll',
  z.object({
    id: z.string(),
    question: z.string(),
    choices: z.array(z.object({ text: z.string(), votes: z.number() })),
    startedAt: timeSchema,
    endsAt: timeSchema,
    isOpen: z.boolean().meta({ description: 'False: the counts are its result.' }),
  }) satisfies z.ZodType<ChatPoll>,
);

/** Polls of a chat, newest first. */
export const pollsSchema = named('ChatPolls', z.object({ polls: z.array(pollSchema) }));

/** A poll to begin. */
export const pollDraftSchema = body({
  question: line(maxQuestionLength),
  choices: z
    .array(line(maxChoiceLength))
    .min(minChoices, { error: `must have at least ${minChoices} choices` })
    .max(maxChoices, { error: `must have at most ${maxChoices} choices` }),
  durationS: z
    .number({ error: 'must be a number' })
    .int({ error: 'must be a whole number' })
    .min(minDurationS, { error: `must be at least ${minDurationS}` })
    .max(maxDurationS, { error: `must be at most ${maxDurationS}` })
    .default(DEFAULT_DURATION_S),
});

/** A vote. */
export const voteSchema = body({
  choice: z
    .number({ error: 'must be a number' })
    .int({ error: 'must be a whole number' })
    .min(0, { error: 'must be at least 0' })
    .max(maxChoices - 1, { error: `must be at most ${maxChoices - 1}` })
    .meta({ description: 'Its place among the choices, from 0.' }),
});

/** See `ChatRaid`. */
export const raidSchema = named(
  'ChatRaid',
  z.object({
    id: z.string(),
    state: z.enum(['announced', 'gone', 'cancelled']),
    reason: z
      .enum(['server_stopped', 'target_ended'])
      .exactOptional()
      .meta({ description: 'Why it was cancelled, where nobody asked for that.' }),
    streamId: z.string(),
    streamTitle: z.string(),
    goesAt: timeSchema,
    spreadMs: z.number().meta({ description: 'Over how long pages leave behind `goesAt`.' }),
  }) satisfies z.ZodType<ChatRaid>,
);

/** Where a raid is to go. */
export const raidDraftSchema = body({ streamId: line(MAX_ID_LENGTH) });
