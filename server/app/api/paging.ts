/** Lists that are read page by page: `{data, next_cursor}`. */
import { z } from 'zod';
import { named } from './schema.ts';

const MOST_ROWS = 100;
const DEFAULT_ROWS = 50;

/** How many rows a page has. */
export const limitSchema = z.coerce
  .number({ error: 'must be a number' })
  .int({ error: 'must be a whole number' })
  .min(1, { error: 'must be at least 1' })
  .max(MOST_ROWS, { error: `must be at most ${MOST_ROWS}` })
  .default(DEFAULT_ROWS)
  .meta({ description: `Rows of a page, 1 to ${MOST_ROWS}.` });

/** Where a page begins that goes on from another, by a position in the order of the list. */
export const positionCursorSchema = z
  .string()
  .transform((text, context): number => {
    const position = /^p\d{1,15}$/.test(decoded(text))
      ? Number(decoded(text).slice(1))
      : Number.NaN;
    if (Number.isNaN(position)) {
      context.addIssue({ code: 'custom', message: 'must be a next_cursor of this list' });
    }
    return position;
  })
  .optional()
  .meta({ description: '`next_cursor` of the page before.' });

/** The same for lists in the order of their ids. */
export const idCursorSchema = z
  .string()
  .transform((text, context): string => {
    const id = decoded(text);
    if (!/^i[a-z]{2,8}_[a-z2-7]{24}$/.test(id)) {
      context.addIssue({ code: 'custom', message: 'must be a next_cursor of this list' });
    }
    return id.slice(1);
  })
  .optional()
  .meta({ description: '`next_cursor` of the page before.' });

/** A page of a list. */
export function pageSchema<Row extends z.ZodType>(name: string, row: Row) {
  return named(name, z.object({ data: z.array(row), next_cursor: z.string().nullable() }));
}

/**
 * A page out of one row more than it may have, which tells that there is a next page. `keyOf` says
 * by what that goes on.
 */
export function pageOf<Row, View>(
  rows: readonly Row[],
  limit: number,
  { viewOf, keyOf }: { viewOf: (row: Row) => View; keyOf: (row: Row) => number | string },
): { data: View[]; next_cursor: string | null } {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    data: page.map(viewOf),
    next_cursor: last === undefined ? null : encoded(keyOf(last)),
  };
}

function encoded(key: number | string): string {
  const text = typeof key === 'number' ? `p${key}` : `i${key}`;
  return Buffer.from(text).toString('base64url');
}

function decoded(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('latin1');
}
