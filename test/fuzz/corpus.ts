import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of hexadecimal text on one line of a kept input. */
const LINE_BYTES = 32;

/**
 * The inputs that once broke a target, one text file each. They are part of the repository: each
 * later run tries them first, so that a repaired fault stays repaired.
 */
export class Corpus {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Every kept input in the order of its file name; none when nothing was ever kept. */
  read(): Uint8Array[] {
    if (!existsSync(this.#folder)) return [];
    const names = readdirSync(this.#folder).filter((name) => name.endsWith('.hex'));
    return names.sort().map((name) => parse(readFileSync(join(this.#folder, name), 'utf8')));
  }

  /** Keeps an input and returns the path of its file; the same bytes give the same file. */
  keep(bytes: Uint8Array): string {
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const path = join(this.#folder, `${hash}.hex`);
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(path, print(bytes));
    return path;
  }
}

function parse(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}

function print(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  const lines = hex.match(new RegExp(`.{1,${2 * LINE_BYTES}}`, 'g')) ?? [];
  return `${lines.join('\n')}\n`;
}
