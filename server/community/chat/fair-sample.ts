import type { ChatEntry, ChatMessage } from '../../../contract/index.ts';
import { isModerator } from './roles.ts';

/**
 * Which of `entries` everybody is shown when there is room for `budget` messages: all that must not
 * be left out (of moderators, paid, removals), and of the others so many that each author has one
 * before any has two. Who comes first among authors is by chance: `random` gives 0 to below 1.
 * Returns a set of their numbers.
 */
export function fairSample(
  entries: readonly ChatEntry[],
  budget: number,
  random: () => number,
): ReadonlySet<number> {
  const chosen = new Set<number>();
  const byAuthor = new Map<string, number[]>();
  for (const entry of entries) {
    if (entry.type !== 'message' || isExempt(entry)) {
      chosen.add(entry.seq);
      continue;
    }
    const own = byAuthor.get(entry.author.id);
    if (own === undefined) byAuthor.set(entry.author.id, [entry.seq]);
    else own.push(entry.seq);
  }
  const authors = shuffled([...byAuthor.values()], random);
  for (let round = 0; ; round += 1) {
    const left = authors.filter((own) => own.length > round);
    if (left.length === 0) return chosen;
    for (const own of left) {
      if (chosen.size >= budget) return chosen;
      const seq = own[round];
      if (seq !== undefined) chosen.add(seq);
    }
  }
}

function isExempt({ author, isPaid, kind }: ChatMessage): boolean {
  const isEvent = kind === 'announcement' || kind === 'raid';
  return isPaid === true || isEvent || isModerator(author);
}

/** Fisher and Yates. */
function shuffled<T>(items: T[], random: () => number): T[] {
  for (let index = items.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    const [a, b] = [items[index], items[other]];
    if (a !== undefined && b !== undefined) [items[index], items[other]] = [b, a];
  }
  return items;
}
