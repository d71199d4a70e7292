/** What a server that is alone has not told the others. */
import type { RoomNotice } from './bus.ts';

/** The oldest are dropped. */
const MOST_UNTOLD = 100;
/** Frames that say what the database has. */
const STORED: ReadonlySet<string> = new Set(['pinned', 'poll', 'automod']);

/**
 * Notices in the order in which they were told here. What the database has as well is not repeated:
 * others may have changed the same later. They are told to read it there.
 */
export class UntoldNotices {
  #hasChanges = false;
  #notices: RoomNotice[] = [];

  add(notice: RoomNotice): void {
    if (notice.type !== 'frame' || STORED.has(notice.frame.type)) this.#hasChanges = true;
    else this.#notices = [...this.#notices.slice(1 - MOST_UNTOLD), notice];
  }

  /** All of them, which are untold no more. */
  take(): readonly RoomNotice[] {
    const notices: RoomNotice[] = this.#hasChanges ? [{ type: 'reread' }] : [];
    notices.push(...this.#notices);
    this.#hasChanges = false;
    this.#notices = [];
    return notices;
  }
}
