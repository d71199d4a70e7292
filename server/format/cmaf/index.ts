/** @module CMAF (ISO/IEC 23000-19) in the boxes of ISO/IEC 14496-12: writes init segments and chunks, reads chunks. */
export { type ChunkContent, type ChunkSample, chunk } from './chunk.ts';
export {
  type BoxPlace,
  MAX_BOXES,
  MAX_CHUNK_SAMPLES,
  parseChunks,
  type ReadChunk,
  type ReadSample,
  readBoxes,
} from './chunk-reader.ts';
export { initSegment, TRACK_ID } from './init-segment.ts';
