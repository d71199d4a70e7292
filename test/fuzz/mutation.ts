import type { Random } from './random.ts';

/** Most mutations stacked on one input: few enough that a deep parser still accepts the rest. */
const STACKED_MAX = 6;
/** Longest block that is copied, removed or filled at once, in bytes. */
const BLOCK_MAX = 64;
/** Values next to which length and sign checks break, for each width in bytes. */
const EDGES: readonly (readonly number[])[] = [
  [],
  [0, 1, 2, 0x7f, 0x80, 0xbf, 0xc0, 0xff],
  [0, 1, 0x7f, 0xff, 0x100, 0x7fff, 0x8000, 0xffff],
  [0, 1, 0xffff, 0x10000, 0x7fffff, 0x800000, 0xfffffe, 0xffffff],
  [0, 1, 0xffff, 0x10000, 0xffffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff],
];

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

/**
 * Makes one hostile input: a seed with up to six mutations stacked on it, or now and then pure
 * noise. Same seeds, size and generator state: same bytes.
 */
export function mutate(
  seeds: readonly Uint8Array[],
  random: Random,
  maxSizeBytes: number,
): Uint8Array {
  if (random.below(64) === 0) return noise(random, random.below(Math.min(maxSizeBytes, 512) + 1));
  let bytes: Uint8Array = random.pick(seeds, EMPTY).slice(0, maxSizeBytes);
  const rounds = 1 + random.below(STACKED_MAX);
  for (let round = 0; round < rounds; round++) {
    const mutation = random.pick(MUTATIONS, flipBit);
    bytes = mutation(bytes, random, random.pick(seeds, EMPTY));
  }
  return bytes.length > maxSizeBytes ? bytes.slice(0, maxSizeBytes) : bytes;
}

const EMPTY = new Uint8Array(0);

function noise(random: Random, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let at = 0; at < sizeBytes; at++) bytes[at] = random.word();
  return bytes;
}

function flipBit(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  return bytes;
}

function setByte(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  if (at < bytes.length) bytes[at] = random.word();
  return bytes;
}

function setEdgeInteger(bytes: Uint8Array, random: Random): Uint8Array {
  const width = 1 + random.below(4);
  if (bytes.length < width) return bytes;
  const at = random.below(bytes.length - width + 1);
  const value = random.pick(EDGES[width] ?? [], 0);
  const bigEndian = random.below(2) === 0;
  for (let index = 0; index < width; index++) {
    const shift = 8 * (bigEndian ? width - 1 - index : index);
    bytes[at + index] = value >>> shift;
  }
  return bytes;
}

function addSmall(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) + random.below(33) - 16;
  return bytes;
}

function removeBlock(bytes: Uint8Array, random: Random): Uint8Array {
  const start = random.below(bytes.length + 1);
  const sizeBytes = blockSize(random, bytes.length - start);
  return replace(bytes, start, sizeBytes, EMPTY);
}

function repeatBlock(bytes: Uint8Array, random: Random): Uint8Array {
  const start = random.below(bytes.length + 1);
  const block = bytes.slice(start, start + blockSize(random, bytes.length - start));
  return replace(bytes, random.below(bytes.length + 1), 0, block);
}

function insertNoise(bytes: Uint8Array, random: Random): Uint8Array {
  const block = noise(random, 1 + random.below(16));
  return replace(bytes, random.below(bytes.length + 1), 0, block);
}

function insertRun(bytes: Uint8Array, random: Random): Uint8Array {
  const block = new Uint8Array(1 + random.below(BLOCK_MAX)).fill(random.pick([0, 0xff, 0x20], 0));
  return replace(bytes, random.below(bytes.length + 1), 0, block);
}

function insertFromOther(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  const start = random.below(other.length + 1);
  const block = other.subarray(start, start + blockSize(random, other.length - start));
  return replace(bytes, random.below(bytes.length + 1), 0, block);
}

function splice(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  const head = random.below(bytes.length + 1);
  return replace(bytes, head, bytes.length - head, other.subarray(random.below(other.length + 1)));
}

function truncate(bytes: Uint8Array, random: Random): Uint8Array {
  return bytes.slice(0, random.below(bytes.length + 1));
}

/** Repeats are how a case gets its weight: cheap local edits more often than cuts. */
const MUTATIONS: readonly Mutation[] = [
  ...[flipBit, flipBit, setByte, setByte, addSmall, setEdgeInteger, setEdgeInteger, setEdgeInteger],
  ...[removeBlock, repeatBlock, insertNoise, insertRun, insertFromOther, splice, truncate],
];

function blockSize(random: Random, available: number): number {
  return random.below(Math.min(available, BLOCK_MAX) + 1);
}

function replace(bytes: Uint8Array, start: number, removed: number, block: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length - removed + block.length);
  result.set(bytes.subarray(0, start));
  result.set(block, start);
  result.set(bytes.subarray(start + removed), start + block.length);
  return result;
}
