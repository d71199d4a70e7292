/** What will become of a line that somebody typed, as far as that can be told from here. */
import type { ChatMessage } from '../../contract/index.ts';

/** A line as it will stand in the chat. */
export interface TypedLine {
  readonly text: string;
  readonly kind?: NonNullable<ChatMessage['kind']>;
}

/** Commands whose words become a message of a kind. */
const SAYING = new Map<string, NonNullable<ChatMessage['kind']>>([
  ['me', 'action'],
  ['announce', 'announcement'],
]);
/** Letters of which something is seen, not only space and controls. */
const SEEN = /[^\s\p{C}]/u;

/**
 * The words of `/me` and `/announce` without the command. What is no such command, or has no words,
 * stands as it was typed: the server says what it makes of it.
 */
export function typedLine(text: string): TypedLine {
  const { name, words } = commandIn(text) ?? { name: '', words: '' };
  const kind = SAYING.get(name);
  return kind === undefined || !SEEN.test(words) ? { text } : { text: words, kind };
}

/** For which choice of a poll a line votes, counted from 0; undefined: it is no vote. */
export function voteIn(text: string): number | undefined {
  const { name, words } = commandIn(text) ?? { name: '', words: '' };
  return name === 'vote' && /^[1-9]\d?$/.test(words) ? Number(words) - 1 : undefined;
}

function commandIn(text: string): { readonly name: string; readonly words: string } | undefined {
  const [, name, words = ''] = /^\s*\/([a-z]+)(?:\s+(.*))?$/is.exec(text) ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase(), words: words.trim() };
}
