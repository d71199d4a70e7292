/** Which commands may be meant by what was typed so far. */
import type { ChatAuthor, ChatCommandView } from '../../contract/index.ts';

const MOST_OFFERED = 6;

/**
 * Commands that begin as `text` does and that `who` may give, the one of that very name first; none once more follows,
 * and in the place of one that `who` may not give.
 */
export function completions(
  commands: readonly ChatCommandView[],
  text: string,
  who: ChatAuthor | null,
): readonly ChatCommandView[] {
  const typed = /^\/([a-z]*)$/i.exec(text)?.[1]?.toLowerCase();
  if (typed === undefined) return [];
  const roles = who?.roles ?? [];
  const isHost = roles.includes('broadcaster');
  const may = {
    everybody: true,
    moderator: isHost || roles.includes('moderator'),
    broadcaster: isHost,
  };
  const meant = commands.find((command) => isNamed(command, typed));
  if (meant !== undefined && !may[meant.who]) return [];
  return commands
    .filter((command) => may[command.who])
    .filter(({ name, aliases }) => [name, ...aliases].some((one) => one.startsWith(typed)))
    .toSorted((a, b) => Number(b === meant) - Number(a === meant))
    .slice(0, MOST_OFFERED);
}

/** The command whose name was typed, to say how it goes on. */
export function commandOf(
  commands: readonly ChatCommandView[],
  text: string,
): ChatCommandView | undefined {
  const typed = /^\/([a-z]+) /i.exec(text)?.[1]?.toLowerCase();
  return typed === undefined ? undefined : commands.find((command) => isNamed(command, typed));
}

function isNamed({ name, aliases }: ChatCommandView, typed: string): boolean {
  return name === typed || aliases.includes(typed);
}
