import type { MemberHash } from './sketch.ts';

/** Who fetched a playlist once and may come again. */
const MOST_POLLERS = 10_000;
/** A player asks again within so long; a preview or a check by a program does not. */
const LONGEST_PAUSE_MS = 30_000;
/** And not at once, as who follows a redirection does. */
const SHORTEST_PAUSE_MS = 900;

/** Tells players that poll playlists from those who look at one once. */
export class Pollers {
  /** When each fetched a playlist first, oldest first. */
  readonly #since = new Map<string, number>();

  /** Whether this one polls. */
  polls(streamId: string, device: MemberHash, nowMs: number): boolean {
    const key = `${device}${streamId}`;
    const sinceMs = this.#since.get(key);
    if (sinceMs !== undefined && nowMs - sinceMs < LONGEST_PAUSE_MS) {
      return nowMs - sinceMs >= SHORTEST_PAUSE_MS;
    }
    this.#since.delete(key);
    this.#since.set(key, nowMs);
    if (this.#since.size > MOST_POLLERS) {
      const [oldest] = this.#since.keys();
      if (oldest !== undefined) this.#since.delete(oldest);
    }
    return false;
  }
}
