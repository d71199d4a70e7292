/** A range of a resource, as EXT-X-BYTERANGE and BYTERANGE state it. */
export interface ByteRange {
  /** Bytes in the range. */
  readonly length: number;
  /** Bytes before it. */
  readonly offset: number;
}

/** A URI, or a part of what it names. */
export interface Resource {
  readonly uri: string;
  readonly byteRange?: ByteRange;
}

/** One Partial Segment (RFC 8216bis 4.4.4.9). */
export interface PartialSegment extends Resource {
  /** Seconds. */
  readonly duration: number;
  /** It begins with a sample a decoder can start at. */
  readonly independent: boolean;
  readonly gap?: boolean;
}

/** What holds from a segment's first sample on, so it is known when its first part is listed. */
export interface SegmentStart {
  /** Timestamps or encoding differ from the segment before (4.4.4.3). */
  readonly discontinuity: boolean;
  /** Milliseconds since the Unix epoch of the first sample (4.4.4.6). */
  readonly programDateTimeMs?: number;
  /** The Media Initialization Section (4.4.4.5); undefined for MPEG-TS. */
  readonly init?: Resource;
}

/** One Media Segment as a playlist lists it. Never changes once it is listed. */
export interface MediaSegment extends SegmentStart, Resource {
  readonly mediaSequenceNumber: number;
  /** Seconds. */
  readonly duration: number;
  readonly parts: readonly PartialSegment[];
  /** The media is missing and clients must not load it (4.4.4.7). */
  readonly gap: boolean;
}

/** The segment being made: begun, not yet listed, its parts so far. */
export interface OpenSegment extends SegmentStart {
  readonly parts: readonly PartialSegment[];
}

/** The live edge of another rendition (4.4.5.4). */
export interface RenditionReport {
  /** Relative to the playlist that carries the report. */
  readonly uri: string;
  readonly lastMediaSequenceNumber: number;
  /** Index of the last part; undefined where the rendition has no parts. */
  readonly lastPart: number | undefined;
}

/** Everything that one version of a media playlist says (4.4.3 to 4.4.5). */
export interface MediaPlaylist {
  /** Seconds, an integer. */
  readonly targetDuration: number;
  /** Seconds; undefined for a playlist without parts. */
  readonly partTarget: number | undefined;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly segments: readonly MediaSegment[];
  readonly open: OpenSegment | undefined;
  /** URI of the part that will come next; undefined when it cannot be known. */
  readonly preloadHint: string | undefined;
  readonly renditionReports: readonly RenditionReport[];
  readonly ended: boolean;
}
