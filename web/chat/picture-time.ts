/** Until when messages are shown: those that are there, or those that belong to the picture on screen. */
import { shownUntilMs } from './in-step.ts';

/** What is known of the picture. */
export interface PictureSight {
  /** When the picture on screen was taken, by the server's clock; null: there is none, or not known. */
  readonly pictureMs: () => number | null;
  /** Whether the viewer has left live: what is shown then belongs to the picture, as long as they like it so. */
  readonly isAway: () => boolean;
}

/** See the top of the file. Milliseconds since the epoch. */
export class PictureTime {
  readonly #sight: PictureSight;
  #untilMs: number | null = null;
  /** Set by who left live and wants to read what is said now, until they are back. */
  #wantsNewest = false;

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
    this.#wantsNewest = !inStep;
  }

  /** Looks at the picture; `inStep`: messages are to be shown with it also where it is live. */
  look(inStep: boolean, nowMs: number): number | null {
    const isAway = this.#sight.isAway();
    if (!isAway) this.#wantsNewest = false;
    const isFollowing = inStep || (isAway && !this.#wantsNewest);
    const pictureMs = isFollowing ? this.#sight.pictureMs() : null;
    if (pictureMs === null) {
      this.#untilMs = null;
    } else {
      // Who pauses keeps what they read: it is of a moment after the picture.
      const beforeMs = this.#untilMs ?? (inStep ? null : nowMs);
      this.#untilMs = shownUntilMs(beforeMs, pictureMs);
    }
    return this.#untilMs;
  }
}
