/** @module Real-time transcoding: which rungs a source gets, and FFmpeg on a short leash. */
export { Transcoder } from './transcoder.ts';
export type {
  TranscoderObserver,
  TranscoderReading,
  TranscoderSettings,
} from './transcoder-settings.ts';
