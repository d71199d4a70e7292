/**
 * Lets hls.js join within the first segment of a broadcast. It takes no playlist without a whole segment: it would fail,
 * start over, and fail again until there is one. So a playlist that lists parts alone gets a segment before them that is
 * marked as missing (EXT-X-GAP), under the number before theirs; hls.js then follows the broadcast and begins to play
 * the moment the first segment is whole.
 */

/** What is to be done with a playlist. */
export type EarlyPlaylist =
  /** It needs nothing. */
  | { readonly kind: 'ready'; readonly text: string }
  /** It lists too little to start with; ask again for this part of the open segment. */
  | { readonly kind: 'early'; readonly mediaSequenceNumber: number; readonly part: number };

/**
 * How far behind the first frame playback has to begin: up to 0.25 s after a segment's end hls.js still takes that
 * segment for the one to load (`maxFragLookUpTolerance`), and here it is the missing one.
 */
const START_MARGIN_S = 0.26;
const PART = /^#EXT-X-PART:.*$/gm;
const STARTS_SEGMENT = /^#EXT-X-(?:DISCONTINUITY$|MAP:|PROGRAM-DATE-TIME:|PART:)/m;

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
  return { kind: 'ready', text: withGap(text, mediaSequenceNumber) };
}

function withGap(text: string, mediaSequenceNumber: number): string {
  const durationS = numberAfter(text, '#EXT-X-TARGETDURATION:');
  const gap = `#EXT-X-GAP\n#EXTINF:${durationS},\nmissing\n`;
  const at = text.search(STARTS_SEGMENT);
  const header = text
    .slice(0, at)
    .replace(/(#EXT-X-MEDIA-SEQUENCE:)\d+/, `$1${mediaSequenceNumber - 1}`);
  return header + gap + text.slice(at);
}

/** The decimal number right after `label`; NaN when there is none. */
function numberAfter(text: string, label: string): number {
  const at = text.indexOf(label);
  return at < 0
    ? Number.NaN
    : Number.parseFloat(text.slice(at + label.length, at + label.length + 20));
}
