/** RFC 4648 section 6, in lower case: no letter that reads like a digit (0, 1, 8, 9 are absent). */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** The same characters in the order of text, in which digits stand before letters. */
export const SORTED_ALPHABET = '234567abcdefghijklmnopqrstuvwxyz';

/**
 * Writes bytes five bits a character, without padding; the last character is filled with zeros.
 * By `SORTED_ALPHABET`, texts of the same length sort as their bytes do.
 */
export function base32(bytes: Uint8Array, alphabet = ALPHABET): string {
  let text = '';
  let pending = 0;
  let pendingBits = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    pendingBits += 8;
    while (pendingBits >= 5) {
      pendingBits -= 5;
      text += alphabet.charAt((pending >>> pendingBits) & 31);
    }
    pending &= (1 << pendingBits) - 1;
  }
  if (pendingBits > 0) text += alphabet.charAt((pending << (5 - pendingBits)) & 31);
  return text;
}
