/** What can be wrong with a broadcast; see the reference of events for each. */
export const HEALTH_CODES = [
  'source_silent',
  'source_slow',
  'video_stopped',
  'audio_stopped',
  'qualities_missing',
  'keyframe_interval_too_long',
  'frame_rate_too_low',
] as const;

/** See `HEALTH_CODES`. */
export type HealthCode = (typeof HEALTH_CODES)[number];

/** Something that is wrong with a broadcast now. */
export interface HealthFinding {
  readonly code: HealthCode;
  /** What is wrong and how to mend it, in a sentence or two. */
  readonly detail: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** What became of a finding. */
export interface HealthChange {
  readonly type: 'raised' | 'cleared';
  readonly finding: HealthFinding;
}

/** The health of a stream: nothing wrong, or nothing on air, is an empty list. */
export interface HealthView {
  readonly findings: readonly HealthFinding[];
}
