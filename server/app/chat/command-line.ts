/** The words behind a command, taken one after the other. */
export class CommandLine {
  #left: string;

  constructor(words: string) {
    this.#left = words.trim();
  }

  /** The next word, or what stands in double quotes; undefined: there is none. */
  take(): string | undefined {
    const left = this.#left;
    if (left === '') return undefined;
    const end = left.startsWith('"') ? left.indexOf('"', 1) : -1;
    if (end > 0) {
      this.#left = left.slice(end + 1).trimStart();
      return left.slice(1, end).trim();
    }
    const space = left.indexOf(' ');
    const word = space < 0 ? left : left.slice(0, space);
    this.#left = left.slice(word.length).trimStart();
    return word;
  }

  /** The next word without taking it. */
  peek(): string | undefined {
    const left = this.#left;
    const word = this.take();
    this.#left = left;
    return word;
  }

  /** What would be left behind the next word. */
  behindNext(): string {
    const left = this.#left;
    this.take();
    const behind = this.#left;
    this.#left = left;
    return behind;
  }

  /** All that is left; it is taken. */
  rest(): string {
    const left = this.#left;
    this.#left = '';
    return left;
  }
}
