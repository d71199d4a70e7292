/** Where a broadcast is in its media time. */
export interface MediaMoment {
  readonly broadcastId: string;
  /** Milliseconds. */
  readonly streamTimeMs: number;
}
