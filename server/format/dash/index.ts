/** @module DASH manifests (ISO/IEC 23009-1): the values they state and their text. Pure. */
export type {
  AdaptationSet,
  LowLatency,
  Manifest,
  Period,
  Representation,
} from './manifest.ts';
export { writeManifest } from './manifest-writer.ts';
