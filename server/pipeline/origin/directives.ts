/** The Delivery Directives of RFC 8216bis 6.2.5 as a query states them. */
export interface Directives {
  readonly mediaSequenceNumber: number | undefined;
  readonly part: number | undefined;
  readonly skip: boolean;
}

/** No directive at all: the playlist as it is. */
export const NO_DIRECTIVES: Directives = {
  mediaSequenceNumber: undefined,
  part: undefined,
  skip: false,
};

const INTEGER = /^\d{1,16}$/;

/**
 * Reads `_HLS_msn`, `_HLS_part` and `_HLS_skip` from a query; other parameters say nothing about
 * the playlist and are passed over. Returns what is wrong with it as text when a directive is
 * malformed, repeated, or `_HLS_part` comes without `_HLS_msn`.
 */
export function parseDirectives(query: string): Directives | string {
  if (!query.includes('_HLS_')) return NO_DIRECTIVES;
  let mediaSequenceNumber: number | undefined;
  let part: number | undefined;
  let skip: string | undefined;
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    if (name === '_HLS_msn' || name === '_HLS_part') {
      const number = Number(value);
      if (!INTEGER.test(value) || !Number.isSafeInteger(number)) {
        return `${name} is not a non-negative integer`;
      }
      if ((name === '_HLS_msn' ? mediaSequenceNumber : part) !== undefined) {
        return `${name} is repeated`;
      }
      if (name === '_HLS_msn') mediaSequenceNumber = number;
      else part = number;
    } else if (name === '_HLS_skip') {
      if (skip !== undefined) return '_HLS_skip is repeated';
      if (value !== 'YES' && value !== 'v2') return '_HLS_skip is neither YES nor v2';
      skip = value;
    }
  }
  if (part !== undefined && mediaSequenceNumber === undefined) {
    return '_HLS_part needs _HLS_msn';
  }
  return { mediaSequenceNumber, part, skip: skip !== undefined };
}
