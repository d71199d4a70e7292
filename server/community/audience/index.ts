/** @module The audience of streams: who watches, counted once each, however their player asks. */
export { Audience, type StreamAudience } from './audience.ts';
export { SqlAudienceStore } from './audience-store.ts';
export type { BroadcastAudience } from './broadcast-tally.ts';
export { LocalPresence } from './presence.ts';
export { RedisPresence } from './redis-presence.ts';
export { VIEWER_TIMEOUT_S } from './seats.ts';
export { ViewerHashes } from './viewer-hashes.ts';
