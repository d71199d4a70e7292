/** RFC 4648 section 6, in lower case: no letter that reads like a digit (0, 1, 8, 9 are absent). */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Writes bytes five bits a character, without padding; the last character is filled with zeros. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let pending = 0;
  let pendingBits = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    pendingBits += 8;
    while (pendingBits >= 5) {
      pendingBits -= 5;
      text += ALPHABET.charAt((pending >>> pendingBits) & 31);
    }
    pending &= (1 << pendingBits) - 1;
  }
  if (pendingBits > 0) text += ALPHABET.charAt((pending << (5 - pendingBits)) & 31);
  return text;
}
