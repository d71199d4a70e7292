/** How many predictions in a row must have come true before one is shown to viewers. */
const TRUSTED_AFTER = 2;
/** Decimal tokens of a path that are looked at; a path with more of them is not predicted. */
const MAX_TOKENS = 16;
/** Digits that still make a safe integer. */
const MAX_DIGITS = 15;

/** What a decimal token of the path may stand for, as bits. */
const CONSTANT = 1;
const SEQUENCE = 2;
const PART = 4;

interface Token {
  readonly text: string;
  readonly kinds: number;
}

interface Pattern {
  /** The text around the tokens; one more than there are tokens. */
  readonly literals: readonly string[];
  readonly tokens: readonly Token[];
}

/**
 * Learns how a transcoder names its parts, such as `seg-41.part-3.m4s`, in order to name the one
 * that comes next. Each path narrows down what every number in it can mean; a wrong guess starts
 * the learning anew, so that a hint is only given to those whose names have kept their word.
 */
export class PathPredictor {
  #pattern: Pattern | undefined;
  #sequence = 0;
  #rightInARow = 0;

  /** Takes the path of a part, in order of publication. */
  observe(sequence: number, part: number, path: string): void {
    const predicted = this.#compose(sequence, part);
    const fresh = parse(path, sequence, part);
    const narrower = fresh && narrow(this.#pattern, fresh);
    if (predicted === path) this.#rightInARow += 1;
    else if (predicted !== undefined || narrower === undefined) this.#rightInARow = 0;
    this.#sequence = sequence;
    this.#pattern = narrower ?? fresh;
  }

  /** The path of the part at `sequence` and `part`; undefined when it cannot be known. */
  predict(sequence: number, part: number): string | undefined {
    return this.#rightInARow >= TRUSTED_AFTER ? this.#compose(sequence, part) : undefined;
  }

  #compose(sequence: number, part: number): string | undefined {
    const pattern = this.#pattern;
    if (pattern === undefined) return undefined;
    let path = pattern.literals[0] ?? '';
    let varies = 0;
    for (const [index, token] of pattern.tokens.entries()) {
      const text = fill(token, sequence, part);
      if (text === undefined) return undefined;
      varies |= token.kinds;
      path += text + (pattern.literals[index + 1] ?? '');
    }
    // Without the number of what changes, two parts would have one name.
    const needed = sequence === this.#sequence ? PART : PART | SEQUENCE;
    return (varies & needed) === needed ? path : undefined;
  }
}

/** The token for another part; undefined when its meanings disagree. */
function fill(token: Token, sequence: number, part: number): string | undefined {
  const texts = new Set<string>();
  if ((token.kinds & CONSTANT) !== 0) texts.add(token.text);
  if ((token.kinds & SEQUENCE) !== 0) texts.add(numeral(sequence, token.text));
  if ((token.kinds & PART) !== 0) texts.add(numeral(part, token.text));
  const [text] = texts;
  return texts.size === 1 ? text : undefined;
}

/** `value` with the zero padding of `model`. */
function numeral(value: number, model: string): string {
  return model.startsWith('0') ? String(value).padStart(model.length, '0') : String(value);
}

function parse(path: string, sequence: number, part: number): Pattern | undefined {
  const pieces = path.split(/(\d+)/);
  if (pieces.length > 2 * MAX_TOKENS + 1) return undefined;
  const tokens = pieces
    .filter((_, index) => index % 2 === 1)
    .map((text) => ({ text, kinds: kindsOf(text, sequence, part) }));
  return { literals: pieces.filter((_, index) => index % 2 === 0), tokens };
}

function kindsOf(text: string, sequence: number, part: number): number {
  if (text.length > MAX_DIGITS) return CONSTANT;
  const value = Number(text);
  return CONSTANT | (value === sequence ? SEQUENCE : 0) | (value === part ? PART : 0);
}

/** What holds for both; undefined when the texts around the numbers differ. */
function narrow(known: Pattern | undefined, fresh: Pattern): Pattern | undefined {
  if (known?.tokens.length !== fresh.tokens.length) return undefined;
  if (known.literals.some((literal, index) => literal !== fresh.literals[index])) return undefined;
  const tokens = fresh.tokens.map((token, index) => {
    const before = known.tokens[index];
    if (before === undefined) return token;
    const stays = before.text === token.text ? CONSTANT : 0;
    const kinds = before.kinds & token.kinds & (SEQUENCE | PART | stays);
    const zeros = before.text.startsWith('0') && before.text.length === token.text.length;
    return { text: zeros ? before.text : token.text, kinds };
  });
  return tokens.every((token) => token.kinds !== 0)
    ? { literals: fresh.literals, tokens }
    : undefined;
}
