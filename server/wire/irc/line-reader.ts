import { Violation } from '../../base/index.ts';
import { type IrcMessage, parseIrcMessage } from './message.ts';

/** Bytes of the tags of a line, with `@` and the space behind them (IRCv3 message-tags). */
const MAX_TAGS_BYTES = 8191;
/**
 * Bytes of the rest without its end. RFC 1459 has 512, in which 500 characters of a message do not
 * fit as soon as they are not all ASCII: each takes up to four, and there are command and channel.
 */
export const MAX_REST_BYTES = 2_560;
/** Bytes of a line that is too long and passed over, before its peer counts as one that sends none. */
const MAX_SKIPPED_BYTES = 64 * 1024;
const MAX_LINE_BYTES = MAX_TAGS_BYTES + MAX_REST_BYTES;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const AT = 0x40;

/** What a line was. Blank ones are passed over. */
export type ReadLine =
  | { readonly kind: 'message'; readonly message: IrcMessage }
  /** More bytes than a line may have. */
  | { readonly kind: 'too_long' }
  /** No UTF-8, or no message. */
  | { readonly kind: 'malformed' };

/** Finds the lines in what a peer sends, in pieces of any size. Holds one unfinished line at most. */
export class IrcLineReader {
  readonly #line = new Uint8Array(MAX_LINE_BYTES + 1);
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #length = 0;
  #skipped = 0;

  /** The lines that `bytes` end. Throws a `Violation` for a peer that sends no line end at all. */
  *receive(bytes: Uint8Array): Generator<ReadLine, void, void> {
    let at = 0;
    while (at < bytes.length) {
      const found = bytes.indexOf(LF, at);
      const end = found < 0 ? bytes.length : found;
      this.#take(bytes.subarray(at, end));
      at = end + 1;
      if (found < 0) return;
      const line = this.#finish();
      if (line !== undefined) yield line;
    }
  }

  #take(piece: Uint8Array): void {
    if (this.#skipped === 0 && this.#length + piece.length <= this.#line.length) {
      this.#line.set(piece, this.#length);
      this.#length += piece.length;
      return;
    }
    this.#skipped += this.#length + piece.length;
    this.#length = 0;
    if (this.#skipped <= MAX_SKIPPED_BYTES) return;
    const message = `Cannot read line: it has more than ${MAX_SKIPPED_BYTES} bytes`;
    throw new Violation('irc_line_endless', message);
  }

  #finish(): ReadLine | undefined {
    const isSkipped = this.#skipped > 0;
    const hasCr = this.#line[this.#length - 1] === CR;
    const line = this.#line.subarray(0, Math.max(0, this.#length - (hasCr ? 1 : 0)));
    this.#length = 0;
    this.#skipped = 0;
    if (isSkipped || isTooLong(line)) return { kind: 'too_long' };
    return line.length === 0 ? undefined : this.#read(line);
  }

  #read(line: Uint8Array): ReadLine {
    let text: string;
    try {
      text = this.#decoder.decode(line);
    } catch {
      return { kind: 'malformed' };
    }
    const message = parseIrcMessage(text);
    return message === undefined ? { kind: 'malformed' } : { kind: 'message', message };
  }
}

function isTooLong(line: Uint8Array): boolean {
  if (line[0] !== AT) return line.length > MAX_REST_BYTES;
  const space = line.indexOf(SPACE);
  const tagsBytes = space < 0 ? line.length : space + 1;
  return tagsBytes > MAX_TAGS_BYTES || line.length - tagsBytes > MAX_REST_BYTES;
}
