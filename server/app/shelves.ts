/** Where the stills of broadcasts lie: how often there is one, and how far back. */
import type { Log } from '../base/index.ts';
import { ThumbnailShelves, type ThumbnailShelvesSettings } from '../pipeline/thumbnails/index.ts';
import type { Configuration } from './config/index.ts';

/** Seconds of media from one thumbnail to the next. */
const INTERVAL_S = 5;
/** Thumbnails reach back as far as the window does, and at least so many seconds. */
const LEAST_HISTORY_S = 30 * 60;

/** The shelves of a server of this configuration. */
export function openShelves(
  { SLIDING_WINDOW_SIZE: segments, SEGMENT_DURATION: segmentS }: Configuration,
  makeSheet: ThumbnailShelvesSettings['makeSheet'],
  log: Log,
): ThumbnailShelves {
  const historyS = Math.max(segments * segmentS, LEAST_HISTORY_S);
  return new ThumbnailShelves({ intervalS: INTERVAL_S, historyS, makeSheet, log });
}
