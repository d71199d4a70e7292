/**
 * Finds terms in texts, all terms in one walk over the text (Aho and Corasick, 1975): the time does
 * not depend on what the terms or the text are, only on how long the text is. There is no way to
 * write a term that takes long, as there is with regular expressions.
 *
 * The automaton knows each run of a letter once. Where it finds a term, the runs are compared: a text
 * may draw a letter out (`baaad`), but not leave one out (`as` is not `ass`).
 */
import type { AutomodTerm } from '../../../contract/index.ts';
import { type Reading, readingsOf, readPlainly } from './reading.ts';
import { partsOf } from './term.ts';

/** More code points than there are: `node * CODES + code` names an edge. */
const CODES = 0x11_0000;
const ROOT = 0;
/** A longer run in a term is sought as this: nobody writes five on purpose. */
const LONGEST_RUN = 2;

interface Pattern {
  readonly term: AutomodTerm;
  readonly runs: readonly number[];
  readonly isOpenBefore: boolean;
  readonly isOpenBehind: boolean;
}

interface Node {
  /** Of the longest suffix that begins a term as well. */
  fallback: number;
  /** The next node along the fallbacks at which a term ends; 0: none. */
  shorter: number;
  readonly patterns: Pattern[];
}

/** How strictly is looked. */
export interface MatchOptions {
  /** Finds terms within words as if each had `*` around it. */
  readonly isStrict: boolean;
}

/** See the top of the file. */
export class TermMatcher {
  readonly #nodes: Node[] = [newNode()];
  readonly #edges = new Map<number, number>();

  /** `terms` have no `termProblem`. */
  constructor(terms: readonly AutomodTerm[]) {
    for (const term of terms) {
      this.#add(term, readPlainly(partsOf(term.text).core));
      const joined = partsOf(term.text).core.replaceAll(/\s/g, '');
      // `buyfollowers` is the same as `buy followers`.
      if (joined !== partsOf(term.text).core) this.#add(term, readPlainly(joined));
    }
    this.#link();
  }

  /** What it takes in memory, in nodes of about 150 bytes. */
  get size(): number {
    return this.#nodes.length;
  }

  /** A term that the text has; one that blocks before one that holds. Undefined: none. */
  find(text: string, { isStrict }: MatchOptions): AutomodTerm | undefined {
    let held: AutomodTerm | undefined;
    for (const reading of readingsOf(text)) {
      const found = this.#findIn(reading, isStrict);
      if (found?.action === 'block') return found;
      held ??= found;
    }
    return held;
  }

  #findIn(reading: Reading, isStrict: boolean): AutomodTerm | undefined {
    let held: AutomodTerm | undefined;
    let node = ROOT;
    for (const [index, code] of reading.letters.entries()) {
      node = this.#step(node, code);
      let ending = node;
      while (ending !== ROOT) {
        const { patterns, shorter } = this.#node(ending);
        for (const pattern of patterns) {
          if (!fits(pattern, reading, { end: index, isStrict })) continue;
          if (pattern.term.action === 'block') return pattern.term;
          held ??= pattern.term;
        }
        ending = shorter;
      }
    }
    return held;
  }

  #step(from: number, code: number): number {
    let node = from;
    for (;;) {
      const next = this.#edges.get(node * CODES + code);
      if (next !== undefined) return next;
      if (node === ROOT) return ROOT;
      node = this.#node(node).fallback;
    }
  }

  #add(term: AutomodTerm, { letters, runs }: Reading): void {
    let node = ROOT;
    for (const letter of letters) {
      const edge = node * CODES + letter;
      let next = this.#edges.get(edge);
      if (next === undefined) {
        next = this.#nodes.push(newNode()) - 1;
        this.#edges.set(edge, next);
      }
      node = next;
    }
    if (node === ROOT) return;
    const { isOpenBefore, isOpenBehind } = partsOf(term.text);
    const least = runs.map((run) => Math.min(run, LONGEST_RUN));
    this.#node(node).patterns.push({ term, runs: least, isOpenBefore, isOpenBehind });
  }

  /** Edges were added parents first, so whatever a node falls back to has been linked before it. */
  #link(): void {
    const byDepth = this.#edgesByDepth();
    for (const { from, code, to } of byDepth) {
      const node = this.#node(to);
      node.fallback = from === ROOT ? ROOT : this.#step(this.#node(from).fallback, code);
      const fallback = this.#node(node.fallback);
      node.shorter = fallback.patterns.length > 0 ? node.fallback : fallback.shorter;
    }
  }

  #edgesByDepth() {
    const depths = new Map([[ROOT, 0]]);
    const edges = [];
    for (const [edge, to] of this.#edges) {
      const from = Math.floor(edge / CODES);
      const depth = (depths.get(from) ?? 0) + 1;
      depths.set(to, depth);
      edges.push({ from, code: edge % CODES, to, depth });
    }
    return edges.sort((a, b) => a.depth - b.depth);
  }

  #node(index: number): Node {
    const node = this.#nodes[index];
    if (node === undefined) throw new RangeError(`There is no node ${index}`);
    return node;
  }
}

function newNode(): Node {
  return { fallback: ROOT, shorter: ROOT, patterns: [] };
}

function fits(
  { runs, isOpenBefore, isOpenBehind }: Pattern,
  reading: Reading,
  { end, isStrict }: { readonly end: number; readonly isStrict: boolean },
): boolean {
  const begin = end + 1 - runs.length;
  const isBegin = isStrict || isOpenBefore || reading.starts[begin] === true;
  const isEnd = isStrict || isOpenBehind || reading.ends[end] === true;
  if (!isBegin || !isEnd) return false;
  return runs.every((run, index) => (reading.runs[begin + index] ?? 0) >= run);
}
