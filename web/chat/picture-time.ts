/** Until when messages are shown: those that are there, or those that belong to the picture on screen. */
import { STUTTER_MS, shownUntilMs } from './in-step.ts';

/** What is known of the picture. */
export interface PictureSight {
  /** When the picture on screen was taken, by the server's clock; null: there is none, or not known. */
  readonly pictureMs: () => number | null;
  /** Whether the viewer has left live: what is shown then belongs to the picture, as long as they like it so. */
  readonly isAway: () => boolean;
  /** The server's clock. */
  readonly serverMs: () => number;
}

/** See the top of the file. Milliseconds since the epoch. */
export class PictureTime {
  readonly #sight: PictureSight;
  #untilMs: number | null = null;
  /** Set by who left live and wants to read what is said now, until they are back. */
  #wantsNewest = false;
  /** How long ago a live picture was taken. */
  #liveLagMs = 0;
  /** What somebody who paused has read by then, until their picture is there, or they go back. */
  #read: { readonly untilMs: number; readonly pictureMs: number } | null = null;

  constructor(sight: PictureSight) {
    this.#sight = sight;
  }

  /** Null: all that is there is shown. */
  get untilMs(): number | null {
    return this.#untilMs;
  }

  /** The viewer chose: messages with their picture, or as they come. */
  choose(inStep: boolean): void {
    this.#untilMs = null;
    this.#read = null;
    this.#wantsNewest = !inStep;
  }

  /** Looks at the picture; `inStep`: messages are to be shown with it also where it is live. */
  look(inStep: boolean): number | null {
    const nowMs = this.#sight.serverMs();
    const isAway = this.#sight.isAway();
    const pictureMs = this.#sight.pictureMs();
    if (!isAway) {
      this.#wantsNewest = false;
      this.#read = null;
      if (pictureMs !== null) this.#liveLagMs = nowMs - pictureMs;
    }
    const isFollowing = inStep || (isAway && !this.#wantsNewest);
    if (pictureMs === null || !isFollowing) {
      this.#untilMs = null;
      return null;
    }
    // Who pauses keeps what they read: it is of a moment after the picture.
    const hasPaused = pictureMs >= nowMs - this.#liveLagMs - STUTTER_MS;
    if (!inStep && this.#untilMs === null && hasPaused) this.#read = { untilMs: nowMs, pictureMs };
    this.#untilMs = this.#readUntilMs(pictureMs) ?? shownUntilMs(this.#untilMs, pictureMs);
    return this.#untilMs;
  }

  #readUntilMs(pictureMs: number): number | undefined {
    const read = this.#read;
    if (read === null) return undefined;
    if (pictureMs < read.untilMs && pictureMs >= read.pictureMs - STUTTER_MS) return read.untilMs;
    this.#read = null;
    return undefined;
  }
}
