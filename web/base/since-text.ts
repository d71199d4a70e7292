const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
const DAY_HOURS = 24;

/** How long something has lasted, for a reader: "just now", "12 min", "3 h 05 min", "2 days". */
export function sinceText(startedAt: string, nowMs: number): string {
  const minutes = Math.max(0, Math.floor((nowMs - Date.parse(startedAt)) / MINUTE_MS));
  if (!Number.isFinite(minutes)) return '';
  if (minutes === 0) return 'just now';
  if (minutes < HOUR_MINUTES) return `${minutes} min`;
  const hours = Math.floor(minutes / HOUR_MINUTES);
  if (hours >= 2 * DAY_HOURS) return `${Math.floor(hours / DAY_HOURS)} days`;
  return `${hours} h ${String(minutes % HOUR_MINUTES).padStart(2, '0')} min`;
}
