/** What a seek bar says of a place on it, to who looks and to who listens. */
import type { SeekView } from './seek-scale.ts';

const MINUTE_S = 60;
const HOUR_S = 3_600;
/** So close to live the engine takes who goes there for live, in seconds. */
const LIVE_WITHIN_S = 2;

/** A length of time as a clock shows it: "1:23", "1:02:03". */
export function clockText(lengthS: number): string {
  const whole = Math.max(0, Math.round(lengthS));
  const minutes = Math.floor((whole % HOUR_S) / MINUTE_S);
  const seconds = pad(whole % MINUTE_S);
  if (whole < HOUR_S) return `${minutes}:${seconds}`;
  return `${Math.floor(whole / HOUR_S)}:${pad(minutes)}:${seconds}`;
}

/** A place on the bar, by its distance to the right end: "-1:23" or "Live", and the time from the start of a whole. */
export function placeText(behindS: number, { isLive, spanS }: SeekView): string {
  if (!isLive) return clockText(spanS - behindS);
  return behindS <= LIVE_WITHIN_S ? 'Live' : `-${clockText(behindS)}`;
}

/** The same in a sentence's words. */
export function placePhrase(behindS: number, { isLive, spanS }: SeekView): string {
  if (!isLive) return `${lengthPhrase(spanS - behindS)} of ${lengthPhrase(spanS)}`;
  return behindS <= 0 ? 'Live' : `${lengthPhrase(behindS)} behind live`;
}

/** A length of time for who listens: "1 hour 2 minutes 3 seconds". */
export function lengthPhrase(lengthS: number): string {
  const whole = Math.max(0, Math.round(lengthS));
  const counts = [
    [Math.floor(whole / HOUR_S), 'hour'],
    [Math.floor((whole % HOUR_S) / MINUTE_S), 'minute'],
    [whole % MINUTE_S, 'second'],
  ] as const;
  const said = counts.filter(([count]) => count > 0);
  if (said.length === 0) return '0 seconds';
  return said.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ');
}

function pad(count: number): string {
  return String(count).padStart(2, '0');
}
