import type { z } from 'zod';
import type { FieldProblem, Refusal } from '../../../contract/index.ts';

/** Problems that one answer names; more are only counted. */
const MAX_NAMED = 20;
/** Characters of a field's name that an answer repeats: it may be a client's word. */
const MAX_SHOWN_FIELD = 100;

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
 * no schema asks for are passed over: none of them reaches a handler.
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
    const result = schema.safeParse(parts[part], { error: messageOf });
    if (result.success) return result.data;
    for (const { path, message } of result.error.issues) {
      const field = path.join('.').slice(0, MAX_SHOWN_FIELD);
      errors.push({ field: field || part, message });
    }
    return undefined;
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
