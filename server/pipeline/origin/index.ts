/** @module Serves playlists and media to viewers and caches; holds what is not there yet. */
export type { Answer, BodyReader, BodyRest, DeliveryHandler, DeliveryRequest } from './delivery.ts';
export { type HeldObserver, MAX_HELD } from './hold-list.ts';
export { isDeliveryPath, type OrchestratedStreams, Origin, type OriginSettings } from './origin.ts';
export type { Still, Stills } from './still-desk.ts';
