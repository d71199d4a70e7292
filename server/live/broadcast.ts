import type { HealthCode } from '../../contract/index.ts';
import { MediaRing } from './media-ring.ts';
import { Presentation } from './presentation.ts';

/** How long an ended broadcast's playlists and media stay, so that viewers can finish. */
export const LINGER_MS = 60_000;

/** One going-live of a stream: its renditions and, for what is packaged here, their bytes. */
export class Broadcast {
  readonly id: string;
  readonly streamId: string;
  readonly startedEpochMs: number;
  readonly presentation = new Presentation();
  /** Wall-clock milliseconds of media time 0; undefined before the first segment is dated by it. */
  zeroEpochMs: number | undefined;
  /** What the owner of its encoder should be told, in words, by a code. */
  readonly advice = new Map<HealthCode, string>();
  readonly #media = new Map<string, MediaRing>();
  #endedAtMs: number | undefined;

  constructor(id: string, streamId: string, startedEpochMs: number) {
    this.id = id;
    this.streamId = streamId;
    this.startedEpochMs = startedEpochMs;
  }

  /** Monotonic milliseconds of its end; undefined while it is on air. */
  get endedAtMs(): number | undefined {
    return this.#endedAtMs;
  }

  /** The bytes of `rendition`, made on first use. */
  media(rendition: string): MediaRing {
    let ring = this.#media.get(rendition);
    if (ring === undefined) {
      ring = new MediaRing();
      this.#media.set(rendition, ring);
    }
    return ring;
  }

  /** The bytes of `rendition` if it has any. */
  findMedia(rendition: string): MediaRing | undefined {
    return this.#media.get(rendition);
  }

  /** Bytes held over all renditions. */
  get sizeBytes(): number {
    let total = 0;
    for (const ring of this.#media.values()) total += ring.sizeBytes;
    return total;
  }

  /** Ends every playlist. Idempotent. */
  end(nowMs: number): void {
    if (this.#endedAtMs !== undefined) return;
    this.#endedAtMs = nowMs;
    for (const ring of this.#media.values()) ring.end();
    this.presentation.end();
  }
}

/** All broadcasts that viewers can still reach: on air, or ended less than `LINGER_MS` ago. */
export class OnAir {
  readonly #byStream = new Map<string, Broadcast[]>();

  /** Puts `broadcast` on air as its stream's present one. */
  start(broadcast: Broadcast): void {
    const list = this.#byStream.get(broadcast.streamId) ?? [];
    list.push(broadcast);
    this.#byStream.set(broadcast.streamId, list);
  }

  /** The broadcast that is live on the stream; undefined when none is. */
  live(streamId: string): Broadcast | undefined {
    const last = this.#byStream.get(streamId)?.at(-1);
    return last?.endedAtMs === undefined ? last : undefined;
  }

  /** Of the broadcasts of the stream that can be reached, the last one that `suits`. */
  latest(streamId: string, suits: (broadcast: Broadcast) => boolean): Broadcast | undefined {
    return this.#byStream.get(streamId)?.findLast(suits);
  }

  find(streamId: string, broadcastId: string): Broadcast | undefined {
    return this.#byStream.get(streamId)?.find((broadcast) => broadcast.id === broadcastId);
  }

  /** Every reachable broadcast. */
  *all(): Iterable<Broadcast> {
    for (const list of this.#byStream.values()) yield* list;
  }

  /** Forgets broadcasts that ended `LINGER_MS` ago; returns them. */
  sweep(nowMs: number): Broadcast[] {
    const gone: Broadcast[] = [];
    for (const [streamId, list] of this.#byStream) {
      const kept = list.filter((broadcast) => {
        const expired =
          broadcast.endedAtMs !== undefined && broadcast.endedAtMs + LINGER_MS <= nowMs;
        if (expired) gone.push(broadcast);
        return !expired;
      });
      if (kept.length === 0) this.#byStream.delete(streamId);
      else if (kept.length < list.length) this.#byStream.set(streamId, kept);
    }
    return gone;
  }
}
