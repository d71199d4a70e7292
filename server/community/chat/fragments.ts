import { type ChatFragment, MAX_CHAT_LENGTH } from '../../../contract/index.ts';
import { cleanLine } from './clean-text.ts';
import type { PostRefusal } from './may-post.ts';

/** Characters (UTF-16 units) of an address; longer ones stay text. */
const MAX_LINK_LENGTH = 400;
const MENTION = /^@([\p{L}\p{N}_](?:[\p{L}\p{N}_.-]{0,48}[\p{L}\p{N}_])?)(.*)$/u;
const LINK = /^https?:\/\//i;
/** What stands before an address or a name that is not part of it. */
const LEADING = /^[("'[{<]+/;
/** What ends a sentence rather than an address. */
const TRAILING = /[.,;:!?'")\]}>]+$/;

/** What a code such as `:wave:` stands for in a room; undefined: nothing. */
export type EmoteOf = (code: string) => string | undefined;

/** Why a text is no message. */
type UnfitText = 'empty' | 'too_long';

/** Reads what somebody typed. Every piece is plain text: whatever shows it must not read markup. */
export function toFragments(text: string, emoteOf: EmoteOf): readonly ChatFragment[] | UnfitText {
  const line = cleanLine(text);
  if (line === '') return 'empty';
  if (lengthOf(line) > MAX_CHAT_LENGTH) return 'too_long';
  const fragments: ChatFragment[] = [];
  let plain = '';
  for (const [index, word] of line.split(' ').entries()) {
    if (index > 0) plain += ' ';
    const found = readWord(word, emoteOf);
    if (found === undefined) {
      plain += word;
      continue;
    }
    plain += found.lead;
    if (plain !== '') fragments.push({ type: 'text', text: plain });
    fragments.push(found.fragment);
    plain = found.rest;
  }
  if (plain !== '') fragments.push({ type: 'text', text: plain });
  return fragments;
}

/** What was typed, after cleaning. */
export function textOf(fragments: readonly ChatFragment[]): string {
  return fragments.map(({ text }) => text).join('');
}

/** Code points: what is outside the basic plane counts once. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

interface Found {
  /** What stands before it without a space. */
  readonly lead: string;
  readonly fragment: ChatFragment;
  /** What follows it without a space. */
  readonly rest: string;
}

function readWord(word: string, emoteOf: EmoteOf): Found | undefined {
  const lead = LEADING.exec(word)?.[0] ?? '';
  const named = word.slice(lead.length);
  const [, name, rest = ''] = MENTION.exec(named) ?? [];
  if (name !== undefined) {
    return { lead, fragment: { type: 'mention', text: `@${name}`, name }, rest };
  }
  if (LINK.test(named)) return readLink(lead, named);
  const emote = emoteOf(word);
  return emote === undefined
    ? undefined
    : { lead: '', fragment: { type: 'emote', text: word, emote }, rest: '' };
}

function readLink(lead: string, word: string): Found | undefined {
  const text = word.replace(TRAILING, '');
  if (text.length > MAX_LINK_LENGTH || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  // `https://bank.example@evil.example/` looks like another place than it is.
  if (url.username !== '' || url.password !== '') return undefined;
  const rest = word.slice(text.length);
  return { lead, fragment: { type: 'link', text, url: url.href }, rest };
}

/** Why such a text is not posted. */
export function unfit(why: UnfitText): PostRefusal {
  const reason =
    why === 'empty'
      ? 'it has no text'
      : `it has more than ${MAX_CHAT_LENGTH} characters; make it shorter`;
  return { refused: 'invalid_request', detail: `Cannot post message: ${reason}` };
}
