/**
 * A look at TypeScript that is just deep enough for the checks: it knows where comments, strings
 * and regular expressions are. Everything keeps its offset, so that findings have true lines.
 */

/** The same text with parts of it blanked by spaces; line breaks stay. */
export interface Scan {
  /** Comments blanked. */
  readonly code: string;
  /** Comments and the insides of strings, templates and regular expressions blanked. */
  readonly bare: string;
}

/** After these a slash begins a regular expression; after anything else it divides. */
const BEFORE_REGEX =
  /(^|[(,=:[!&|?{};+\-*%~^<>]|\b(return|typeof|case|of|in|do|else|void|throw))\s*$/;
/** One token that hides its inside, or a single character; tried at each position. */
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const STRING = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** Separates code from comments and from quoted text. */
export function scan(text: string): Scan {
  const scanner = new Scanner(text);
  scanner.code(0, undefined);
  return { code: blank(text, scanner.comments), bare: blank(text, scanner.hidden) };
}

type Range = readonly [start: number, end: number];

class Scanner {
  readonly #text: string;
  readonly comments: Range[] = [];
  /** Comments, and the insides of quoted text. */
  readonly hidden: Range[] = [];
  /** The last characters of code, which decide what a slash means. */
  #before = '';

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads code up to `closing`, an unmatched brace, or the end; returns where it stopped. */
  code(start: number, closing: '}' | undefined): number {
    let at = start;
    let depth = 0;
    while (at < this.#text.length) {
      const character = this.#text[at] ?? '';
      if (character === closing && depth === 0) return at;
      if (character === '{') depth++;
      if (character === '}') depth--;
      at = this.#token(at, character);
    }
    return at;
  }

  #token(at: number, character: string): number {
    const comment = character === '/' ? match(COMMENT, this.#text, at) : 0;
    if (comment > 0) {
      this.comments.push([at, at + comment]);
      this.hidden.push([at, at + comment]);
      return at + comment;
    }
    if (character === '`') return this.#template(at + 1);
    const isRegex = character === '/' && BEFORE_REGEX.test(this.#before);
    const quoted = isRegex ? match(REGEX, this.#text, at) : match(STRING, this.#text, at);
    if (quoted > 0) this.hidden.push([at + 1, at + quoted - 1]);
    this.#remember(quoted > 0 ? '"' : character);
    return at + Math.max(1, quoted);
  }

  /** Reads a template from behind its opening quote; what stands in `${}` is code again. */
  #template(start: number): number {
    let at = start;
    let literal = start;
    while (at < this.#text.length && this.#text[at] !== '`') {
      if (this.#text.startsWith('${', at)) {
        this.hidden.push([literal, at]);
        at = this.code(at + 2, '}');
        literal = at + 1;
      }
      at += this.#text[at] === '\\' ? 2 : 1;
    }
    this.hidden.push([literal, at]);
    this.#remember('"');
    return at + 1;
  }

  #remember(character: string): void {
    this.#before = (this.#before + character).slice(-12);
  }
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

function blank(text: string, ranges: readonly Range[]): string {
  let result = '';
  let at = 0;
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (start < at) continue;
    result += text.slice(at, start) + text.slice(start, end).replaceAll(/[^\n]/g, ' ');
    at = end;
  }
  return result + text.slice(at);
}

/** An import, export-from, dynamic import, import type or `new URL(…, import.meta.url)`. */
export interface Import {
  readonly specifier: string;
  readonly offset: number;
}

/** Everything a module reaches for, types included. */
export function listImports(text: string): Import[] {
  const { code, bare } = scan(text);
  const patterns = [
    /\b(?:import|export)\b[^;'"`()]*?\bfrom\s*(['"])(.*?)\1/g,
    /\bimport\s*\(?\s*(['"`])(.*?)\1/g,
    /\bnew\s+URL\(\s*(['"`])(\.{1,2}\/.*?)\1\s*,\s*import\.meta\.url/g,
  ];
  const found = new Map<number, Import>();
  for (const pattern of patterns) {
    for (const hit of code.matchAll(pattern)) {
      const isQuoted = bare[hit.index] === ' ';
      if (!isQuoted) found.set(hit.index, { specifier: hit[2] ?? '', offset: hit.index });
    }
  }
  return [...found.values()].sort((a, b) => a.offset - b.offset);
}
