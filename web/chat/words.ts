/** What the panel says of settings and times. */
import type { ChatSettings } from '../../contract/index.ts';

const SECOND_MS = 1_000;
const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** A short time to wait: "7 s", "3 min", "2 h", "5 days"; begun ones count whole. */
export function secondsText(waitMs: number): string {
  const seconds = Math.ceil(waitMs / SECOND_MS);
  if (seconds < 2 * MINUTE_S) return `${seconds} s`;
  if (seconds < 2 * HOUR_S) return `${Math.ceil(seconds / MINUTE_S)} min`;
  if (seconds < 2 * DAY_S) return `${Math.ceil(seconds / HOUR_S)} h`;
  return `${Math.ceil(seconds / DAY_S)} days`;
}

/** How long a setting is, exactly, in the longest unit that divides it: "90 s", "10 min", "1 day". */
export function durationText(seconds: number): string {
  const days = seconds / DAY_S;
  if (Number.isInteger(days)) return days === 1 ? '1 day' : `${days} days`;
  if (seconds % HOUR_S === 0) return `${seconds / HOUR_S} h`;
  return seconds % MINUTE_S === 0 ? `${seconds / MINUTE_S} min` : `${seconds} s`;
}

/** How often each may write, as a setting. */
export function slowText(seconds: number): string {
  return seconds === 0 ? 'Off' : durationText(seconds);
}

/** Who may write by following, as a setting; null: also who does not. */
export function audienceText(minutes: number | null): string {
  if (minutes === null) return 'Everybody';
  return minutes === 0 ? 'Followers' : `Followers for ${durationText(minutes * MINUTE_S)}`;
}

/** Who may write, and how, in a few words; empty when everybody may, as they like. */
export function modesText({
  settings: { value: settings },
}: {
  readonly settings: { readonly value: ChatSettings | null };
}): string {
  if (settings === null) return '';
  const { slowModeS, subscribersOnly, followersOnlyMinutes, emoteOnly, uniqueChat } = settings;
  const words = [
    settings.shield ? 'Shield mode' : '',
    slowModeS > 0 ? `Slow mode: ${durationText(slowModeS)}` : '',
    subscribersOnly ? 'Subscribers only' : '',
    followersText(followersOnlyMinutes),
    emoteOnly ? 'Emotes only' : '',
    uniqueChat ? 'No repeats' : '',
  ];
  return words.filter((word) => word !== '').join(' · ');
}

function followersText(minutes: number | null): string {
  if (minutes === null) return '';
  if (minutes === 0) return 'Followers only';
  return `Followers only, after ${durationText(minutes * MINUTE_S)}`;
}
