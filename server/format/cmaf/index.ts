/** @module CMAF (ISO/IEC 23000-19) in the boxes of ISO/IEC 14496-12: writes and reads init segments and chunks. */
export { type BoxPlace, MAX_BOXES, readBoxes } from './box-reader.ts';
export { type ChunkContent, type ChunkSample, chunk } from './chunk.ts';
export { parseChunks, type ReadChunk, type ReadSample } from './chunk-reader.ts';
export {
  type FragmentEvent,
  FragmentReader,
  type FragmentSample,
  MAX_BOX_BYTES,
  MAX_INDEX_BYTES,
} from './fragment-reader.ts';
export { type ReadTrack, readInitSegment } from './init-reader.ts';
export { initSegment, TRACK_ID } from './init-segment.ts';
export { MAX_CHUNK_SAMPLES } from './moof-reader.ts';
