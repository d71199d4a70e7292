/** What a client has asked for (IRCv3 capability negotiation), and how lines to it look by that. */
import { type IrcMessage, writeIrcMessage } from '../../wire/irc/index.ts';

/**
 * What may be asked for. Programs for large streaming sites know chat by the three of
 * `twitch.tv`, whose lines they read; ordinary clients know the others.
 */
export const CAPABILITIES = [
  'message-tags',
  'server-time',
  'echo-message',
  'twitch.tv/tags',
  'twitch.tv/commands',
  'twitch.tv/membership',
] as const;

/** See `CAPABILITIES`. */
export type Capability = (typeof CAPABILITIES)[number];

/** What ordinary clients are told the server is called. */
const SERVER = 'millrace';
/** Programs of that dialect compare the name with this one, and pass over all that is of another. */
const DIALECT_SERVER = 'tmi.twitch.tv';
/** Bytes of a line without its tags (RFC 1459 section 2.3). */
const MAX_PLAIN_BYTES = 512;
/** Of UTF-8. */
const MAX_CHARACTER_BYTES = 4;

/** See the top of the file. The same set of capabilities writes the same lines. */
export class Dialect {
  /** Which lines it writes; the same for all who would be sent the same. */
  readonly key: string;
  readonly server: string;
  /** Whether it knows CLEARCHAT, CLEARMSG, USERNOTICE, ROOMSTATE and USERSTATE. */
  readonly hasCommands: boolean;
  /** Whether it wants to be sent what it said itself. */
  readonly hasEcho: boolean;
  readonly #hasTags: boolean;
  readonly #hasTime: boolean;
  readonly #isOfBots: boolean;

  constructor(asked: ReadonlySet<Capability>) {
    this.#isOfBots = [...asked].some((each) => each.startsWith('twitch.tv/'));
    this.#hasTags = asked.has('message-tags') || asked.has('twitch.tv/tags');
    this.#hasTime = asked.has('server-time');
    this.hasCommands = asked.has('twitch.tv/commands');
    this.hasEcho = asked.has('echo-message');
    this.server = this.#isOfBots ? DIALECT_SERVER : SERVER;
    this.key = [this.#isOfBots, this.#hasTags, this.#hasTime, this.hasCommands]
      .map(Number)
      .join('');
  }

  /** A line from the server itself. */
  reply(command: string, params: readonly string[], tags = new Map<string, string>()): string {
    return this.write({ tags, source: this.server, command, params }, undefined);
  }

  /** `nick!nick@nick.server`: somebody in a channel. */
  sourceOf(nick: string): string {
    return `${nick}!${nick}@${nick}.${this.server}`;
  }

  /** A line that happened at `timestamp`, ISO 8601, with what tags it may have. */
  write(message: IrcMessage, timestamp: string | undefined): string {
    const tags = new Map(this.#hasTags ? message.tags : []);
    if (this.#hasTime && timestamp !== undefined) tags.set('time', timestamp);
    return writeIrcMessage({ ...message, tags });
  }

  /**
   * What somebody says, `text` behind the parameter `target`. Programs of the other dialect take a
   * message whole, ordinary clients are sent it in lines of 512 bytes.
   */
  speech(message: Omit<IrcMessage, 'params'>, said: Speech): string {
    const { target, text, isAction, timestamp } = said;
    const line = (piece: string): string => {
      const body = isAction ? `\u0001ACTION ${piece}\u0001` : piece;
      return this.write({ ...message, params: [target, body] }, timestamp);
    };
    if (this.#isOfBots) return line(text);
    const frame = writeIrcMessage({ ...message, tags: new Map(), params: [target, ''] });
    const markBytes = isAction ? Buffer.byteLength('\u0001ACTION \u0001') : 0;
    const room = MAX_PLAIN_BYTES - Buffer.byteLength(frame) - markBytes;
    return cut(text, Math.max(MAX_CHARACTER_BYTES, room)).map(line).join('');
  }
}

/** What somebody says, and where. */
export interface Speech {
  readonly target: string;
  readonly text: string;
  readonly isAction: boolean;
  readonly timestamp: string | undefined;
}

/** Pieces of at most `maxBytes` of UTF-8, which a character has; at spaces where there are some. */
function cut(text: string, maxBytes: number): readonly string[] {
  const pieces: string[] = [];
  let rest = text;
  while (Buffer.byteLength(rest) > maxBytes) {
    let bytes = 0;
    let end = 0;
    for (const character of rest) {
      bytes += Buffer.byteLength(character);
      if (bytes > maxBytes) break;
      end += character.length;
    }
    const space = rest.lastIndexOf(' ', end);
    const at = space > end / 2 ? space : end;
    pieces.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return [...pieces, rest];
}
