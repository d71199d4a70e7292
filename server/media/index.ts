/** @module The vocabulary of coded media: tracks, samples, codecs. Pure. */
export type { MediaEvent, Sample } from './sample.ts';
export type { AudioTrack, Ticks, Track, TrackKind, VideoTrack } from './track.ts';
