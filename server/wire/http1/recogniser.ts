/**
 * Recognises the plain request that nearly all viewers and caches send: a whole GET or HEAD without
 * a body, for a path the caller wants. Anything else is `other`, never a guess: the caller gives
 * such bytes to a full HTTP parser, which answers or refuses them. Two parsers that disagree about
 * where a request ends are how requests get smuggled (RFC 9112 section 11.2), so that what is
 * recognised here is a strict subset of what every parser reads in the same way.
 *
 * I1. `request` only when the grammar of RFC 9112 holds to the letter, from the first octet to the
 *     blank line, and nothing announces a body or another protocol.
 * I2. Every strict prefix of a `request` is `incomplete`, whatever the size of the pieces.
 * I3. What was said of a request does not change when octets after its blank line do.
 */
import { acceptsGzip } from './accept-encoding.ts';
import { HOST, OCTET_CLASS, TARGET, TOKEN, VALUE } from './octet.ts';

/** Longest head that is recognised, from the method to the blank line. Node's limit is the same. */
export const MAX_HEAD_BYTES = 16_384;
/** Most fields that are recognised. Browsers send about twenty. */
export const MAX_FIELDS = 100;

/**
 * What becomes of the connection after the answer (RFC 9112 section 9.3): `persist` is HTTP/1.1's
 * default, `persist_http10` must be granted by the answer in words, `close` ends it.
 */
export type Persistence = 'persist' | 'persist_http10' | 'close';

/** A recognised request. Strings are as sent; repeated fields are never recognised. */
export interface PlainRequest {
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
  /** Without the question mark; empty when there is none. */
  readonly query: string;
  readonly gzip: boolean;
  readonly ifNoneMatch: string | undefined;
  /** Absent when If-Range came too: to send the whole is always right (RFC 9110 section 13.1.5). */
  readonly range: string | undefined;
  readonly persistence: Persistence;
  /** Whether it knows the chunked transfer coding: HTTP/1.1 does (RFC 9112 section 7.1). */
  readonly takesChunks: boolean;
}

/** What the octets are. `end` is the index after the blank line. */
export type Recognition =
  | { readonly kind: 'request'; readonly request: PlainRequest; readonly end: number }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'other' };

const INCOMPLETE: Recognition = { kind: 'incomplete' };
const OTHER: Recognition = { kind: 'other' };
/** What a scan returns in place of an index: more octets may bring its end, or nothing will. */
const STARVED = -1;
const REFUSED = -2;

const SPACE = 0x20;
const TAB = 0x09;
const CR = 0x0d;
const COLON = 0x3a;
const SLASH = 0x2f;
const QUESTION_MARK = 0x3f;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const GET = encoder.encode('GET ');
const HEAD = encoder.encode('HEAD ');
const HTTP_1_1 = encoder.encode(' HTTP/1.1\r\n');
const HTTP_1_0 = encoder.encode(' HTTP/1.0\r\n');
const CRLF = encoder.encode('\r\n');

type FieldName = 'host' | 'connection' | 'accept-encoding' | 'if-none-match' | 'range' | 'if-range';

/** Announce a body, another protocol or an old proxy's habits: whoever sends one is not plain. */
const UNPLAIN = [
  'content-length',
  'transfer-encoding',
  'trailer',
  'expect',
  'upgrade',
  'http2-settings',
  'proxy-connection',
] as const;
const NOTED: readonly FieldName[] = [
  'host',
  'connection',
  'accept-encoding',
  'if-none-match',
  'range',
  'if-range',
];

interface KnownField {
  readonly octets: Uint8Array;
  /** Undefined for a field that makes the request `other`. */
  readonly name: FieldName | undefined;
}

/** The fields that matter, by the length of their name. */
const KNOWN_FIELDS = byLength();

/** Values of the noted fields of one head. */
type Fields = Partial<Record<FieldName, string>>;

/**
 * Says what the octets of `bytes` from `from` on are. `accepts` is asked about the path as sent,
 * without query, and makes the request `other` when it says no.
 */
export function recognise(
  bytes: Uint8Array,
  from: number,
  accepts: (path: string) => boolean,
): Recognition {
  const isHead = bytes[from] === HEAD[0];
  const target = literalEnd(bytes, from, isHead ? HEAD : GET);
  const targetEnd = target < 0 ? target : runEnd(bytes, target, TARGET);
  if (targetEnd < 0) return unfinished(bytes, from, targetEnd);
  if (bytes[target] !== SLASH) return OTHER;
  const pathEnd = indexBefore(bytes, target, { octet: QUESTION_MARK, end: targetEnd });
  const path = text(bytes, target, pathEnd);
  if (!accepts(path)) return OTHER;
  const modern = literalEnd(bytes, targetEnd, HTTP_1_1);
  const version = modern === REFUSED ? literalEnd(bytes, targetEnd, HTTP_1_0) : modern;
  const fields: Fields = {};
  const end = version < 0 ? version : readFields(bytes, version, fields);
  if (end < 0) return unfinished(bytes, from, end);
  const persistence = persistenceOf(fields, version === modern);
  if (persistence === undefined || end - from > MAX_HEAD_BYTES) return OTHER;
  const request: PlainRequest = {
    method: isHead ? 'HEAD' : 'GET',
    path,
    query: pathEnd === targetEnd ? '' : text(bytes, pathEnd + 1, targetEnd),
    gzip: acceptsGzip(fields['accept-encoding']),
    ifNoneMatch: fields['if-none-match'],
    range: fields['if-range'] === undefined ? fields.range : undefined,
    persistence,
    takesChunks: version === modern,
  };
  return { kind: 'request', request, end };
}

/** Reads field lines up to the blank line; the index after it, or why there is none. */
function readFields(bytes: Uint8Array, from: number, fields: Fields): number {
  let at = from;
  for (let count = 0; count <= MAX_FIELDS; count += 1) {
    if (bytes[at] === CR) return literalEnd(bytes, at, CRLF);
    const colon = runEnd(bytes, at, TOKEN);
    if (colon < 0) return colon;
    if (colon === at || bytes[colon] !== COLON) return REFUSED;
    const valueEnd = runEnd(bytes, colon + 1, VALUE);
    const next = valueEnd < 0 ? valueEnd : literalEnd(bytes, valueEnd, CRLF);
    if (next < 0) return next;
    const known = knownField(bytes, at, colon);
    if (known !== undefined) {
      if (known.name === undefined || fields[known.name] !== undefined) return REFUSED;
      fields[known.name] = trimmed(bytes, colon + 1, valueEnd);
    }
    at = next;
  }
  return REFUSED;
}

/** What the connection becomes; undefined when Host or Connection is not of the plain kind. */
function persistenceOf(fields: Fields, modern: boolean): Persistence | undefined {
  const { host } = fields;
  if (host === undefined ? modern : !isHost(host)) return undefined;
  switch (fields.connection?.toLowerCase()) {
    case undefined:
      return modern ? 'persist' : 'close';
    case 'close':
      return 'close';
    case 'keep-alive':
      return modern ? 'persist' : 'persist_http10';
    default:
      return undefined;
  }
}

function isHost(value: string): boolean {
  for (let index = 0; index < value.length; index += 1) {
    if (((OCTET_CLASS[value.charCodeAt(index)] ?? 0) & HOST) === 0) return false;
  }
  return value.length > 0;
}

function knownField(bytes: Uint8Array, from: number, to: number): KnownField | undefined {
  const candidates = KNOWN_FIELDS[to - from];
  if (candidates === undefined) return undefined;
  return candidates.find(({ octets }) => {
    // In a token only letters change under 0x20, and no other octet of one becomes a letter or '-'.
    for (let index = 0; index < octets.length; index += 1) {
      if (((bytes[from + index] as number) | 0x20) !== octets[index]) return false;
    }
    return true;
  });
}

function byLength(): readonly (readonly KnownField[] | undefined)[] {
  const table: KnownField[][] = [];
  const add = (text: string, name: FieldName | undefined): void => {
    const sameLength = table[text.length] ?? [];
    sameLength.push({ octets: encoder.encode(text), name });
    table[text.length] = sameLength;
  };
  for (const name of NOTED) add(name, name);
  for (const text of UNPLAIN) add(text, undefined);
  return Array.from(table);
}

function unfinished(bytes: Uint8Array, from: number, why: number): Recognition {
  return why === REFUSED || bytes.length - from >= MAX_HEAD_BYTES ? OTHER : INCOMPLETE;
}

/** The index after `literal` when it stands at `at`. */
function literalEnd(bytes: Uint8Array, at: number, literal: Uint8Array): number {
  for (let index = 0; index < literal.length; index += 1) {
    if (at + index >= bytes.length) return STARVED;
    if (bytes[at + index] !== literal[index]) return REFUSED;
  }
  return at + literal.length;
}

/** The index of the first octet that is not of class `flag`. */
function runEnd(bytes: Uint8Array, from: number, flag: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    if (((OCTET_CLASS[bytes[at] as number] as number) & flag) === 0) return at;
  }
  return STARVED;
}

/** The index of the first `octet` before `end`, or `end`. */
function indexBefore(
  bytes: Uint8Array,
  from: number,
  { octet, end }: { readonly octet: number; readonly end: number },
): number {
  let at = from;
  while (at < end && bytes[at] !== octet) at += 1;
  return at;
}

/** The field value between `from` and `to` without the optional white space round it. */
function trimmed(bytes: Uint8Array, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start])) start += 1;
  while (end > start && isBlank(bytes[end - 1])) end -= 1;
  return text(bytes, start, end);
}

const isBlank = (octet: number | undefined): boolean => octet === SPACE || octet === TAB;

/** Decodes octets that are all ASCII by their class. */
function text(bytes: Uint8Array, from: number, to: number): string {
  return decoder.decode(bytes.subarray(from, to));
}
