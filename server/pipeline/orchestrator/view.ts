import type { RenditionAttributes } from '../../live/index.ts';
import type { OrchestratedRendition, OrchestratedStream } from './orchestrated-stream.ts';

/** Where a rendition stands, as the API shows it. */
export interface OrchestratedRenditionView {
  readonly name: string;
  /** Null before the first segment or part. */
  readonly nextExpectedSequence: number | null;
  /** First and last sequence listed; null while none is. */
  readonly window: { readonly first: number; readonly last: number } | null;
  /** Parts listed of the segment at `nextExpectedSequence`. */
  readonly openParts: number;
  /** Sequence numbers beyond it that wait for it. */
  readonly waiting: number;
  /** Whether the first sequence is final. */
  readonly settled: boolean;
  /** Seconds. */
  readonly targetDuration: number;
  readonly partTarget: number | null;
  readonly attributes: RenditionAttributes;
  /** Address relative to this server. */
  readonly playlistUrl: string;
}

/** Where a stream stands, as the API shows it. */
export interface OrchestratedStreamView {
  readonly id: string;
  readonly ended: boolean;
  readonly windowSize: number;
  /** What is declared, in seconds; null for what follows the media. */
  readonly targetDuration: number | null;
  readonly partTarget: number | null;
  /** Seconds; 0 for ever; null for three target durations. */
  readonly gapTimeout: number | null;
  /** Whether that is declared. */
  readonly independentSegments: boolean;
  readonly masterUrl: string;
  readonly renditions: readonly OrchestratedRenditionView[];
}

/** Where `stream` stands now. */
export function viewOf(stream: OrchestratedStream): OrchestratedStreamView {
  const { windowSize, targetDuration, partTarget } = stream.targets;
  const gapTimeoutMs = stream.gapTimeoutMs;
  return {
    id: stream.id,
    ended: stream.ended,
    windowSize,
    targetDuration: targetDuration ?? null,
    partTarget: partTarget ?? null,
    gapTimeout: gapTimeoutMs === undefined ? null : gapTimeoutMs / 1000,
    independentSegments: stream.settings.independentSegments ?? false,
    masterUrl: `/streams/${stream.id}/master.m3u8`,
    renditions: [...stream.renditions.values()]
      .sort((a, b) => (a.rendition.name < b.rendition.name ? -1 : 1))
      .map(renditionView),
  };
}

function renditionView({
  streamId,
  rendition,
  sequencer,
}: OrchestratedRendition): OrchestratedRenditionView {
  const { timeline, name, attributes } = rendition;
  const first = timeline.segments[0]?.mediaSequenceNumber;
  const last = timeline.segments.at(-1)?.mediaSequenceNumber;
  return {
    name,
    nextExpectedSequence: timeline.nextMediaSequenceNumber ?? null,
    window: first === undefined || last === undefined ? null : { first, last },
    openParts: timeline.open?.parts.length ?? 0,
    waiting: sequencer.waiting,
    settled: sequencer.settled,
    targetDuration: timeline.targetDuration,
    partTarget: timeline.partTarget ?? null,
    attributes,
    playlistUrl: `/streams/${streamId}/renditions/${name}/playlist.m3u8`,
  };
}
