/**
 * A small fast generator (sfc32) that is seeded by a run's seed and a case number, so that every
 * case can be made again without the cases before it.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, caseNumber: number) {
    this.#a = seed | 0;
    this.#b = Math.imul(caseNumber + 1, 0x9e3779b1);
    this.#c = caseNumber | 0;
    for (let round = 0; round < 12; round++) this.word();
  }

  /** 32 random bits as an unsigned integer. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** An integer from 0 up to, and without, `bound`; 0 for a bound of 0. */
  below(bound: number): number {
    return Math.floor((this.word() / 0x100000000) * bound);
  }

  /** One entry of a list; `fallback` when the list is empty. */
  pick<T>(list: readonly T[], fallback: T): T {
    return list[this.below(list.length)] ?? fallback;
  }
}
