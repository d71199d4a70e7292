import type {
  PartRegistration,
  RenditionAttributes,
  SegmentRegistration,
  SequencerSnapshot,
} from '../../live/index.ts';

/** What is declared of a stream; what is left out follows the server or the media. */
export interface StreamSettings {
  readonly windowSize?: number;
  /** Seconds, an integer. */
  readonly targetDuration?: number;
  /** Seconds. */
  readonly partTarget?: number;
  /** Milliseconds that a hole stays open; 0 for ever. */
  readonly gapTimeoutMs?: number;
  /** Every segment of every rendition begins with a keyframe (EXT-X-INDEPENDENT-SEGMENTS). */
  readonly independentSegments?: boolean;
}

/** A whole stream as plain values. */
export interface StreamSnapshot {
  /** As in the record `created`. */
  readonly defaultWindowSize?: number;
  readonly settings: StreamSettings;
  readonly ended: boolean;
  readonly renditions: readonly RenditionSnapshot[];
}

/** A rendition as plain values. */
export interface RenditionSnapshot {
  readonly name: string;
  readonly attributes: RenditionAttributes;
  readonly sequencer: SequencerSnapshot;
}

/** What a record tells of its stream. */
export type StreamChange =
  /**
   * The window that holds while none is declared. A stream keeps the one it began with: doing its
   * records again with a larger one would move its playlists back.
   */
  | { readonly kind: 'created'; readonly defaultWindowSize: number }
  | { readonly kind: 'declared'; readonly settings: StreamSettings }
  | { readonly kind: 'ended' }
  | { readonly kind: 'evicted' }
  /** Stands for everything that was told of the stream before. */
  | { readonly kind: 'snapshot'; readonly state: StreamSnapshot };

/** What a record tells of a rendition. */
export type RenditionChange =
  | { readonly kind: 'described'; readonly attributes: RenditionAttributes }
  | { readonly kind: 'segment'; readonly segment: SegmentRegistration }
  | { readonly kind: 'part'; readonly part: PartRegistration }
  /** Its start is final: it was served, or has been waited for long enough. */
  | { readonly kind: 'served' }
  /** Its time ran out: nothing up to `upTo` is waited for. */
  | { readonly kind: 'passed'; readonly upTo: number };

/** One entry of the orchestrator's journal. */
export type JournalRecord =
  | (StreamChange & { readonly stream: string })
  | (RenditionChange & { readonly stream: string; readonly rendition: string });

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A record as bytes. */
export function encodeRecord(record: JournalRecord): Uint8Array {
  return encoder.encode(JSON.stringify(record));
}

/** A record from bytes that `encodeRecord` made; throws a SyntaxError on others. */
export function decodeRecord(bytes: Uint8Array): JournalRecord {
  return JSON.parse(decoder.decode(bytes)) as JournalRecord;
}
