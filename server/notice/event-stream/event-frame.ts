/** The text of server-sent events (WHATWG HTML, section 9.2). */
import { type KeptEvent, viewOfEvent } from '../../store/sql/index.ts';

/** How soon a browser comes back when the connection was lost. */
const RECONNECT_MS = 2000;

/** What a stream begins with. */
export const STREAM_START = `retry: ${RECONNECT_MS}\n\n`;

/** One event. JSON has no line ends, so a single `data` line holds it. */
export function eventFrame(event: KeptEvent): string {
  const { position, type } = event;
  return `id: ${position}\nevent: ${type}\ndata: ${JSON.stringify(viewOfEvent(event))}\n\n`;
}

/**
 * Says that the connection lives, and moves the reader's position past events that are not for it.
 * Without data, nothing is dispatched to the page.
 */
export function heartbeatFrame(position: number): string {
  return `: heartbeat\nid: ${position}\n\n`;
}

/** Tells a reader that was away for too long that events behind `after` are not kept any more. */
export function lostFrame(after: number): string {
  return `event: events.lost\ndata: ${JSON.stringify({ after })}\n\n`;
}
