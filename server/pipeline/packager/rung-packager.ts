/**
 * Packages one rung: another encoding of the video that leads, cut where that is cut.
 *
 * I1 A segment of a rung begins with a keyframe shown when the leading one's first picture is, and
 *    has its number, date and discontinuity; a rung for which that does not hold has a gap there.
 * I2 A gap ends what was lost: nothing that comes later is put into it.
 *
 * What a transcoder makes comes later than the cuts, so a cut waits for the rung to reach it. A
 * rung that is a whole segment late is not waited for: viewers on it are told to go elsewhere.
 */
import { assert } from '../../base/index.ts';
import type { MediaEvent, Sample, VideoTrack } from '../../media/index.ts';
import type { Emit, LadderCut, RenditionName } from './packaged.ts';
import { RenditionWriter, type SegmentOpening } from './rendition-writer.ts';
import type { Targets } from './target.ts';

/** Cuts that may lie ahead of a rung: the segment it works on has ended, and so has the next. */
const MOST_CUTS_AHEAD = 2;
/** How far from a cut its first picture may be shown: timescales that differ round a tick apart. */
const ALIGNMENT_S = 0.002;

/** See the top of the file. */
export class RungPackager {
  readonly #writer: RenditionWriter;
  readonly #dropped: () => void;
  #cuts: LadderCut[] = [];
  /** The segment that is being made or missed; undefined before the first cut is reached. */
  #segment: LadderCut | undefined;
  /** The running segment has been met, and nothing of it is missing. */
  #isWhole = false;
  /** A discontinuity came since the last segment that has media. */
  #hasBreak = false;
  #track: VideoTrack | undefined;
  #missedSegments = 0;

  /** `dropped` hears of each sample that goes into no segment. */
  constructor(name: RenditionName, targets: Targets, emit: Emit, dropped: () => void) {
    this.#writer = new RenditionWriter(name, targets, emit);
    this.#dropped = dropped;
  }

  /** Segments that are gaps in this rung. */
  get missedSegments(): number {
    return this.#missedSegments;
  }

  /** A segment of the leading rendition begins. */
  cut(cut: LadderCut): void {
    this.#cuts.push(cut);
    while (this.#cuts.length > MOST_CUTS_AHEAD) this.#next();
  }

  /** Takes the next event of the rung. */
  push(event: MediaEvent): void {
    if (event.type === 'discontinuity') this.#isWhole = false;
    else if (event.type === 'sample') this.#take(event.sample);
    else if (event.track.kind === 'video') this.#track = event.track;
  }

  /** Nothing follows: writes what is left. */
  end(): void {
    if (!this.#isWhole) return;
    this.#writer.layLast(Number.POSITIVE_INFINITY);
    this.#writer.closeSegment();
  }

  #take(sample: Sample): void {
    const track = this.#track;
    assert(track !== undefined, 'Cannot package a rung: no track is known');
    const shownS = sample.pts / track.timescale;
    let met = false;
    for (let cut = this.#cuts[0]; cut !== undefined; cut = this.#cuts[0]) {
      if (shownS < cut.presentedS - ALIGNMENT_S) break;
      this.#next(sample);
      met = sample.keyframe && shownS <= cut.presentedS + ALIGNMENT_S;
    }
    if (met) this.#begin(track);
    if (!this.#isWhole) {
      this.#dropped();
      return;
    }
    if (this.#writer.newest !== undefined) this.#lay(sample);
    this.#writer.hold(sample);
  }

  #lay(next: Sample): void {
    this.#writer.lay(next.dts);
    if (this.#writer.partIsDue) this.#writer.closePart();
  }

  /** Ends the running segment, whole or not; the first cut ahead begins the next. */
  #next(first?: Sample): void {
    const next = this.#cuts.shift();
    assert(next !== undefined, 'a segment ends where another is cut');
    if (this.#segment !== undefined) {
      if (this.#isWhole && first !== undefined) this.#close(next, first);
      else this.#miss(this.#segment, next.startS);
    }
    this.#segment = next;
    this.#isWhole = false;
    if (next.discontinuity) this.#hasBreak = true;
  }

  #close(next: LadderCut, first: Sample): void {
    if (this.#writer.newest !== undefined) {
      if (next.discontinuity) this.#writer.layLast(next.startS);
      else this.#writer.lay(first.dts);
    }
    this.#writer.closeSegment();
  }

  #miss(segment: LadderCut, endS: number): void {
    this.#writer.abandonSegment();
    this.#writer.gap(openingOf(segment), endS);
    if (this.#writer.begun) this.#missedSegments += 1;
  }

  /** Players take another configuration after a discontinuity only: before, the rung is missing. */
  #begin(track: VideoTrack): void {
    const segment = this.#segment;
    const known = this.#writer.track;
    const isOther = known !== undefined && !isSameConfiguration(known.config, track.config);
    if (segment === undefined || (isOther && !this.#hasBreak)) return;
    this.#writer.begin(
      openingOf(segment),
      isOther || known === undefined ? track : known,
      this.#hasBreak,
    );
    this.#isWhole = true;
    this.#hasBreak = false;
  }
}

function openingOf({ msn, startS, discontinuity }: LadderCut): SegmentOpening {
  return { msn, startS, discontinuity, datedS: startS };
}

function isSameConfiguration(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
