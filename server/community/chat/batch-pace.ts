/**
 * When a room sends what has come in: at once while little does, and in batches when a message each
 * would cost more than it is worth. A batch costs each socket one write, however much is in it.
 */

/** Writes a second below which each message is sent by itself. */
const QUIET_WRITES = 2_000;
/** Messages a second above which there are batches however few read: else nothing could be sampled. */
const QUIET_MESSAGES = 50;
/** Writes a second at which batches are as far apart as they may be. */
const BUSY_WRITES = 200_000;
/** Milliseconds between two batches. Sending one takes most of that again, and 250 are the limit. */
const SHORTEST_MS = 50;
const LONGEST_MS = 120;
/** How much of the time between two batches a large one is spread over. The rest is kept free. */
const SPREAD = 0.75;
/** What is sampled above. A person reads a few a second; programs and benches read them all. */
export const MOST_SHOWN_PER_SECOND = 250;
/** Over how long the rate is judged. */
const WINDOW_MS = 1000;

/** The pace of one room. */
export class BatchPace {
  /** Messages in the present window, and in the one before it. */
  #count = 0;
  #before = 0;
  #windowMs = 0;
  #lastSentMs = Number.NEGATIVE_INFINITY;
  /** Milliseconds until the last batch was sent, with all that went before its slices. */
  #tookMs = 0;
  #allowance = MOST_SHOWN_PER_SECOND;
  #allowedMs = 0;

  /** An entry came in. Returns milliseconds until the batch it is in is to be sent; 0: now. */
  arrived(nowMs: number, sockets: number): number {
    this.#roll(nowMs);
    this.#count += 1;
    return this.delayMs(nowMs, sockets);
  }

  /** Milliseconds until the next batch may be sent. */
  delayMs(nowMs: number, sockets: number): number {
    const rate = this.#rate(nowMs);
    const writes = rate * sockets;
    if (writes <= QUIET_WRITES && rate <= QUIET_MESSAGES) return 0;
    const interval = intervalMs(writes);
    const apartMs = Math.max(interval, this.#tookMs + (1 - SPREAD) * interval);
    return Math.max(0, this.#lastSentMs + apartMs - nowMs);
  }

  /** Milliseconds over which a large batch that is sent now is to be spread. */
  spreadMs(nowMs: number, sockets: number): number {
    return SPREAD * intervalMs(this.#rate(nowMs) * sockets);
  }

  /** A batch of `size` is sent. Returns how many messages of it may be shown to everybody. */
  sent(nowMs: number, size: number): number {
    const grownMs = Math.max(0, nowMs - this.#allowedMs);
    this.#allowedMs = nowMs;
    this.#allowance = Math.min(
      MOST_SHOWN_PER_SECOND,
      this.#allowance + (grownMs * MOST_SHOWN_PER_SECOND) / 1000,
    );
    this.#lastSentMs = nowMs;
    const shown = Math.min(size, Math.floor(this.#allowance));
    this.#allowance -= shown;
    return shown;
  }

  /** The batch that was sent last is with everybody, or given up. */
  done(nowMs: number): void {
    this.#tookMs = nowMs - this.#lastSentMs;
  }

  #roll(nowMs: number): void {
    const passedMs = nowMs - this.#windowMs;
    if (passedMs < WINDOW_MS) return;
    this.#before = passedMs < 2 * WINDOW_MS ? this.#count : 0;
    this.#count = 0;
    this.#windowMs = nowMs;
  }

  /** Messages a second: those of this window, and of the last as much as it is still in sight. */
  #rate(nowMs: number): number {
    const share = 1 - (nowMs - this.#windowMs) / WINDOW_MS;
    return this.#count + this.#before * Math.max(0, share);
  }
}

function intervalMs(writes: number): number {
  const share = (writes - QUIET_WRITES) / (BUSY_WRITES - QUIET_WRITES);
  return SHORTEST_MS + Math.min(1, Math.max(0, share)) * (LONGEST_MS - SHORTEST_MS);
}
