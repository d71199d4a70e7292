/** Commands about what stands before everybody in a chat, and its shield. */
import type { ChatHeld, Refusal } from '../../../contract/index.ts';
import type { ChatStage } from './chat-stage.ts';
import { type Command, defineCommand } from './command.ts';
import { ordinal, secondsBeforeQuestion, text, word } from './command-arguments.ts';

const DEFAULT_POLL_S = 120;
/** Messages that wait of which `/held` tells, and of each so much that it is known again. */
const MOST_SHOWN = 5;
const MAX_SHOWN_LENGTH = 100;
/** Choices of a poll, their characters, and those of its question. */
export const POLL_LIMITS = {
  minChoices: 2,
  maxChoices: 10,
  maxChoiceLength: 100,
  maxQuestionLength: 200,
  minDurationS: 10,
  maxDurationS: 3_600,
} as const;

/** `/announce`, `/pin`, `/poll`, `/vote`, `/raid`, `/held`, `/shield` and the like. */
export function stageCommands(stage: ChatStage): readonly Command[] {
  return [
    ...pinCommands(stage),
    ...pollCommands(stage),
    ...raidCommands(stage),
    ...heldCommands(stage),
    ...shieldCommands(stage),
  ];
}

function pinCommands(stage: ChatStage): readonly Command[] {
  return [
    defineCommand({
      name: 'announce',
      help: 'Says something that stands out.',
      who: 'moderator',
      takes: { text: text('text') },
      run: ({ say }, values) => say(values.text, 'announcement'),
    }),
    defineCommand({
      name: 'pin',
      help: 'Puts a message above the chat, in the place of the one before.',
      who: 'moderator',
      takes: { messageId: word('message-id') },
      run: async ({ room, actor }, { messageId }) =>
        (await stage.pin(room, messageId, actor)) ?? 'The message stands above the chat.',
    }),
    defineCommand({
      name: 'unpin',
      help: 'Takes away what stands above the chat.',
      who: 'moderator',
      takes: {},
      run: async ({ streamId, actor }) => {
        await stage.pins.unpin(streamId, actor);
        return 'Nothing stands above the chat.';
      },
    }),
  ];
}

function pollCommands({ polls }: ChatStage): readonly Command[] {
  const { minDurationS: min, maxDurationS: max } = POLL_LIMITS;
  return [
    defineCommand({
      name: 'poll',
      help: 'Asks everybody: the question and its choices, with | between them.',
      who: 'moderator',
      takes: {
        seconds: secondsBeforeQuestion({ min, max, otherwise: DEFAULT_POLL_S }),
        poll: text('question | choice | choice …', 'question'),
      },
      run: async ({ streamId, actor }, { seconds: durationS, poll }) => {
        const [question = '', ...choices] = poll.split('|').map((part) => part.trim());
        const draft = { question, choices, durationS };
        const opened = unfitPoll(draft) ?? (await polls.open(streamId, draft, actor));
        return 'refused' in opened ? opened : `The poll is open for ${durationS} s.`;
      },
    }),
    defineCommand({
      name: 'endpoll',
      help: 'Ends the poll now.',
      who: 'moderator',
      takes: {},
      run: async ({ streamId, actor }) => {
        const ended = await polls.end(streamId, actor);
        return 'refused' in ended ? ended : 'The poll has ended.';
      },
    }),
    defineCommand({
      name: 'vote',
      help: 'Votes in the poll, once, for the choice with this number.',
      who: 'everybody',
      takes: { number: ordinal('a choice') },
      run: ({ streamId, post }, { number }) => {
        // A guest could become another one for every vote.
        if (post.isGuest) return { refused: 'forbidden', detail: 'Cannot vote: sign in first' };
        return polls.vote(streamId, post.author.id, number - 1) ?? 'Your vote is counted.';
      },
    }),
  ];
}

function raidCommands({ raids }: ChatStage): readonly Command[] {
  return [
    defineCommand({
      name: 'raid',
      help: 'Takes the viewers to another stream of this server that is on air, in 15 seconds.',
      who: 'broadcaster',
      takes: { streamId: word('stream-id') },
      run: async ({ streamId, post, actor }, { streamId: targetId }) => {
        const raid = await raids.announce(streamId, { targetId, author: post.author }, actor);
        return 'refused' in raid ? raid : `Viewers go to ${raid.streamTitle} in 15 seconds.`;
      },
    }),
    defineCommand({
      name: 'unraid',
      help: 'Calls the raid off.',
      who: 'broadcaster',
      takes: {},
      run: async ({ streamId, actor }) => {
        const raid = await raids.cancel(streamId, actor);
        return 'refused' in raid ? raid : 'The raid is called off.';
      },
    }),
  ];
}

function heldCommands({ filters: { holds } }: ChatStage): readonly Command[] {
  return [
    defineCommand({
      name: 'held',
      help: 'Lists the messages that wait for a moderator, those that wait longest first.',
      who: 'moderator',
      takes: {},
      run: async ({ streamId }) => heldText(await holds.list(streamId)),
    }),
    defineCommand({
      name: 'approve',
      help: 'Lets a message in that waits for a moderator.',
      who: 'moderator',
      takes: { heldId: word('held-id') },
      run: async ({ streamId, actor }, { heldId: id }) => {
        const held = await holds.decide(streamId, { id, state: 'approved' }, actor);
        return 'refused' in held ? held : 'The message is let in.';
      },
    }),
    defineCommand({
      name: 'deny',
      help: 'Does not let a message in that waits for a moderator.',
      who: 'moderator',
      takes: { heldId: word('held-id') },
      run: async ({ streamId, actor }, { heldId: id }) => {
        const held = await holds.decide(streamId, { id, state: 'denied' }, actor);
        return 'refused' in held ? held : 'The message is not let in.';
      },
    }),
  ];
}

/** On one line, as IRC has it. */
function heldText(held: readonly ChatHeld[]): string {
  if (held.length === 0) return 'Nothing waits for a moderator.';
  const shown = held.slice(0, MOST_SHOWN).map(({ id, author, fragments, reason }) => {
    const said = fragments.map((fragment) => fragment.text).join('');
    const isLong = said.length > MAX_SHOWN_LENGTH;
    const text = isLong ? `${said.slice(0, MAX_SHOWN_LENGTH).trimEnd().toWellFormed()}…` : said;
    return `${id} ${author.name}: ${text} (${reason})`;
  });
  const more = held.length - shown.length;
  return `${held.length} waiting: ${shown.join(' | ')}${more > 0 ? ` | and ${more} more` : ''}`;
}

function shieldCommands({ filters: { shield } }: ChatStage): readonly Command[] {
  return [
    defineCommand({
      name: 'shield',
      help: 'Closes the chat to guests and strangers, slows it, and makes its filter strict.',
      who: 'moderator',
      takes: {},
      run: async ({ streamId, room, actor }) => {
        await shield.raise(streamId, room, actor);
        return 'The chat is shielded; /unshield takes the shield away.';
      },
    }),
    defineCommand({
      name: 'unshield',
      help: 'Takes the shield away: the chat is as it was before.',
      who: 'moderator',
      takes: {},
      run: async ({ streamId, room, actor }) => {
        await shield.lift(streamId, room, actor);
        return 'The shield is taken away.';
      },
    }),
  ];
}

/** Why a poll cannot be asked; undefined: it can. */
function unfitPoll({
  question,
  choices,
}: {
  readonly question: string;
  readonly choices: readonly string[];
}): Refusal | undefined {
  const { minChoices, maxChoices, maxChoiceLength, maxQuestionLength } = POLL_LIMITS;
  const isRight =
    question !== '' &&
    question.length <= maxQuestionLength &&
    choices.length >= minChoices &&
    choices.length <= maxChoices &&
    choices.every((choice) => choice !== '' && choice.length <= maxChoiceLength);
  if (isRight) return undefined;
  const detail = `Cannot begin a poll: it takes a question of at most ${maxQuestionLength} characters and ${minChoices} to ${maxChoices} choices of at most ${maxChoiceLength}, with | between them`;
  return { refused: 'invalid_request', detail };
}
