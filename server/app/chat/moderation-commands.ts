/** Commands that keep a chat civil, and those that say who may do that. */
import type { Refusal } from '../../../contract/index.ts';
import type { GivenRole, Target } from '../../community/moderation/index.ts';
import type { ChatDesk } from './chat-desk.ts';
import { type Command, type CommandRun, defineCommand } from './command.ts';
import { optionalText, person, secondsBeforeWords, word } from './command-arguments.ts';

const MAX_TIMEOUT_S = 14 * 86_400;
const DEFAULT_TIMEOUT_S = 600;
/** Names that one answer lists. */
const MOST_LISTED = 100;

type Outcome = Refusal | undefined;

/** `/delete`, `/timeout`, `/ban` and the like. */
export function moderationCommands(desk: ChatDesk): readonly Command[] {
  return [
    defineCommand({
      name: 'delete',
      help: 'Takes one message back.',
      who: 'moderator',
      takes: { messageId: word('message-id') },
      run: async (run, { messageId }) => {
        const refusal = await desk.moderation.remove(desk.moderatorOf(run), messageId);
        return refusal ?? 'The message is shown no more.';
      },
    }),
    defineCommand({
      name: 'clear',
      help: 'Takes everything that was said out of sight.',
      who: 'moderator',
      takes: {},
      run: async (run) => {
        await desk.moderation.clear(desk.moderatorOf(run));
        return 'The chat is cleared.';
      },
    }),
    ...barCommands(desk),
    ...roleCommands(desk, { name: 'mod', role: 'moderator', called: 'a moderator' }),
    ...roleCommands(desk, { name: 'vip', role: 'vip', called: 'a VIP' }),
  ];
}

function barCommands(desk: ChatDesk): readonly Command[] {
  const range = { min: 1, max: MAX_TIMEOUT_S, otherwise: DEFAULT_TIMEOUT_S };
  const lift = async (run: CommandRun, name: string) =>
    withTarget({ desk, run, name }, async (target) => {
      const refusal = await desk.moderation.lift(desk.moderatorOf(run), target);
      return refusal ?? `${target.name} may write again.`;
    });
  return [
    defineCommand({
      name: 'timeout',
      help: `Keeps somebody from writing for 1 second to 14 days, ${DEFAULT_TIMEOUT_S} s without a number, and hides what they wrote.`,
      who: 'moderator',
      takes: {
        name: person(),
        durationS: secondsBeforeWords(range),
        reason: optionalText('reason'),
      },
      run: (run, { name, durationS, reason }) =>
        withTarget({ desk, run, name }, async (target) => {
          const by = desk.moderatorOf(run);
          const outcome = await desk.moderation.bar(by, target, { durationS, reason });
          return 'refused' in outcome
            ? outcome
            : `${target.name} may not write for ${durationS} s.`;
        }),
    }),
    defineCommand({
      name: 'ban',
      help: 'Keeps somebody from writing until it is lifted, and hides what they wrote.',
      who: 'moderator',
      takes: { name: person(), reason: optionalText('reason') },
      run: (run, { name, reason }) =>
        withTarget({ desk, run, name }, async (target) => {
          const by = desk.moderatorOf(run);
          const outcome = await desk.moderation.bar(by, target, { durationS: null, reason });
          return 'refused' in outcome ? outcome : `${target.name} is banned from this chat.`;
        }),
    }),
    defineCommand({
      ...{ name: 'unban', aliases: ['untimeout'], who: 'moderator' },
      help: 'Lifts a ban or timeout.',
      takes: { name: person() },
      run: (run, { name }) => lift(run, name),
    }),
  ];
}

function roleCommands(
  desk: ChatDesk,
  { name, role, called }: { readonly name: string; role: GivenRole; readonly called: string },
): readonly Command[] {
  const change = (run: CommandRun, typed: string, isGiven: boolean) =>
    withTarget({ desk, run, name: typed }, async (target) => {
      const by = desk.moderatorOf(run);
      const { moderation } = desk;
      const refusal: Outcome = isGiven
        ? await moderation.giveRole(by, target, role)
        : await moderation.takeRole(by, target, role);
      return refusal ?? `${target.name} is ${isGiven ? '' : 'no longer '}${called} here.`;
    });
  return [
    defineCommand({
      ...{ name, who: 'broadcaster', takes: { name: person() } },
      help: `Makes somebody ${called} of this chat.`,
      run: (run, { name: typed }) => change(run, typed, true),
    }),
    defineCommand({
      ...{ name: `un${name}`, who: 'broadcaster', takes: { name: person() } },
      help: `Ends that somebody is ${called} of this chat.`,
      run: (run, { name: typed }) => change(run, typed, false),
    }),
    defineCommand({
      ...{ name: `${name}s`, who: 'moderator', takes: {} },
      help: `Lists who is ${called} of this chat.`,
      run: async ({ streamId }) => {
        const members = await desk.moderation.members(streamId, { role, limit: MOST_LISTED });
        return (
          members.map((each) => each.authorName).join(', ') ||
          `Nobody was made ${called} of this chat.`
        );
      },
    }),
  ];
}

async function withTarget(
  { desk, run, name }: { readonly desk: ChatDesk; readonly run: CommandRun; readonly name: string },
  act: (target: Target) => Promise<string | Refusal>,
): Promise<string | Refusal> {
  const target = await desk.targetNamed(run.streamId, run.room, name);
  return 'refused' in target ? target : act(target);
}
