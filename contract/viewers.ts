/** Who watches a stream, in numbers. */

/** How many watch now. */
export interface ViewerCount {
  readonly count: number;
  /** False: an estimate, of more than 1,000. */
  readonly isExact: boolean;
}

/** The audience of one broadcast. */
export interface BroadcastAudienceView {
  readonly id: string;
  /** Most viewers at once. */
  readonly peak: number;
  /** ISO 8601, UTC; null while nobody has watched. */
  readonly peakAt: string | null;
  /** Different viewers from its beginning on. */
  readonly unique: number;
  readonly isUniqueExact: boolean;
}

/** The audience of a stream. */
export interface ViewersView extends ViewerCount {
  /** Percent by which `count` may be wrong, one standard deviation; 0 when it is exact. */
  readonly errorPercent: number;
  /** Of the broadcast on air, else of the last one that was watched. */
  readonly broadcast: BroadcastAudienceView | null;
}

/** What a viewer's page is told when it joins, and with each heartbeat. */
export interface ViewerSessionView extends ViewerCount {
  /** What the page names in its heartbeats, and when it leaves. */
  readonly sessionId: string;
  /** Seconds to the next heartbeat. */
  readonly heartbeatS: number;
  /** Seconds after which who was not heard of is counted no more. */
  readonly timeoutS: number;
}
