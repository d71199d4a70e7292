/** @module HLS playlists (RFC 8216bis): the values they state and their text. Pure. */
export {
  PART_EDGE_TARGET_DURATIONS,
  PART_HOLD_BACK_PART_TARGETS,
  SKIP_BOUNDARY_TARGET_DURATIONS,
  skippableSegments,
  writeMediaPlaylist,
} from './media-playlist.ts';
export {
  type AudioRendition,
  type MultivariantPlaylist,
  type VariantStream,
  writeMultivariantPlaylist,
} from './multivariant-playlist.ts';
export type {
  ByteRange,
  MediaPlaylist,
  MediaSegment,
  OpenSegment,
  PartialSegment,
  RenditionReport,
  Resource,
  SegmentStart,
} from './playlist.ts';
