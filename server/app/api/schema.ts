import { z } from 'zod';

/**
 * Names end up in pages, playlists and logs: nothing in them may end a line, steer a terminal, or
 * turn the direction of what stands around them (UAX #9: embeddings, overrides, isolates).
 */
const FORBIDDEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** Something that can be seen: neither space, format character nor mark, nor a letter drawn empty. */
const VISIBLE = /[^\p{Cc}\p{Cf}\p{Z}\p{M}\u115f\u1160\u2800\u3164\uffa0]/u;

/** As above, but for line breaks and tabs. */
const CONTROL = /(?![\n\r\t])\p{Cc}/u;

/** The schemas that the document names, so that each stands in it once. */
export const namedSchemas = z.registry<{ readonly id: string; readonly description?: string }>();

/** Gives a schema a name in the document. */
export function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  namedSchemas.add(schema, { id });
  return schema;
}

/** One line of text that people read; white space around it is taken off. */
export function line(maxLength: number) {
  return z
    .string({ error: ({ input }) => (input === undefined ? 'is missing' : 'must be a string') })
    .trim()
    .min(1, { error: 'must not be blank', abort: true })
    .max(maxLength, { error: `must have at most ${maxLength} characters`, abort: true })
    .refine((text) => !FORBIDDEN.test(text), {
      error: 'must not contain control characters or line breaks',
      abort: true,
    })
    .refine((text) => text.isWellFormed(), { error: 'must be well-formed Unicode', abort: true })
    .refine((text) => VISIBLE.test(text), { error: 'must not be blank' });
}

/** What is compared with an id or a name that is kept. None of those holds a control character. */
export function sought(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .refine((text) => !FORBIDDEN.test(text), { error: 'must not contain control characters' });
}

/** The first and the last moment that a time in a request may name, as the database keeps times. */
const FIRST_MS = 0;
const LAST_MS = Date.UTC(9999, 11, 31);

/** A time in a request: ISO 8601, with its offset from UTC. */
export function moment() {
  const isKept = (text: string) => {
    const epochMs = Date.parse(text);
    return epochMs >= FIRST_MS && epochMs <= LAST_MS;
  };
  return z.iso
    .datetime({ offset: true, abort: true })
    .refine(isKept, { error: 'must be from 1970 to 9999' });
}

/** A body of JSON with these fields; others are passed over. */
export function body<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape, { error: 'must be an object' });
}

/** A time in an answer: ISO 8601, UTC. */
export const timeSchema = z.string().meta({ format: 'date-time' });

/** Who did something, as an answer tells. */
export const actorSchema = z.object({
  kind: z.enum(['user', 'token', 'operator', 'system']),
  id: z.string().nullable(),
});

/** The parameters of a path with one id. */
export const byId = z.object({ id: z.string().min(1) });

/** Text of several lines; characters that steer a terminal are not text. */
export function paragraph(maxLength: number) {
  return z
    .string()
    .max(maxLength, { error: `must have at most ${maxLength} characters`, abort: true })
    .refine((text) => !CONTROL.test(text), {
      error: 'must not contain control characters but line breaks and tabs',
      abort: true,
    })
    .refine((text) => text.isWellFormed(), { error: 'must be well-formed Unicode' });
}

/** The query of a route that answers in pages. */
export const pageQuery = {
  cursor: z.string().max(500).describe('`next_cursor` of the page before.').optional(),
  limit: z.coerce.number<string>().int().min(1).max(100).describe('50 without it.').optional(),
};
