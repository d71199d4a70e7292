/** The list of streams, page by page: there may be 10,000, and everybody may ask for it. */
import type { FieldProblem, Refusal } from '../../../contract/index.ts';
import type { OrchestratedStreamView, Orchestrator } from '../../pipeline/orchestrator/index.ts';

/** Streams of one page; so many as well where nobody says. */
const MOST_STREAMS = 1000;
const ID = /^[A-Za-z0-9._-]{1,100}$/;

/** Which page is asked for. */
export interface StreamPageQuery {
  /** Streams of the page. */
  readonly limit: number;
  /** The last id of the page before. */
  readonly after: string;
}

/** What a list of streams is asked by; a refusal that names each field that does not fit. */
export function readPage(query: unknown): StreamPageQuery | Refusal {
  const { limit: asked = String(MOST_STREAMS), cursor } = query as Readonly<
    Record<string, unknown>
  >;
  const errors: FieldProblem[] = [];
  const limit = typeof asked === 'string' && /^\d{1,4}$/.test(asked) ? Number(asked) : 0;
  if (limit < 1 || limit > MOST_STREAMS) {
    errors.push({ field: 'limit', message: `must be a whole number from 1 to ${MOST_STREAMS}` });
  }
  const after =
    typeof cursor === 'string' ? Buffer.from(cursor, 'base64url').toString('latin1') : '';
  if (cursor !== undefined && !ID.test(after)) {
    errors.push({ field: 'cursor', message: 'must be a next_cursor of this list' });
  }
  const [first] = errors;
  if (first === undefined) return { limit, after };
  const detail = `Cannot list streams: ${first.field} ${first.message}`;
  return { refused: 'invalid_request', detail, errors };
}

/** The page, and by what the next one is asked for; null: there is none. */
export function pageOf(
  orchestrator: Orchestrator,
  { limit, after }: StreamPageQuery,
): { readonly streams: readonly OrchestratedStreamView[]; readonly next_cursor: string | null } {
  const found = orchestrator.views({ after, limit: limit + 1 });
  const streams = found.slice(0, limit);
  const last = found.length > limit ? streams.at(-1) : undefined;
  const next_cursor = last === undefined ? null : Buffer.from(last.id).toString('base64url');
  return { streams, next_cursor };
}
