/** A row of segments that follow each other without a hole, oldest first. */
export interface SegmentRow {
  /** Number of the first segment; each next one counts one up. */
  readonly startNumber: number;
  /** Earliest presentation time of the first segment, in ticks of the media's own timeline. */
  readonly startTicks: number;
  /** Ticks that each segment lasts; at least one. */
  readonly durations: readonly number[];
}

/** One encoding of a period's content (ISO/IEC 23009-1, 5.3.5) with the addresses of its media. */
export interface Representation {
  /** Unique in its period, and equal in the periods that it goes through. */
  readonly id: string;
  /** RFC 6381. */
  readonly codecs: string;
  /** Bits per second, an integer above 0. */
  readonly bandwidth: number;
  readonly picture?: {
    readonly width: number;
    readonly height: number;
    /** Frames per second; undefined when it is not known. */
    readonly frameRate: number | undefined;
  };
  readonly sound?: { readonly samplingRate: number; readonly channels: number };
  /** Ticks per second. */
  readonly timescale: number;
  /** Media time, in ticks, that lies at the start of the period. */
  readonly presentationTimeOffset: number;
  /** Address of the init segment, and of a segment with `$Number$` in it. */
  readonly initialization: string;
  readonly media: string;
  readonly segments: SegmentRow;
}

/** Representations that a player may switch between (5.3.3). */
export interface AdaptationSet {
  /** Unique in its period. */
  readonly id: number;
  readonly contentType: 'video' | 'audio';
  /** Every segment begins with a sync sample (SAP type 1, ISO/IEC 14496-12 annex I). */
  readonly startsWithSync: boolean;
  /** RFC 5646. */
  readonly language?: string;
  readonly representations: readonly Representation[];
}

/** A stretch without discontinuity (5.3.2). */
export interface Period {
  readonly id: string;
  /** On the presentation's timeline, whole milliseconds. */
  readonly startMs: number;
  readonly adaptationSets: readonly AdaptationSet[];
}

/** How close to the edge players may play, because the newest segment is sent while it is made. */
export interface LowLatency {
  /** How long before its end a segment can be asked for, in seconds. */
  readonly availabilityTimeOffsetS: number;
  /** How far behind the clock to play. */
  readonly targetMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Rates by which to get there. */
  readonly minRate: number;
  readonly maxRate: number;
}

/** What holds while it is live (5.3.1). */
export interface LivePresentation {
  readonly kind: 'dynamic';
  /** Wall-clock time, in milliseconds since the Unix epoch, at 0 of the presentation's timeline. */
  readonly availabilityStartEpochMs: number;
  /** When the manifest said this first. */
  readonly publishEpochMs: number;
  /** When to ask for the next version. */
  readonly updateMs: number;
  readonly timeShiftBufferMs: number;
  readonly presentationDelayMs: number;
  /** Address that tells the time of `availabilityStartEpochMs`'s clock as xs:dateTime. */
  readonly clockUri: string;
  readonly lowLatency?: LowLatency;
}

/** What holds after the end. */
export interface EndedPresentation {
  readonly kind: 'static';
  /** Where it ends on the presentation's timeline. */
  readonly durationMs: number;
}

/** Everything that one version of a manifest says. */
export interface Manifest {
  readonly timing: LivePresentation | EndedPresentation;
  readonly minBufferMs: number;
  readonly maxSegmentMs: number;
  readonly periods: readonly Period[];
}
