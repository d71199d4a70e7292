import { assert } from '../../base/index.ts';
import type { Persistence } from './recogniser.ts';

/** What a response head is written from. */
export interface HeadParts {
  readonly status: number;
  /** The reason phrase; recipients ignore it (RFC 9112 section 4). */
  readonly reason: string;
  /** In the IMF-fixdate form of RFC 9110 section 5.6.7. */
  readonly date: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Bytes of the content; undefined where no Content-Length may stand (304, 204). */
  readonly contentLength: number | undefined;
  readonly persistence: Persistence;
}

const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e]*$/;

/**
 * The head of an HTTP/1.1 response (RFC 9112), from status line to blank line, in ASCII. A field
 * that could end its line early is a fault of the caller: it would let one reply pose as two.
 */
export function responseHead(parts: HeadParts): string {
  let head = `HTTP/1.1 ${parts.status} ${parts.reason}\r\ndate: ${parts.date}\r\n`;
  for (const [name, value] of parts.headers) {
    assert(FIELD_NAME.test(name), `Cannot write field name ${JSON.stringify(name)}: not a token`);
    assert(FIELD_VALUE.test(value), `Cannot write field ${name}: its value is not visible ASCII`);
    head += `${name}: ${value}\r\n`;
  }
  if (parts.contentLength !== undefined) head += `content-length: ${parts.contentLength}\r\n`;
  if (parts.persistence === 'close') head += 'connection: close\r\n';
  else if (parts.persistence === 'persist_http10') head += 'connection: keep-alive\r\n';
  return `${head}\r\n`;
}
