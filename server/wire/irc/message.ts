/** One message of IRC as text (RFC 1459 section 2.3.1, RFC 2812) and its tags (IRCv3 message-tags). */

/** A message, read or to be written. */
export interface IrcMessage {
  /** Values are as meant, not as escaped; a tag without one has the empty text. */
  readonly tags: ReadonlyMap<string, string>;
  /** Who it is from, `nick!user@host` or a server; clients leave it out. */
  readonly source: string | undefined;
  /** A word in upper case or three digits. */
  readonly command: string;
  /** The last one may hold spaces. */
  readonly params: readonly string[];
}

/** A message to be written, of which parts may be missing. */
export type IrcDraft = Pick<IrcMessage, 'command'> & Partial<IrcMessage>;

const COMMAND = /^(?:[A-Za-z]{1,32}|\d{3})$/;
/** What a tag may be called: a vendor before a slash, and `+` for those of clients. */
const TAG_KEY = /^\+?(?:[A-Za-z0-9.-]+\/)?[A-Za-z0-9-]+$/;
const NO_TAGS: ReadonlyMap<string, string> = new Map();

/** Reads a line without its end; undefined when it is no message. */
export function parseIrcMessage(line: string): IrcMessage | undefined {
  if (/[\0\r\n]/.test(line)) return undefined;
  let rest = line;
  const takeWord = (): string => {
    const [word = ''] = rest.split(' ', 1);
    rest = rest.slice(word.length).replace(/^ +/, '');
    return word;
  };
  const tags = rest.startsWith('@') ? parseTags(takeWord().slice(1)) : NO_TAGS;
  const source = rest.startsWith(':') ? takeWord().slice(1) : undefined;
  const command = takeWord();
  if (!COMMAND.test(command)) return undefined;
  const params: string[] = [];
  while (rest !== '') {
    if (rest.startsWith(':')) {
      params.push(rest.slice(1));
      break;
    }
    params.push(takeWord());
  }
  return { tags, source, command: command.toUpperCase(), params };
}

/**
 * Writes a line with its end. Whatever the texts hold, it is one line with this command and as many
 * parameters: what would end it becomes a space, and what would make two of a parameter is taken
 * out of all but the last.
 */
export function writeIrcMessage({
  tags = NO_TAGS,
  source,
  command,
  params = [],
}: IrcDraft): string {
  const words: string[] = [];
  const written = writeTags(tags);
  if (written !== '') words.push(`@${written}`);
  if (source !== undefined) words.push(`:${wordOf(source)}`);
  words.push(command);
  for (const [index, param] of params.entries()) {
    const isLast = index === params.length - 1;
    words.push(isLast ? `:${param.replace(/[\0\r\n]/g, ' ')}` : wordOf(param));
  }
  return `${words.join(' ')}\r\n`;
}

function parseTags(text: string): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  for (const tag of text.split(';')) {
    const [key = ''] = tag.split('=', 1);
    if (TAG_KEY.test(key)) tags.set(key, meantBy(tag.slice(key.length + 1)));
  }
  return tags;
}

function writeTags(tags: ReadonlyMap<string, string>): string {
  const written: string[] = [];
  for (const [key, value] of tags) {
    if (TAG_KEY.test(key)) written.push(`${key}=${escaped(value)}`);
  }
  return written.join(';');
}

const ESCAPED: Readonly<Record<string, string>> = {
  ';': '\\:',
  ' ': '\\s',
  '\\': '\\\\',
  '\r': '\\r',
  '\n': '\\n',
};
const MEANT: Readonly<Record<string, string>> = { ':': ';', s: ' ', r: '\r', n: '\n' };

function escaped(value: string): string {
  return value.replaceAll('\0', '').replace(/[; \\\r\n]/g, (character) => ESCAPED[character] ?? '');
}

/** A backslash before any other character means that character; one at the end means nothing. */
function meantBy(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replace(/\\(.?)/gsu, (_, character: string) => MEANT[character] ?? character);
}

/** A parameter in the middle: neither empty nor with what begins or separates the others. */
function wordOf(text: string): string {
  const word = text.replace(/[\0\r\n ]/g, '').replace(/^:+/, '');
  return word === '' ? '*' : word;
}
