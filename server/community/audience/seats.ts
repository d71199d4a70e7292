/**
 * Who watches one stream, one by one, up to a named number of them.
 *
 * A viewer is a page, known by its session, or a player that only fetches playlists, known by its
 * device. A page's own player fetches playlists as well, from the same device: such a device is
 * covered, and no viewer beside its pages.
 *
 * I1. `#alone` is how many devices no page covers.
 * I2. Both maps are in the order in which their members were seen last.
 */
import type { MemberHash } from './sketch.ts';

/** How long who was seen counts, in seconds. */
export const VIEWER_TIMEOUT_S = 30;
/** The same in milliseconds. */
export const TIMEOUT_MS = VIEWER_TIMEOUT_S * 1000;
/** Pages, and likewise devices, that are known one by one. Fewer than 1,000 viewers always fit. */
export const MOST_SEATS = 1_024;

interface Page {
  readonly device: MemberHash;
  readonly seenMs: number;
}

/** See the top of the file. Times are monotonic milliseconds. */
export class Seats {
  readonly #pages = new Map<MemberHash, Page>();
  /** When each was seen last. */
  readonly #devices = new Map<MemberHash, number>();
  /** Pages on each device that has some. */
  readonly #covered = new Map<MemberHash, number>();
  #alone = 0;

  /** Viewers, as of the last `expire`. */
  get count(): number {
    return this.#pages.size + this.#alone;
  }

  /** Takes a page, again or for the first time; false when there is no room for one more. */
  page(session: MemberHash, device: MemberHash, nowMs: number): boolean {
    const known = this.#pages.get(session);
    if (known === undefined && this.#pages.size >= MOST_SEATS) return false;
    if (known?.device !== device) {
      this.#cover(device);
      if (known !== undefined) this.#leave(known.device);
    }
    this.#pages.delete(session);
    this.#pages.set(session, { device, seenMs: nowMs });
    return true;
  }

  /** A page has gone, and what its player fetched does not stay behind as another viewer. */
  left(session: MemberHash): void {
    const page = this.#pages.get(session);
    if (page === undefined) return;
    this.#pages.delete(session);
    this.#leave(page.device);
  }

  /** Takes a device, likewise. */
  device(device: MemberHash, nowMs: number): boolean {
    const isNew = !this.#devices.delete(device);
    if (isNew && this.#devices.size >= MOST_SEATS) return false;
    this.#devices.set(device, nowMs);
    if (isNew && !this.#covered.has(device)) this.#alone += 1;
    return true;
  }

  /** Forgets who was not seen for `TIMEOUT_MS`. */
  expire(nowMs: number): void {
    const limitMs = nowMs - TIMEOUT_MS;
    for (const [device, seenMs] of this.#devices) {
      if (seenMs > limitMs) break;
      this.#forgetDevice(device);
    }
    for (const [session, { device, seenMs }] of this.#pages) {
      if (seenMs > limitMs) break;
      this.#pages.delete(session);
      this.#uncover(device);
    }
  }

  /** Everybody, for those who begin to count in another way. */
  *members(): Iterable<
    | { readonly session: MemberHash; readonly device: MemberHash; readonly seenMs: number }
    | { readonly session: null; readonly device: MemberHash; readonly seenMs: number }
  > {
    for (const [session, page] of this.#pages) yield { session, ...page };
    for (const [device, seenMs] of this.#devices) yield { session: null, device, seenMs };
  }

  /** A page is not on this device any more, and what it fetched there was not somebody else. */
  #leave(device: MemberHash): void {
    this.#uncover(device);
    if (!this.#covered.has(device)) this.#forgetDevice(device);
  }

  #cover(device: MemberHash): void {
    const pages = this.#covered.get(device) ?? 0;
    this.#covered.set(device, pages + 1);
    if (pages === 0 && this.#devices.has(device)) this.#alone -= 1;
  }

  #uncover(device: MemberHash): void {
    const pages = this.#covered.get(device) ?? 0;
    if (pages > 1) {
      this.#covered.set(device, pages - 1);
      return;
    }
    this.#covered.delete(device);
    if (this.#devices.has(device)) this.#alone += 1;
  }

  #forgetDevice(device: MemberHash): void {
    if (this.#devices.delete(device) && !this.#covered.has(device)) this.#alone -= 1;
  }
}
