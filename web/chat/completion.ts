/** Which commands may be meant by what was typed so far. */
import type { ChatAuthor, ChatCommandView } from '../../contract/index.ts';

const MOST_OFFERED = 6;

/** Commands that begin as `text` does and that `who` may give; none once their name is complete. */
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
  return commands
    .filter((command) => may[command.who])
    .filter(({ name, aliases }) => [name, ...aliases].some((one) => one.startsWith(typed)))
    .slice(0, MOST_OFFERED);
}

/** The command whose name was typed, to say how it goes on. */
export function commandOf(
  commands: readonly ChatCommandView[],
  text: string,
): ChatCommandView | undefined {
  const typed = /^\/([a-z]+) /i.exec(text)?.[1]?.toLowerCase();
  return commands.find(
    ({ name, aliases }) => name === typed || (typed !== undefined && aliases.includes(typed)),
  );
}
