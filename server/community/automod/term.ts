/** One entry of a list of terms. */
import { readPlainly, SPACE } from './reading.ts';

/** Characters of a term. */
export const MAX_TERM_LENGTH = 50;
/** Letters of a term that is sought within words: a single one is in most of them. */
const LEAST_OPEN_LETTERS = 2;

/** Why a term is none, in words for a person; undefined: it is one. */
export function termProblem(text: string): string | undefined {
  if ([...text].length > MAX_TERM_LENGTH) return `must have at most ${MAX_TERM_LENGTH} characters`;
  const { core, isOpenBefore, isOpenBehind } = partsOf(text);
  if (core.includes('*')) return 'must have * only at its beginning and end';
  const { letters, runs } = readPlainly(core);
  let size = 0;
  for (const [index, letter] of letters.entries()) {
    if (letter !== SPACE) size += runs[index] ?? 0;
  }
  if (size === 0) return 'must have letters, digits or pictures';
  if ((isOpenBefore || isOpenBehind) && size < LEAST_OPEN_LETTERS) {
    return `must have at least ${LEAST_OPEN_LETTERS} letters beside *`;
  }
  return undefined;
}

/** A term without its stars, and where they were. */
export function partsOf(text: string): {
  readonly core: string;
  readonly isOpenBefore: boolean;
  readonly isOpenBehind: boolean;
} {
  const isOpenBefore = text.startsWith('*');
  const isOpenBehind = text.length > 1 && text.endsWith('*');
  const core = text.slice(isOpenBefore ? 1 : 0, isOpenBehind ? -1 : undefined);
  return { core, isOpenBefore, isOpenBehind };
}
