/** Who watches now, by stream: exact while they are few, an estimate of stated error above. */
import type { Clock } from '../../base/index.ts';
import { Seats, TIMEOUT_MS } from './seats.ts';
import { type MemberHash, SKETCH_ERROR } from './sketch.ts';
import { SketchRing } from './sketch-ring.ts';

/** Streams with viewers at once. */
const MOST_STREAMS = 10_000;
/** Streams at once with more viewers than are known one by one: 256 KiB each. */
const MOST_RINGS = 200;

/** How many watch. */
export interface Counted {
  readonly count: number;
  readonly isExact: boolean;
}

/** Nobody. */
export const NOBODY: Counted = { count: 0, isExact: true };

/** Percent by which a count may be wrong, one standard deviation. */
export function errorPercentOf({ isExact }: Counted): number {
  return isExact ? 0 : Math.round(10_000 * SKETCH_ERROR) / 100;
}

/** Who is there already. `session` is null for a device whose player fetches playlists. */
export interface Present {
  readonly session: MemberHash | null;
  readonly device: MemberHash;
}

/** See the top of the file. What is said to one server may take until its next `refresh` to count. */
export interface Presence {
  /** A page is there, still or since now. */
  page(streamId: string, session: MemberHash, device: MemberHash): void;
  /** A page has gone. */
  left(streamId: string, session: MemberHash, device: MemberHash): void;
  /** A player on this device fetches playlists. */
  device(streamId: string, device: MemberHash): void;
  /** As of the last refresh, as far as this server has to do with the stream. */
  count(streamId: string): Counted;
  /** The same of any stream. Never rejects. */
  ask(streamId: string): Promise<Counted>;
  /** Different viewers of a broadcast over all servers; 0 where others know no more than this one. */
  unique(streamId: string, broadcastId: string): number;
  /** Streams that somebody watches, or did until lately. */
  streams(): Iterable<string>;
  /** Those of a stream whom this server knows one by one. */
  present(streamId: string): Iterable<Present>;
  /** Forgets who has gone, and learns what other servers know. To be called about every second. */
  refresh(): Promise<void>;
}

interface Stream {
  readonly seats: Seats;
  /** There while, or until lately, not everybody had a seat. */
  ring: SketchRing | undefined;
  /** Monotonic milliseconds of when somebody had no seat last. */
  refusedMs: number;
  counted: Counted;
}

/** The presence of a server that is alone. */
export class LocalPresence implements Presence {
  readonly #clock: Clock;
  readonly #streams = new Map<string, Stream>();
  #rings = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  page(streamId: string, session: MemberHash, device: MemberHash): void {
    const nowMs = this.#clock.monotonicMs();
    const stream = this.#streamOf(streamId);
    if (stream === undefined) return;
    if (!stream.seats.page(session, device, nowMs)) this.#refuse(stream, nowMs);
    stream.ring?.page(session, device, nowMs);
    recount(stream);
  }

  left(streamId: string, session: MemberHash): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    stream.seats.left(session);
    stream.ring?.left(session, this.#clock.monotonicMs());
    recount(stream);
  }

  device(streamId: string, device: MemberHash): void {
    const nowMs = this.#clock.monotonicMs();
    const stream = this.#streamOf(streamId);
    if (stream === undefined) return;
    if (!stream.seats.device(device, nowMs)) this.#refuse(stream, nowMs);
    stream.ring?.device(device, nowMs);
    recount(stream);
  }

  count(streamId: string): Counted {
    return this.#streams.get(streamId)?.counted ?? NOBODY;
  }

  async ask(streamId: string): Promise<Counted> {
    return this.count(streamId);
  }

  unique(): number {
    return 0;
  }

  streams(): Iterable<string> {
    return this.#streams.keys();
  }

  present(streamId: string): Iterable<Present> {
    return this.#streams.get(streamId)?.seats.members() ?? [];
  }

  async refresh(): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    for (const [streamId, stream] of this.#streams) {
      const { seats, ring } = stream;
      seats.expire(nowMs);
      // Everybody who counts was seen within the timeout, and had a seat then.
      const isExact = stream.refusedMs + TIMEOUT_MS <= nowMs;
      if (isExact && ring !== undefined) {
        stream.ring = undefined;
        this.#rings -= 1;
      }
      stream.counted = isExact
        ? { count: seats.count, isExact }
        : { count: Math.max(seats.count, ring?.estimate(nowMs) ?? 0), isExact };
      if (isExact && seats.count === 0) this.#streams.delete(streamId);
    }
  }

  #streamOf(streamId: string): Stream | undefined {
    const known = this.#streams.get(streamId);
    if (known !== undefined) return known;
    if (this.#streams.size >= MOST_STREAMS) return undefined;
    const stream: Stream = {
      seats: new Seats(),
      ring: undefined,
      refusedMs: Number.NEGATIVE_INFINITY,
      counted: NOBODY,
    };
    this.#streams.set(streamId, stream);
    return stream;
  }

  /** From here on sketches count, beginning with everybody who has a seat. */
  #refuse(stream: Stream, nowMs: number): void {
    stream.refusedMs = nowMs;
    if (stream.ring !== undefined || this.#rings >= MOST_RINGS) return;
    this.#rings += 1;
    const ring = new SketchRing();
    for (const { session, device, seenMs } of stream.seats.members()) {
      if (session === null) ring.device(device, seenMs);
      else ring.page(session, device, seenMs);
    }
    stream.ring = ring;
  }
}

/** At once while everybody has a seat; estimates are made by `refresh`. */
function recount(stream: Stream): void {
  if (stream.ring !== undefined) return;
  const { count } = stream.seats;
  stream.counted = { count, isExact: stream.counted.isExact || count === 0 };
}
