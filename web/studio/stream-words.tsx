/** A stream's state in words. */
import type { VNode } from 'preact';
import type { StreamView } from '../../contract/index.ts';
import { dayOf, momentOf, sinceText } from '../base/index.ts';

const WORDS = {
  scheduled: 'Scheduled',
  idle: 'Off air',
  live: 'Live',
  reconnecting: 'Reconnecting',
  ended: 'Off air',
} as const;

/** The state of a stream as a badge. */
export function StatusBadge({ stream }: { readonly stream: StreamView }): VNode {
  const { status, disabled } = stream;
  if (status === 'live') return <span class="badge">Live</span>;
  const tone = status === 'reconnecting' ? { 'data-wait': true } : { 'data-off': true };
  return (
    <span class="badge" {...tone}>
      {disabled ? 'Disabled' : WORDS[status]}
    </span>
  );
}

/** Whether a stream is on air, be it without its encoder. */
export function isOnAir({ status }: StreamView): boolean {
  return status === 'live' || status === 'reconnecting';
}

/** What there is to say beside the badge. */
export function standing(stream: StreamView, nowMs: number): string {
  const { scheduledStart, startedAt, endedAt, viewerCount, quality, once } = stream;
  if (isOnAir(stream)) {
    const since = startedAt === null ? '' : sinceText(startedAt, nowMs);
    return [since === 'just now' ? 'since just now' : `for ${since}`, quality, viewers(viewerCount)]
      .filter((word) => word !== null)
      .join(' · ');
  }
  if (stream.status === 'scheduled' && scheduledStart !== null) {
    return `begins ${momentOf(scheduledStart)}`;
  }
  if (endedAt === null) return 'never live yet';
  if (stream.cutOff) return `cut off by a stop of the server, ${momentOf(endedAt)}`;
  return once ? `was live on ${dayOf(endedAt)}, once` : `last live ${momentOf(endedAt)}`;
}

function viewers(count: number): string {
  if (count === 0) return 'no viewers';
  return count === 1 ? '1 viewer' : `${count} viewers`;
}
