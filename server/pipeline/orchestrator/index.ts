/** @module Playlists for whoever transcodes elsewhere: registered in any order, kept over crashes. */
export {
  MAX_RENDITIONS,
  type StreamDefaults,
} from './orchestrated-stream.ts';
export {
  Orchestrator,
  type OrchestratorCounters,
  type OrchestratorSettings,
} from './orchestrator.ts';
export type { StreamSettings } from './record.ts';
export { MAX_STREAMS } from './stream-shelf.ts';
export type { OrchestratedRenditionView, OrchestratedStreamView } from './view.ts';
