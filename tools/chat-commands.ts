/**
 * Writes the page of the chat's commands from their table. Run it after changing one:
 * `node_modules/.bin/node tools/chat-commands.ts`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chatCommands } from '../server/app/chat/index.ts';

/** Where the page is. */
export const COMMANDS_PAGE = join(import.meta.dirname, '../docs/reference/chat-commands.md');

/** The page as it should be. */
export function commandsPage(): string {
  // Nothing is carried out here.
  const { views } = chatCommands({} as never, { filters: {} } as never);
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = views.map(({ usage, aliases, help, who }) => {
    const also = aliases.map((alias) => `, \`/${alias}\``).join('');
    return `| \`${cell(usage)}\`${also} | ${cell(help)} | ${who} |`;
  });
  return `# Commands of the chat

What begins with \`/\` is a command, wherever it is written: in the page, over the WebSocket, the
plain API or IRC; \`//\` begins a message with a \`/\`. The server tells the same list by
\`GET /api/chat/commands\`, and \`/help\` what you may give. A name stands with or without \`@\`, in
double quotes when it has spaces, and may be an id; a time is in seconds, or has a unit: \`90\`,
\`10m\` (also \`10min\`), \`2h\`, \`1d\`. The broadcaster may what moderators may, and administrators may everything.

A poll's question may begin with a number. What is no whole time belongs to it, and a time as well from which
the question goes on by \`or\`, \`vs\`, \`|\`, \`?\`, or by a sign, \`to\` or \`and\` with another number:
\`/poll 10 or 20? | 10 | 20\` asks for the usual two minutes. With a time of its own before it, any question
may: \`/poll 60 10 maps? | yes | no\`.

| command | what it does | who |
|---|---|---|
${rows.join('\n')}
`;
}

if (import.meta.main) writeFileSync(COMMANDS_PAGE, commandsPage());
