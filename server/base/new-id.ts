import { assert } from './assert.ts';
import { base32, SORTED_ALPHABET } from './base32.ts';

/** 48 bits of milliseconds, as in UUIDv7 (RFC 9562 section 5.7), then 72 of chance. */
const TIME_BYTES = 6;
const CHANCE_BYTES = 9;

/**
 * An identifier such as `usr_23of3…`: its kind, then 24 characters that grow with time, so that
 * those made later sort behind those made before. `random` must be cryptographically strong.
 */
export function newId(
  prefix: string,
  epochMs: number,
  random: (size: number) => Uint8Array,
): string {
  assert(/^[a-z]{2,8}$/.test(prefix), `Cannot make an id: ${prefix} is no prefix`);
  const bytes = new Uint8Array(TIME_BYTES + CHANCE_BYTES);
  let rest = Math.floor(epochMs);
  for (let index = TIME_BYTES - 1; index >= 0; index -= 1) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random(CHANCE_BYTES), TIME_BYTES);
  return `${prefix}_${base32(bytes, SORTED_ALPHABET)}`;
}
