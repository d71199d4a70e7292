import { type MemberHash, Sketch } from './sketch.ts';

/** Members that are known one by one. */
const MOST_KNOWN = 1_024;

/** Everybody that there ever was: one by one while they are few, then as a sketch. */
export class MemberSet {
  #known: Set<MemberHash> | undefined = new Set();
  #sketch: Sketch | undefined;

  /** Whether the size is not an estimate. */
  get isExact(): boolean {
    return this.#known !== undefined;
  }

  /** Takes a member, again or for the first time. */
  add(member: MemberHash): void {
    if (this.#known === undefined) {
      this.#sketch?.add(member);
      return;
    }
    this.#known.add(member);
    if (this.#known.size <= MOST_KNOWN) return;
    this.#sketch = this.#asSketch();
    this.#known = undefined;
  }

  /** How many different members this set has, or it and `other` together. */
  size(other?: MemberSet): number {
    const [mine, theirs] = [this.#known, other === undefined ? undefined : other.#known];
    if (mine !== undefined && (other === undefined || theirs !== undefined)) {
      return mine.size + [...(theirs ?? [])].filter((member) => !mine.has(member)).length;
    }
    return Sketch.sizeOf(
      [this, ...(other === undefined ? [] : [other])].map((set) => set.#asSketch()),
    );
  }

  #asSketch(): Sketch {
    if (this.#sketch !== undefined) return this.#sketch;
    const sketch = new Sketch();
    for (const member of this.#known ?? []) sketch.add(member);
    return sketch;
  }
}
