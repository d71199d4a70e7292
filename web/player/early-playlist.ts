/**
 * Lets hls.js play within the first segment of a broadcast. It takes no playlist without a whole segment: it would fail,
 * start over, and fail again until there is one, two seconds in. So a playlist that lists parts alone gets a segment
 * before them, too short to be seen, under the number before theirs. Nothing of it is ever loaded: playback begins
 * within the parts, and once the server lists a whole segment its playlist is taken as it is.
 */

/** What is to be done with a playlist. */
export type EarlyPlaylist =
  /** It needs nothing. */
  | { readonly kind: 'ready'; readonly text: string }
  /** It lists too little to start with; ask again for this part of the open segment. */
  | { readonly kind: 'early'; readonly mediaSequenceNumber: number; readonly part: number };

/** How long the segment before the first is said to be: what hls.js still tells from nothing. Seconds. */
const LEAD_S = 0.01;
/** How far within the first segment playback has to begin, so that hls.js does not choose the one before. Seconds. */
const START_MARGIN_S = 0.05;
const PART = /^#EXT-X-PART:.*$/gm;
/** What belongs to the first part; the map before it holds for the segment that is put there, too. */
const STARTS_PART = /^#EXT-X-(?:PROGRAM-DATE-TIME:|PART:)/m;

/** Reads a media playlist as served; see the top of the file. */
export function prepareEarlyPlaylist(text: string): EarlyPlaylist {
  const parts = text.match(PART) ?? [];
  const mediaSequenceNumber = numberAfter(text, '#EXT-X-MEDIA-SEQUENCE:');
  const whole = /^#EXT(?:INF|-X-SKIP|-X-ENDLIST)/m.test(text);
  if (whole || parts.length === 0 || !(mediaSequenceNumber > 0)) return { kind: 'ready', text };
  const listedS = parts.reduce((sum, part) => sum + numberAfter(part, 'DURATION='), 0);
  if (listedS < numberAfter(text, 'PART-HOLD-BACK=') + START_MARGIN_S) {
    return { kind: 'early', mediaSequenceNumber, part: parts.length };
  }
  return { kind: 'ready', text: withLead(text, mediaSequenceNumber) };
}

/** hls.js loads an open segment by its parts only when the first part listed is of a segment before it. */
function withLead(text: string, mediaSequenceNumber: number): string {
  const address = /^#EXT-X-PART:.*URI="([^"]+)"/m.exec(text)?.[1];
  const part = `#EXT-X-PART:DURATION=${LEAD_S / 2},URI="${address}"`;
  const at = text.search(STARTS_PART);
  const header = text
    .slice(0, at)
    .replace(/(#EXT-X-MEDIA-SEQUENCE:)\d+/, `$1${mediaSequenceNumber - 1}`);
  return `${header}${part}\n#EXTINF:${LEAD_S},\n${address}\n${text.slice(at)}`;
}

/** The decimal number right after `label`; NaN when there is none. */
function numberAfter(text: string, label: string): number {
  const at = text.indexOf(label);
  return at < 0
    ? Number.NaN
    : Number.parseFloat(text.slice(at + label.length, at + label.length + 20));
}
