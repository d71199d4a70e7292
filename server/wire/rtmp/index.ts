/** @module The server's side of an RTMP connection, for publishers: bytes in, events and bytes to send out. */
export type { AmfCodec, AmfMap, AmfValue } from './amf.ts';
export type { EnhancedCapabilities } from './answer.ts';
export type { MediaKind, RtmpEvent } from './event.ts';
export type { HmacSha256, RandomBytes } from './handshake.ts';
export { DEFAULT_RTMP_LIMITS, type RtmpLimits } from './limits.ts';
export { RtmpSession, type RtmpSessionOptions } from './session.ts';
export { TimestampUnwrapper } from './timestamp.ts';
