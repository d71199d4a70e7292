/**
 * HyperLogLog: how many different members there were, in memory that does not grow with them.
 * Precision 14 and 64-bit hashes, estimated as by Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (2017), algorithm 6, which needs no tables of corrections; Redis does the same.
 */

/** Bits of a hash that choose its register. */
const PRECISION = 14;
const REGISTERS = 2 ** PRECISION;
/** Bits of a hash that are left to be looked at. */
const REST = 64 - PRECISION;
/** Of the estimator for many registers. */
const ALPHA = 1 / (2 * Math.LN2);

/** The standard error of an estimate, as a fraction: 1.04 / √16,384. */
export const SKETCH_ERROR = 0.0081;

/** Members are hashes: eight evenly distributed characters of U+0000 to U+00FF. */
export type MemberHash = string;

/** See the top of the file. */
export class Sketch {
  readonly #registers = new Uint8Array(REGISTERS);

  /** Takes a member, again or for the first time. */
  add(member: MemberHash): void {
    const second = member.charCodeAt(1);
    const index = (member.charCodeAt(0) << 6) | (second >> 2);
    const rank = rankOf(second & 3, member);
    if (rank > (this.#registers[index] as number)) this.#registers[index] = rank;
  }

  /** About how many different members all of `sketches` took. */
  static sizeOf(sketches: readonly Sketch[]): number {
    const histogram = new Array<number>(REST + 2).fill(0);
    for (let index = 0; index < REGISTERS; index += 1) {
      let highest = 0;
      for (const sketch of sketches) {
        const rank = sketch.#registers[index] as number;
        if (rank > highest) highest = rank;
      }
      histogram[highest] = (histogram[highest] as number) + 1;
    }
    let sum = REGISTERS * tau(1 - (histogram[REST + 1] as number) / REGISTERS);
    for (let rank = REST; rank >= 1; rank -= 1) sum = (sum + (histogram[rank] as number)) * 0.5;
    sum += REGISTERS * sigma((histogram[0] as number) / REGISTERS);
    return Math.round((ALPHA * REGISTERS * REGISTERS) / sum);
  }
}

/** The place of the first one among the bits that are left, from 1; one more when there is none. */
function rankOf(top: number, member: MemberHash): number {
  if (top !== 0) return top >= 2 ? 1 : 2;
  let zeros = 2;
  for (let at = 2; at < 8; at += 1) {
    const octet = member.charCodeAt(at);
    if (octet !== 0) return zeros + Math.clz32(octet) - 24 + 1;
    zeros += 8;
  }
  return REST + 1;
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY;
  let [power, weight, sum] = [share, 1, share];
  for (;;) {
    const before = sum;
    power *= power;
    sum += power * weight;
    weight += weight;
    if (sum === before) return sum;
  }
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let [root, weight, sum] = [share, 1, 1 - share];
  for (;;) {
    const before = sum;
    root = Math.sqrt(root);
    weight *= 0.5;
    sum -= (1 - root) ** 2 * weight;
    if (sum === before) return sum / 3;
  }
}
