/** @module WebVTT (W3C) as it names thumbnails for scrub bars: cues to text. Pure. */
export { type ThumbnailCue, type ThumbnailTrack, writeThumbnails } from './thumbnails.ts';
