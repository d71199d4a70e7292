/** Reads what hls.js and the video element tell, for the engine. */
import { type ErrorData, ErrorDetails, type Level, type LevelDetails } from 'hls.js';

/** Seconds that are buffered from the playhead on. */
export function bufferedAheadS({ buffered, currentTime }: HTMLVideoElement): number {
  for (let i = 0; i < buffered.length; i += 1) {
    if (buffered.start(i) <= currentTime && currentTime < buffered.end(i)) {
      return buffered.end(i) - currentTime;
    }
  }
  return 0;
}

/** Whether the newest media that the playlist lists is a gap: a part of it tells before the segment does. */
export function endsMissing({ fragments, partList }: LevelDetails): boolean {
  const segment = fragments.at(-1);
  const part = partList?.at(-1);
  const partIsNewest = part !== undefined && part.fragment.sn >= (segment?.sn ?? 0);
  return partIsNewest ? part.gap : segment?.gap === true;
}

/** Whether a playlist could not be had, other than the multivariant one. */
export function isPlaylistError({ details }: ErrorData): boolean {
  return (
    details === ErrorDetails.LEVEL_LOAD_ERROR || details === ErrorDetails.AUDIO_TRACK_LOAD_ERROR
  );
}

/** What a viewer calls a quality: by the lines of the picture, or of an upright one laid down, as everywhere else. */
export function labelOf({ width, height, bitrate }: Level): string {
  return height > 0 ? `${Math.min(width, height)}p` : `${Math.round(bitrate / 1_000)} kbit/s`;
}
