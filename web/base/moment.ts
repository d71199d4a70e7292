const SECOND_MS = 1_000;
const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** A day as the reader's language writes it. */
export function dayOf(time: string): string {
  return new Date(time).toLocaleDateString(undefined, { dateStyle: 'medium' });
}

/** A day and the time of it, as the reader's language writes them. */
export function momentOf(time: string): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** The end of a day of the reader's calendar, such as `2026-11-21`, as the API takes a time. */
export function endOfDay(day: string): string {
  return new Date(`${day}T23:59:59.999`).toISOString();
}

/** The reader's present day, as a field of dates takes it: `2026-11-21`. */
export function today(): string {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(twoDigits).join('-');
}

/** How long until `time`: "3 days 04:05:06", "04:05:06", "05:06"; empty when it has come. */
export function countdownText(time: string, nowMs: number): string {
  const seconds = Math.ceil((Date.parse(time) - nowMs) / SECOND_MS);
  if (!(seconds > 0)) return '';
  const days = Math.floor(seconds / DAY_S);
  const hours = Math.floor((seconds % DAY_S) / HOUR_S);
  const clock = [Math.floor((seconds % HOUR_S) / MINUTE_S), seconds % MINUTE_S];
  const text = (seconds < HOUR_S ? clock : [hours, ...clock]).map(twoDigits).join(':');
  return days === 0 ? text : `${days === 1 ? '1 day' : `${days} days`} ${text}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
