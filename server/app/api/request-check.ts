import type { z } from 'zod';
import type { FieldProblem, Refusal } from '../../../contract/index.ts';

/** Problems that one answer names; more are only counted. */
const MAX_NAMED = 20;
/** Characters of a field's name that an answer repeats: it may be a client's word. */
const MAX_SHOWN_FIELD = 100;

const NO_TEXT = 'must be well-formed Unicode without U+0000';

/** The parts of a request, and what checks each. */
export interface RequestSchemas {
  readonly params?: z.ZodType | undefined;
  readonly query?: z.ZodType | undefined;
  readonly body?: z.ZodType | undefined;
}

/** The parts of a request, as they came or as they were read. */
export interface RequestParts {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/**
 * Reads the parts of a request, or refuses it naming each field that does not fit. Fields that
 * no schema asks for are passed over: none of them reaches a handler. What is no text does not
 * either, whatever its schema says of it.
 */
export function readRequest(
  schemas: RequestSchemas,
  parts: RequestParts,
  verb: string,
): RequestParts | Refusal {
  const errors: FieldProblem[] = [];
  const read = (part: keyof RequestParts): unknown => {
    const schema = schemas[part];
    if (schema === undefined) return undefined;
    const name = (path: readonly PropertyKey[]): string =>
      path.join('.').toWellFormed().slice(0, MAX_SHOWN_FIELD) || part;
    const result = schema.safeParse(parts[part], { error: messageOf });
    if (!result.success) {
      errors.push(
        ...result.error.issues.map(({ path, message }) => ({ field: name(path), message })),
      );
      return undefined;
    }
    const path = pathOfNoText(result.data);
    if (path !== undefined) errors.push({ field: name(path), message: NO_TEXT });
    return result.data;
  };
  const values = { params: read('params'), query: read('query'), body: read('body') };
  const [first] = errors;
  if (first === undefined) return values;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  return {
    refused: 'invalid_request',
    detail: `Cannot ${verb}: ${first.field} ${first.message}${more}`,
    errors: errors.slice(0, MAX_NAMED),
  };
}

/** Where a string is that no text can hold; undefined when there is none. Depth is the schema's. */
function pathOfNoText(value: unknown): readonly PropertyKey[] | undefined {
  if (typeof value === 'string') return isText(value) ? undefined : [];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const path = isText(key) ? pathOfNoText(inner) : [];
    if (path !== undefined) return [key, ...path];
  }
  return undefined;
}

/** PostgreSQL takes neither U+0000 nor half a character, and others who read it may not either. */
function isText(string: string): boolean {
  return !string.includes('\0') && string.isWellFormed();
}

/** What a person is told where a schema has no words of its own. */
function messageOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${withArticle(issue.expected)}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_big':
      return `must ${measured(issue.origin, 'at most', issue.maximum)}`;
    case 'too_small':
      return `must ${measured(issue.origin, 'at least', issue.minimum)}`;
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? `of the form ${issue.pattern ?? issue.format}`}`;
    default:
      return 'does not fit';
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'a time such as 2026-11-21T20:00:00Z',
  url: 'an address such as https://example.org/hook',
  email: 'an e-mail address',
};

function withArticle(type: string): string {
  const name = type === 'int' ? 'integer' : type;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function measured(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string') return `have ${bound} ${limit} characters`;
  if (origin === 'array' || origin === 'set') return `have ${bound} ${limit} entries`;
  return `be ${bound} ${limit}`;
}
