/**
 * Readers of server-sent events. Each holds a position and is sent what lies behind it, a page at
 * a time and no faster than it reads, so that there is no queue that could grow.
 */

import type { Refusal } from '../../../contract/index.ts';
import type { Clock, Log } from '../../base/index.ts';
import type { EventFilter, EventTail } from '../../store/sql/index.ts';
import { eventFrame, heartbeatFrame, lostFrame, STREAM_START } from './event-frame.ts';

/** Proxies close what is silent for a minute. */
export const HEARTBEAT_MS = 15_000;
/** For so long at most a reader is sent events without being looked at whether it still may. */
export const RECHECK_MS = 5_000;
/** A reader that takes nothing for so long is let go: it comes back for the rest. */
export const STALL_MS = 15_000;
/** Readers at once. */
const MOST_READERS = 1000;
/** Readers of one account among them. */
export const MOST_READERS_OF_ONE = 10;
const PAGE_EVENTS = 100;

/** Where a reader's text goes. */
export interface EventSink {
  /** False when no more is to be written before `drained` resolves. */
  write(text: string): boolean;
  /** Resolves when what was written is on its way, or the reader has gone. */
  drained(): Promise<void>;
  end(): void;
}

/** Who reads what. */
export interface EventReader {
  /** By whom readers are counted: a user with all their tokens, the operator. */
  readonly principal: string;
  readonly filter: EventFilter;
  /** Position behind which to begin; undefined: from now on. */
  readonly after: number | undefined;
  /** Whether it may still read: asked again before events and heartbeats, every `RECHECK_MS` at most. */
  readonly isAllowed: () => Promise<boolean>;
  /** Aborted when the connection is gone. */
  readonly gone: AbortSignal;
}

/** What the streams need. */
export interface EventStreamsSettings {
  readonly tail: EventTail;
  readonly clock: Clock;
  readonly log: Log;
}

/** See the top of the file. */
export class EventStreams {
  readonly #tail: EventTail;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #readers = new Map<string, number>();
  readonly #closing = new AbortController();
  #total = 0;

  constructor({ tail, clock, log }: EventStreamsSettings) {
    this.#tail = tail;
    this.#clock = clock;
    this.#log = log;
  }

  /** Readers now. */
  get readers(): number {
    return this.#total;
  }

  /** Why another reader of `principal` cannot be taken; undefined when it can. */
  refusal(principal: string): Refusal | undefined {
    const own = this.#readers.get(principal) ?? 0;
    if (own >= MOST_READERS_OF_ONE) {
      const detail = `Cannot follow events: ${own} connections of yours do already`;
      return { refused: 'too_many_requests', detail };
    }
    if (this.#total < MOST_READERS && !this.#closing.signal.aborted) return undefined;
    return { refused: 'too_many_readers', detail: 'Cannot follow events: too many others do' };
  }

  /** Sends events until the reader has gone or may not read any more, then ends the sink. */
  async serve(reader: EventReader, sink: EventSink): Promise<void> {
    const { principal, gone } = reader;
    this.#total += 1;
    this.#readers.set(principal, (this.#readers.get(principal) ?? 0) + 1);
    try {
      await this.#pump(reader, sink, AbortSignal.any([gone, this.#closing.signal]));
    } catch (error) {
      // Without the database nobody can be sent anything: the reader comes back by itself.
      this.#log.debug({ error }, 'event stream ended');
    } finally {
      const left = (this.#readers.get(principal) ?? 1) - 1;
      if (left === 0) this.#readers.delete(principal);
      else this.#readers.set(principal, left);
      this.#total -= 1;
      sink.end();
    }
  }

  /** Ends every stream. */
  close(): void {
    this.#closing.abort();
  }

  async #pump(reader: EventReader, sink: EventSink, gone: AbortSignal): Promise<void> {
    const { filter, isAllowed } = reader;
    const begin = await this.#begin(reader.after);
    let { position } = begin;
    let isRoom = sink.write(begin.text);
    let checkedMs = this.#clock.monotonicMs();
    let writtenMs = checkedMs;
    while (!gone.aborted) {
      if (!isRoom && !(await this.#drain(sink, gone))) return;
      const changed = this.#tail.next();
      const newest = this.#tail.position;
      const page = await this.#tail.read({ after: position, limit: PAGE_EVENTS, filter });
      const nowMs = this.#clock.monotonicMs();
      position = page.at(-1)?.position ?? Math.max(position, newest);
      const isDue = page.length > 0 || nowMs - writtenMs >= HEARTBEAT_MS;
      if (isDue && nowMs - checkedMs >= RECHECK_MS) {
        if (!(await isAllowed()) || gone.aborted) return;
        checkedMs = nowMs;
      }
      if (isDue) {
        isRoom = sink.write(page.map(eventFrame).join('') || heartbeatFrame(position));
        writtenMs = nowMs;
      }
      if (page.length === PAGE_EVENTS) continue;
      // What happens to others wakes it as well, and must not put its own heartbeat off.
      await this.#within(writtenMs + HEARTBEAT_MS - nowMs, changed, gone);
    }
  }

  /** Where to begin, and what to say first. A position of another database may be any number. */
  async #begin(after: number | undefined): Promise<{ position: number; text: string }> {
    if (after === undefined) return { position: this.#tail.position, text: STREAM_START };
    const { oldest, newest } = await this.#tail.range();
    const isLost = after > 0 && after + 1 < oldest;
    return {
      position: Math.min(after, newest),
      text: STREAM_START + (isLost ? lostFrame(after) : ''),
    };
  }

  async #drain(sink: EventSink, gone: AbortSignal): Promise<boolean> {
    return (await this.#within(STALL_MS, sink.drained(), gone)) && !gone.aborted;
  }

  /** Whether `work` resolved within `limitMs`, before the reader was gone. */
  async #within(limitMs: number, work: Promise<void>, gone: AbortSignal): Promise<boolean> {
    const over = Promise.withResolvers<boolean>();
    const stop = (): void => over.resolve(false);
    const cancel = this.#clock.after(Math.max(0, limitMs), stop);
    if (gone.aborted) stop();
    gone.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([work.then(() => true), over.promise]);
    } finally {
      cancel();
      gone.removeEventListener('abort', stop);
    }
  }
}
