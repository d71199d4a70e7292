/**
 * What a command of the chat is: one value from which come its help, its completion, who may give
 * it, how its words are read, and its row in the documentation.
 */
import type { ChatCommandView, Refusal } from '../../../contract/index.ts';
import {
  actorOfSpeaker,
  type CommandCall,
  isModerator,
  type PostOutcome,
  type Room,
} from '../../community/chat/index.ts';
import type { Actor } from '../../store/sql/index.ts';
import { type Argument, quoted } from './command-arguments.ts';
import { CommandLine } from './command-line.ts';

/** What one has to be to give a command, the least first. */
export const RANKS = ['everybody', 'moderator', 'broadcaster'] as const;

/** See `RANKS`. */
export type Rank = (typeof RANKS)[number];

/** A command that somebody gave, and the room in which. */
export interface CommandRun extends CommandCall {
  readonly room: Room;
  /** What who gave it is here. */
  readonly rank: Rank;
  /** The same for the audit log. */
  readonly actor: Actor;
}

/** What a command comes to; a string is told to who gave it. */
type CommandAnswer = string | PostOutcome | Refusal;

/** What a command takes, by names for its own use. */
type Arguments = Readonly<Record<string, Argument<unknown>>>;

type Values<Takes extends Arguments> = {
  readonly [Name in keyof Takes]: Takes[Name] extends Argument<infer Value> ? Value : never;
};

/** A command as it is written down. */
export interface CommandDefinition<Takes extends Arguments> {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** What it does, in a sentence. */
  readonly help: string;
  readonly who: Rank;
  /** In the order in which they are typed; only the last may take all that is left. */
  readonly takes: Takes;
  /** Carries it out. */
  readonly run: (run: CommandRun, values: Values<Takes>) => CommandAnswer | Promise<CommandAnswer>;
}

/** A command as the table has it. */
export interface Command extends ChatCommandView {
  readonly run: (run: CommandRun, words: string) => Promise<PostOutcome>;
}

/** Writes down a command; what it does is checked against what it takes. */
export function defineCommand<Takes extends Arguments>(
  definition: CommandDefinition<Takes>,
): Command {
  const { name, aliases = [], help, who, takes } = definition;
  const usage = [`/${name}`, ...Object.values(takes).map(({ usage: word }) => word)].join(' ');
  const unfit = (why: string): Refusal => ({
    refused: 'invalid_request',
    detail: `Cannot run /${name}: ${why}. Usage: ${usage}`,
  });
  return {
    ...{ name, aliases, usage, help, who },
    run: async (run, words) => {
      const line = new CommandLine(words);
      const values: Record<string, unknown> = {};
      for (const [key, argument] of Object.entries(takes)) {
        const value = argument.read(line);
        if (value instanceof Error) return unfit(value.message);
        values[key] = value;
      }
      const more = line.take();
      if (more !== undefined) return unfit(`${quoted(more)} is more than it takes`);
      const outcome = await definition.run(run, values as Values<Takes>);
      return typeof outcome === 'string' ? { commanded: outcome } : outcome;
    },
  };
}

/** What somebody who speaks in a room may command there. */
export function runOf(call: CommandCall, room: Room): CommandRun {
  const { post } = call;
  return { ...call, room, rank: rankOf(post), actor: actorOfSpeaker(post) };
}

/** What somebody with all their roles is in a room. */
export function rankOf({ author, isAdmin }: Pick<CommandCall['post'], 'author' | 'isAdmin'>): Rank {
  if (isAdmin === true || author.roles.includes('broadcaster')) return 'broadcaster';
  return isModerator(author) ? 'moderator' : 'everybody';
}

/** Whether one who is `rank` may do what takes `who`. */
export function reaches(rank: Rank, who: Rank): boolean {
  return RANKS.indexOf(rank) >= RANKS.indexOf(who);
}
