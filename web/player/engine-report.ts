import type { Place } from './place.ts';

/** One rendition the viewer may choose. */
export interface Quality {
  /** What the choice is made by; -1 is none of them. */
  readonly id: number;
  /** As a viewer would call it, such as "720p". */
  readonly label: string;
}

/** Something the engine tells the page. */
export type EngineReport =
  | { readonly kind: 'picture' }
  | { readonly kind: 'steady' }
  /** `reason` is for whoever reads the console. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'mediaFailed'; readonly reason: string }
  | { readonly kind: 'tooEarly' }
  | { readonly kind: 'notLive' }
  | { readonly kind: 'playlistEnded' }
  /** Playback ran dry after it had begun. */
  | { readonly kind: 'rebuffer' }
  /** The renditions on offer, best first. */
  | { readonly kind: 'qualities'; readonly qualities: readonly Quality[] }
  /** The rendition that is played from here on; null when it has no picture. */
  | { readonly kind: 'playing'; readonly id: number | null }
  /** A regular look. */
  | {
      readonly kind: 'look';
      /** When the picture on screen was taken, epoch milliseconds; null: not known, or paused. */
      readonly captureMs: number | null;
      /** Whether live is out of reach, or was left. */
      readonly behind: boolean;
      /** Whether the viewer left live, by going back or by pausing. */
      readonly away: boolean;
      readonly place: Place | null;
    }
  /** What the viewer had gone back to is listed no more: playback moved to the oldest that is. */
  | { readonly kind: 'placeGone' }
  /** The browser allowed playback only without sound. */
  | { readonly kind: 'muted' };

/** A loaded player, from `openEngine` to `close`. */
export interface Engine {
  /** Restarts the browser's decoder, keeping the place. */
  recoverMedia(): void;
  /** When the picture on screen was taken, by the server's clock, in epoch milliseconds; null: not known. */
  readonly captureMs: number | null;
  /** Jumps to the live position and plays. */
  goLive(): void;
  /** Goes to so many seconds behind live, as far as that is listed; close to live is live. */
  seekTo(behindS: number): void;
  /** Goes forward by so many seconds, or back. */
  seekBy(deltaS: number): void;
  /** Plays one quality, or the best that fits with -1 and where that one is gone. */
  chooseQuality(id: number): void;
  /** Stops, and frees the video element for another engine. */
  close(): void;
}
