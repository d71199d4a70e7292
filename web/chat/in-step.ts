/** Which lines belong to the picture on screen. */
import type { ChatMessage } from '../../contract/index.ts';
import type { FeedLine } from './chat-feed.ts';
import type { ReplayPlace } from './replay-book.ts';

/** Lines that are shown at once. */
export const MOST_SHOWN = 200;
/** A picture that is earlier by less than this is the same moment, seen after a stutter. Milliseconds. */
export const STUTTER_MS = 2_000;

/**
 * Until when messages are shown, by when the picture on screen was taken: what was shown is not
 * taken away again, unless the viewer has gone back. Milliseconds since the epoch.
 */
export function shownUntilMs(beforeMs: number | null, pictureMs: number): number {
  if (beforeMs === null || pictureMs < beforeMs - STUTTER_MS) return pictureMs;
  return Math.max(beforeMs, pictureMs);
}

/** The latest lines; with `untilMs`, those that were there by then. */
export function shownLines(
  lines: readonly FeedLine[],
  untilMs: number | null,
): readonly FeedLine[] {
  if (untilMs === null) return lines.slice(-MOST_SHOWN);
  let end = lines.length;
  while (end > 0 && (lines[end - 1]?.atMs ?? 0) > untilMs) end -= 1;
  return lines.slice(Math.max(0, end - MOST_SHOWN), end);
}

/** Lines that came after those that somebody who reads back has before them. */
export function countBehind(latest: readonly FeedLine[], still: readonly FeedLine[]): number {
  const lastKey = still.at(-1)?.key;
  const index = latest.findLastIndex(({ key }) => key === lastKey);
  return latest.length - 1 - index;
}

/** Whether the same lines are shown. */
export function isSame(one: readonly FeedLine[], other: readonly FeedLine[]): boolean {
  return (
    one === other || (one.length === other.length && one.every((line, i) => line === other[i]))
  );
}

/** Where in a broadcast a picture is, by what the lines tell of it; null when they tell nothing. */
export function placeOf(lines: readonly FeedLine[], pictureMs: number): ReplayPlace | null {
  let last: ChatMessage | undefined;
  let first: ChatMessage | undefined;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index];
    if (line?.kind !== 'message' || line.message.broadcastId === null) continue;
    last ??= zeroMsOf(line.message) <= pictureMs ? line.message : undefined;
    if (last?.broadcastId === line.message.broadcastId) first = line.message;
  }
  if (last === undefined || first === undefined || last.broadcastId === null) return null;
  const mediaS = (pictureMs - zeroMsOf(last)) / 1_000;
  return { broadcastId: last.broadcastId, mediaS, liveFromS: first.streamTime };
}

/** When media time was zero: a message tells both of its times. Milliseconds since the epoch. */
function zeroMsOf({ timestamp, streamTime }: ChatMessage): number {
  return Date.parse(timestamp) - streamTime * 1_000;
}
