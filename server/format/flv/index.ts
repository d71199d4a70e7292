/** @module FLV audio and video message bodies, legacy and Enhanced RTMP, to configs and frames. Pure. */
export { parseAudioBody } from './audio-body.ts';
export type {
  FlvAudioCodec,
  FlvBody,
  FlvConfig,
  FlvFrame,
  FlvTracks,
  FlvVideoCodec,
  IgnoredReason,
} from './body.ts';
export { parseVideoBody } from './video-body.ts';
