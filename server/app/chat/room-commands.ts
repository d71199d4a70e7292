/** Commands that say something, and those that set a room's modes. */
import type { ChatSettings } from '../../../contract/index.ts';
import { type Command, type CommandRun, defineCommand } from './command.ts';
import { onOff, optionalMinutes, optionalSeconds, text } from './command-arguments.ts';

const MAX_SLOW_MODE_S = 3_600;
const DEFAULT_SLOW_MODE_S = 30;
const MAX_FOLLOWERS_ONLY_MINUTES = 129_600;

/** What these commands need: settings are changed by who may, and that is kept on record. */
export type ChangeSettings = (run: CommandRun, changes: Partial<ChatSettings>) => Promise<void>;

/** `/me`, and the modes. */
export function roomCommands(change: ChangeSettings): readonly Command[] {
  return [
    defineCommand({
      name: 'me',
      help: 'Says what you do, in the third person.',
      who: 'everybody',
      takes: { text: text('text') },
      run: ({ say }, values) => say(values.text, 'action'),
    }),
    ...slowCommands(change),
    ...followersCommands(change),
    ...switchCommands(change, {
      ...{ name: 'subscribers', setting: 'subscribersOnly' },
      help: 'Lets only subscribers, VIPs and moderators write.',
      on: 'Only subscribers, VIPs and moderators may write.',
      off: 'Who does not subscribe may write as well.',
    }),
    ...switchCommands(change, {
      ...{ name: 'emoteonly', setting: 'emoteOnly' },
      help: 'Lets only messages of emotes and emoji in.',
      on: 'Only emotes and emoji may be written.',
      off: 'Words may be written as well.',
    }),
    ...switchCommands(change, {
      ...{ name: 'uniquechat', setting: 'uniqueChat' },
      help: 'Lets nobody repeat what was said lately.',
      on: 'Nobody may repeat what was said lately.',
      off: 'What was said may be repeated.',
    }),
    ...switchCommands(change, {
      ...{ name: 'guests', setting: 'guestsMayPost' },
      help: 'Lets guests write who are not signed in.',
      on: 'Guests may write.',
      off: 'Guests may not write.',
    }),
  ];
}

function slowCommands(change: ChangeSettings): readonly Command[] {
  const set = async (run: CommandRun, slowModeS: number): Promise<string> => {
    await change(run, { slowModeS });
    return slowModeS === 0 ? 'Slow mode is off.' : `Slow mode: one message in ${slowModeS} s.`;
  };
  const range = { min: 0, max: MAX_SLOW_MODE_S, otherwise: DEFAULT_SLOW_MODE_S };
  return [
    defineCommand({
      name: 'slow',
      help: `Lets each author write once in so many seconds, ${DEFAULT_SLOW_MODE_S} without a number; 0: as often as they like.`,
      who: 'moderator',
      takes: { seconds: optionalSeconds(range) },
      run: (run, { seconds }) => set(run, seconds),
    }),
    defineCommand({
      name: 'slowoff',
      help: 'Ends slow mode.',
      who: 'moderator',
      takes: {},
      run: (run) => set(run, 0),
    }),
  ];
}

function followersCommands(change: ChangeSettings): readonly Command[] {
  const range = { min: 0, max: MAX_FOLLOWERS_ONLY_MINUTES, otherwise: 0 };
  const off = async (run: CommandRun): Promise<string> => {
    await change(run, { followersOnlyMinutes: null });
    return 'Who does not follow may write as well.';
  };
  return [
    defineCommand({
      name: 'followers',
      help: 'Lets only those write who have followed the stream for so many minutes.',
      who: 'moderator',
      takes: { minutes: optionalMinutes(range) },
      run: async (run, { minutes }) => {
        await change(run, { followersOnlyMinutes: minutes });
        return minutes === 0
          ? 'Only followers may write.'
          : `Only who has followed for ${minutes} min may write.`;
      },
    }),
    defineCommand({
      name: 'followersoff',
      help: 'Ends that only followers may write.',
      who: 'moderator',
      takes: {},
      run: off,
    }),
  ];
}

/** A mode that is on or off; behind its name `off` ends it, as other chats have it. */
function switchCommands(
  change: ChangeSettings,
  {
    name,
    setting,
    help,
    on,
    off,
  }: {
    readonly name: string;
    readonly setting: 'subscribersOnly' | 'emoteOnly' | 'uniqueChat' | 'guestsMayPost';
    readonly help: string;
    /** What is answered when it is on. */
    readonly on: string;
    readonly off: string;
  },
): readonly Command[] {
  const set = async (run: CommandRun, isOn: boolean): Promise<string> => {
    await change(run, { [setting]: isOn });
    return isOn ? on : off;
  };
  return [
    defineCommand({
      ...{ name, help, who: 'moderator' },
      takes: { isOn: onOff() },
      run: (run, { isOn }) => set(run, isOn),
    }),
    defineCommand({
      ...{ name: `${name}off`, who: 'moderator', takes: {} },
      help: `The same as /${name} off.`,
      run: (run) => set(run, false),
    }),
  ];
}
