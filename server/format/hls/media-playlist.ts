import { attributeList, decimal, quoted } from './attribute.ts';
import type {
  ByteRange,
  MediaPlaylist,
  MediaSegment,
  PartialSegment,
  RenditionReport,
  Resource,
  SegmentStart,
} from './playlist.ts';

/** How far from the end parts stay listed, in target durations (6.2.2). */
export const PART_EDGE_TARGET_DURATIONS = 3;
/** Skip Boundary in target durations: the least that 4.4.3.8 allows. */
export const SKIP_BOUNDARY_TARGET_DURATIONS = 6;
/** PART-HOLD-BACK in part targets: what 4.4.3.8 recommends, and players stall with less. */
export const PART_HOLD_BACK_PART_TARGETS = 3;

/**
 * How many leading segments a Playlist Delta Update of `playlist` replaces by EXT-X-SKIP: those
 * that end before the Skip Boundary. 0 means that the full playlist is the answer (6.2.5.1).
 */
export function skippableSegments(playlist: MediaPlaylist): number {
  if (playlist.partTarget === undefined || playlist.ended) return 0;
  const boundary = SKIP_BOUNDARY_TARGET_DURATIONS * playlist.targetDuration;
  let fromEnd = totalDuration(playlist);
  let count = 0;
  for (const segment of playlist.segments) {
    fromEnd -= segment.duration;
    if (fromEnd <= boundary) break;
    count += 1;
  }
  return count;
}

/**
 * The text of a Media Playlist (RFC 8216bis 4.4). With `skip` the first so many segments are
 * replaced by EXT-X-SKIP; pass what `skippableSegments` says.
 */
export function writeMediaPlaylist(playlist: MediaPlaylist, skip = 0): string {
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${version(playlist, skip)}`];
  writeHeader(playlist, lines);
  if (skip > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skip}`);
  const partsFrom = totalDuration(playlist) - PART_EDGE_TARGET_DURATIONS * playlist.targetDuration;
  let position = 0;
  let init: Resource | undefined;
  for (const [index, segment] of playlist.segments.entries()) {
    position += segment.duration;
    // The client holds the EXT-X-MAP of skipped segments, so only a change is written after them.
    if (index >= skip) {
      const parts = position > partsFrom && !playlist.ended ? segment.parts : [];
      writeSegment(segment, parts, init, lines);
    }
    init = segment.init;
  }
  if (playlist.open !== undefined && playlist.open.parts.length > 0) {
    writeStart(playlist.open, init, lines);
    for (const part of playlist.open.parts) lines.push(partLine(part));
  }
  if (playlist.ended) {
    lines.push('#EXT-X-ENDLIST');
  } else {
    writeHints(playlist, init, lines);
    for (const report of playlist.renditionReports) lines.push(reportLine(report));
  }
  return `${lines.join('\n')}\n`;
}

/** Seconds from the first listed segment's start to the end of the last part. */
function totalDuration(playlist: MediaPlaylist): number {
  let total = 0;
  for (const segment of playlist.segments) total += segment.duration;
  for (const part of playlist.open?.parts ?? []) total += part.duration;
  return total;
}

/** The lowest EXT-X-VERSION that the features in use allow (section 8). */
function version(playlist: MediaPlaylist, skip: number): number {
  if (skip > 0) return 9;
  let lowest = 3;
  for (const segment of playlist.segments) {
    if (segment.init !== undefined) return 6;
    if (segment.byteRange !== undefined) lowest = 4;
  }
  return playlist.open?.init === undefined ? lowest : 6;
}

function writeHeader(playlist: MediaPlaylist, lines: string[]): void {
  lines.push(`#EXT-X-TARGETDURATION:${playlist.targetDuration}`);
  if (playlist.partTarget !== undefined) {
    const control = attributeList([
      ['CAN-BLOCK-RELOAD', 'YES'],
      ['PART-HOLD-BACK', decimal(PART_HOLD_BACK_PART_TARGETS * playlist.partTarget)],
      ['CAN-SKIP-UNTIL', decimal(SKIP_BOUNDARY_TARGET_DURATIONS * playlist.targetDuration)],
    ]);
    lines.push(`#EXT-X-SERVER-CONTROL:${control}`);
    lines.push(`#EXT-X-PART-INF:PART-TARGET=${decimal(playlist.partTarget)}`);
  }
  lines.push(`#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`);
  if (countsDiscontinuities(playlist)) {
    lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`);
  }
}

/** From the first discontinuity on: segments may not be removed beside one without it (6.2.2). */
function countsDiscontinuities({ discontinuitySequence, segments, open }: MediaPlaylist): boolean {
  if (discontinuitySequence > 0 || open?.discontinuity === true) return true;
  return segments.some(({ discontinuity }) => discontinuity);
}

function writeSegment(
  segment: MediaSegment,
  parts: readonly PartialSegment[],
  init: Resource | undefined,
  lines: string[],
): void {
  writeStart(segment, init, lines);
  for (const part of parts) lines.push(partLine(part));
  if (segment.gap) lines.push('#EXT-X-GAP');
  lines.push(`#EXTINF:${decimal(segment.duration)},`);
  if (segment.byteRange !== undefined) {
    lines.push(`#EXT-X-BYTERANGE:${byteRange(segment.byteRange)}`);
  }
  lines.push(segment.uri);
}

function writeStart(start: SegmentStart, init: Resource | undefined, lines: string[]): void {
  if (start.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
  if (start.init !== undefined && !sameResource(start.init, init)) {
    lines.push(`#EXT-X-MAP:${resourceAttributes(start.init)}`);
  }
  if (start.programDateTimeMs !== undefined) {
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(start.programDateTimeMs).toISOString()}`);
  }
}

function writeHints(playlist: MediaPlaylist, init: Resource | undefined, lines: string[]): void {
  const open = playlist.open;
  const newInit = open?.parts.length === 0 && open.init !== undefined ? open.init : undefined;
  if (newInit !== undefined && !sameResource(newInit, init)) {
    lines.push(`#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=${quoted(newInit.uri)}`);
  }
  if (playlist.preloadHint !== undefined) {
    lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI=${quoted(playlist.preloadHint)}`);
  }
}

function partLine(part: PartialSegment): string {
  let line = `#EXT-X-PART:DURATION=${decimal(part.duration)},URI=${quoted(part.uri)}`;
  if (part.byteRange !== undefined) line += `,BYTERANGE=${quoted(byteRange(part.byteRange))}`;
  if (part.independent) line += ',INDEPENDENT=YES';
  if (part.gap === true) line += ',GAP=YES';
  return line;
}

function reportLine(report: RenditionReport): string {
  const last = `LAST-MSN=${report.lastMediaSequenceNumber}`;
  const part = report.lastPart === undefined ? '' : `,LAST-PART=${report.lastPart}`;
  return `#EXT-X-RENDITION-REPORT:URI=${quoted(report.uri)},${last}${part}`;
}

function resourceAttributes(resource: Resource): string {
  const range = resource.byteRange;
  const uri = `URI=${quoted(resource.uri)}`;
  return range === undefined ? uri : `${uri},BYTERANGE=${quoted(byteRange(range))}`;
}

function byteRange(range: ByteRange): string {
  return `${range.length}@${range.offset}`;
}

function sameResource(a: Resource, b: Resource | undefined): boolean {
  return (
    a === b ||
    (b !== undefined &&
      a.uri === b.uri &&
      a.byteRange?.length === b.byteRange?.length &&
      a.byteRange?.offset === b.byteRange?.offset)
  );
}
