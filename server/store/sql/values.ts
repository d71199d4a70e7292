/** How values travel: as PostgreSQL's text format, the same from and to both twins. */
import { assert } from '../../base/index.ts';

/** What a row's column holds on its way; null is SQL's null. */
export type Text = string | null;

/** Writes a value for `$1`; what the server makes of it depends on the column's type. */
export function encodeValue(value: unknown): Text {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return `{${value.map(encodeElement).join(',')}}`;
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

function encodeElement(element: unknown): string {
  const text = encodeValue(element);
  return text === null ? 'NULL' : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

type Decode = (text: string) => unknown;

/** By the type's number in pg_type, which never changes for these. */
const DECODERS: ReadonlyMap<number, Decode> = new Map<number, Decode>([
  [16, (text) => text === 't'],
  [17, (text) => Buffer.from(text.slice(2), 'hex')],
  [20, decodeInteger],
  [21, Number],
  [23, Number],
  [26, Number],
  [114, (text) => JSON.parse(text)],
  [700, Number],
  [701, Number],
  [1005, (text) => decodeArray(text).map(toNumber)],
  [1007, (text) => decodeArray(text).map(toNumber)],
  [1009, decodeArray],
  [1015, decodeArray],
  [1016, (text) => decodeArray(text).map(toNumber)],
  [1114, decodeTime],
  [1184, decodeTime],
  [1700, Number],
  [3802, (text) => JSON.parse(text)],
]);

/** What turns a type's text into our value; text it stays for a type without an entry. */
export function decoderOf(typeId: number): Decode {
  return DECODERS.get(typeId) ?? String;
}

function decodeInteger(text: string): number {
  const value = Number(text);
  assert(Number.isSafeInteger(value), 'Cannot read bigint: it is beyond 2^53');
  return value;
}

function toNumber(text: Text): number | null {
  return text === null ? null : Number(text);
}

/** `2026-11-21 10:31:18.842+00`; a type without a zone is taken as UTC. */
function decodeTime(text: string): Date {
  const parts = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-]\d\d)(?::(\d\d))?)?$/.exec(
    text,
  );
  assert(parts !== null, 'Cannot read time: it is not in ISO style');
  const [, date, time, hours, minutes = '00'] = parts;
  return new Date(`${date}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`);
}

/** One dimension: `{a,"b c",NULL}`. */
function decodeArray(text: string): Text[] {
  const elements: Text[] = [];
  for (const hit of text.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/gs)) {
    const [, quoted, plain] = hit;
    if (quoted !== undefined) elements.push(quoted.replace(/\\(.)/gs, '$1'));
    else elements.push(plain === undefined || plain === 'NULL' ? null : plain);
  }
  return elements;
}
