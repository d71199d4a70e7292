/** @module Takes publishers: their connections, their media made clean, and who holds which stream. */
export { FlvDemuxer } from './flv-demuxer.ts';
export { FlvSource, type FlvSourceSettings } from './flv-source.ts';
export type { DropReason } from './flv-video-track.ts';
export { Normaliser } from './normaliser.ts';
export type { RawEvent, RawSample, SourceEvent } from './normaliser-input.ts';
export type { RepairReason } from './normaliser-repair.ts';
export { Publications, type PublicationsSettings } from './publications.ts';
export type {
  MediaSink,
  RtmpAuthorization,
  RtmpPublisher,
  RtmpPublishRequest,
} from './rtmp-connection.ts';
export { DEFAULT_RTMP_LISTENER_LIMITS, type RtmpListenerLimits } from './rtmp-limits.ts';
export { type RtmpCounters, RtmpListener, type RtmpListenerOptions } from './rtmp-listener.ts';
