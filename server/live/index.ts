/** @module What is on air: presentations, their renditions and timelines. No clock, socket or text. */

export { Broadcast, LINGER_MS, OnAir } from './broadcast.ts';
export {
  Feed,
  FeedCursor,
  MAX_BACKLOG_BYTES,
  MAX_BACKLOG_EVENTS,
  MAX_RUNGS,
  PUBLISHER_REPLACED,
} from './feed.ts';
export { type EdgeAnswer, judgeEdge, type LiveEdge } from './live-edge.ts';
export { type MediaLookup, MediaRing, type SegmentGrowth } from './media-ring.ts';
export { Presentation, type RenditionAddress } from './presentation.ts';
export { Rendition, type RenditionAttributes } from './rendition.ts';
export { freeRungName } from './rung-name.ts';
export {
  MAX_SEQUENCES_AHEAD,
  MAX_UNSETTLED_MS,
  MAX_UNSETTLED_RUN,
  MAX_WAITING_PARTS,
  type Passed,
  type Registered,
  Sequencer,
  type SequencerSnapshot,
} from './sequencer.ts';
export type { PartRegistration, SegmentRegistration } from './sequencer-slot.ts';
export {
  type EdgePosition,
  roundedDuration,
  type SegmentEnd,
  Timeline,
  type TimelineSnapshot,
  type TimelineTargets,
} from './timeline.ts';
