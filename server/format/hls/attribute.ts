import { assert } from '../../base/index.ts';

/** Digits after the point: a hundredth of a millisecond, finer than any media timescale in use. */
const DECIMAL_PLACES = 5;
const LEAST_DECIMAL_PLACES = 3;

/** A decimal-floating-point (RFC 8216bis 4.2) of `seconds`, with three to five places. */
export function decimal(seconds: number): string {
  const text = seconds.toFixed(DECIMAL_PLACES);
  let end = text.length;
  const least = end - (DECIMAL_PLACES - LEAST_DECIMAL_PLACES);
  while (end > least && text.charCodeAt(end - 1) === 0x30) end -= 1;
  return text.slice(0, end);
}

/**
 * A quoted-string (4.2). Whoever takes strings from outside has refused quotes and line breaks
 * by now; one that slipped through is our fault and must not become a playlist line.
 */
export function quoted(value: string): string {
  assert(!/["\r\n]/.test(value), 'quoted-string contains a quote or a line break');
  return `"${value}"`;
}

/** An attribute-list (4.2) without blanks after the commas, which strict parsers stumble over. */
export function attributeList(attributes: readonly (readonly [string, string])[]): string {
  return attributes.map(([name, value]) => `${name}=${value}`).join(',');
}
