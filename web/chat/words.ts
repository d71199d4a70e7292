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
    slowModeS > 0 ? `Slow mode: ${secondsText(slowModeS * SECOND_MS)}` : '',
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
  return `Followers only, after ${secondsText(minutes * MINUTE_S * SECOND_MS)}`;
}
