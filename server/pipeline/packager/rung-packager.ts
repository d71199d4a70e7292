/**
 * Packages one rung: another encoding of the video that leads, cut where that is cut.
 *
 * I1 A segment of a rung begins with a keyframe shown when the leading one's first picture is, and
 *    has its number, date and discontinuity; a rung for which that does not hold has a gap there.
 *    Where the leading one begins without a keyframe, a rung goes on from a whole segment with the
 *    picture that is decoded and shown at the same times.
 * I2 A gap ends what was lost: nothing that comes later is put into it.
 *
 * A cut is known when the leading video has come past it, so a rung's sample waits for that; as a
 * rule it is later anyway. A rung that is half a target duration late is not waited for: what is
 * missing is a gap, in time for players that reload their playlists.
 */
import { assert } from '../../base/index.ts';
import { isSameTrack, type MediaEvent, type Sample, type VideoTrack } from '../../media/index.ts';
import type { Emit, LadderCut, RenditionName } from './packaged.ts';
import { RenditionWriter, type SegmentOpening } from './rendition-writer.ts';
import type { Targets } from './target.ts';

/** A rung may be this share of a target duration behind a cut before its segment is given up. */
const PATIENCE_TARGET_DURATIONS = 0.5;
/** Cuts that may lie ahead where no video leads, and nothing tells how late the rung is. */
const MOST_CUTS_AHEAD = 2;
/** How far from a cut its first picture may be shown: timescales that differ round a tick apart. */
const ALIGNMENT_S = 0.002;
/** Events that may wait for the leading video: seconds of a rung that is ahead of it. */
const MOST_WAITING = 256;

/** See the top of the file. */
export class RungPackager {
  readonly #writer: RenditionWriter;
  readonly #targets: Targets;
  readonly #dropped: () => void;
  /** Where the leading video is shown last, in seconds: all cuts before are known. */
  #leadS = Number.NEGATIVE_INFINITY;
  /** Events that the leading video has not come to. */
  #waiting: MediaEvent[] = [];
  #cuts: LadderCut[] = [];
  /** The segment that is being made or missed; undefined before the first cut is reached. */
  #segment: LadderCut | undefined;
  /** The running segment has been met, and nothing of it is missing. */
  #isWhole = false;
  /** The sample that reached the running segment's cut may begin it without being a keyframe. */
  #mayGoOn = false;
  /** A discontinuity came since the last segment that has media. */
  #hasBreak = false;
  #track: VideoTrack | undefined;

  /** `dropped` hears of each sample that goes into no segment. */
  constructor(name: RenditionName, targets: Targets, emit: Emit, dropped: () => void) {
    this.#writer = new RenditionWriter(name, targets, emit);
    this.#targets = targets;
    this.#dropped = dropped;
  }

  /** A segment of the leading rendition begins. */
  cut(cut: LadderCut): void {
    this.#cuts.push(cut);
    while (this.#cuts.length > MOST_CUTS_AHEAD) this.#next();
  }

  /** The leading video has come to where it is shown at `leadS` seconds. */
  leadTo(leadS: number): void {
    if (leadS <= this.#leadS) return;
    this.#leadS = leadS;
    this.#advance();
  }

  /** Takes the next event of the rung. */
  push(event: MediaEvent): void {
    if (this.#waiting.length === 0 && this.#isReached(event)) this.#takeEvent(event);
    else {
      this.#waiting.push(event);
      if (this.#waiting.length > MOST_WAITING) this.#takeWaiting(() => true);
    }
  }

  /** Nothing follows: writes what is left, and what is missing of the segments that have ended. */
  end(): void {
    this.#takeWaiting(() => true);
    while (this.#cuts.length > 0) this.#next();
    if (!this.#isWhole) return;
    this.#writer.layLast(Number.POSITIVE_INFINITY);
    this.#writer.closeSegment();
  }

  #advance(): void {
    this.#takeWaiting((event) => this.#isReached(event));
    const patienceS = PATIENCE_TARGET_DURATIONS * this.#targets.targetDuration;
    for (let cut = this.#cuts[0]; cut !== undefined; cut = this.#cuts[0]) {
      if (this.#leadS <= cut.presentedS + patienceS) return;
      this.#next();
    }
  }

  #takeWaiting(mayGo: (event: MediaEvent) => boolean): void {
    for (let event = this.#waiting[0]; event !== undefined && mayGo(event); ) {
      this.#waiting.shift();
      this.#takeEvent(event);
      event = this.#waiting[0];
    }
  }

  #isReached(event: MediaEvent): boolean {
    if (event.type !== 'sample') return true;
    // A track that waits itself has the timescale of the one before it: both are the source's.
    return event.sample.pts / (this.#track?.timescale ?? 1) < this.#leadS;
  }

  #takeEvent(event: MediaEvent): void {
    if (event.type === 'discontinuity') this.#isWhole = false;
    else if (event.type === 'sample') this.#take(event.sample);
    else if (event.track.kind === 'video') this.#track = event.track;
  }

  #take(sample: Sample): void {
    const track = this.#track;
    assert(track !== undefined, 'Cannot package a rung: no track is known');
    const shownS = sample.pts / track.timescale;
    for (let cut = this.#cuts[0]; cut !== undefined; cut = this.#cuts[0]) {
      const isDecoded = cut.independent || sample.dts / track.timescale >= cut.startS - ALIGNMENT_S;
      if (shownS < cut.presentedS - ALIGNMENT_S || !isDecoded) break;
      this.#next(sample);
    }
    const isAligned = isAt(shownS, this.#segment?.presentedS);
    const mayGoOn = this.#mayGoOn && isAt(sample.dts / track.timescale, this.#segment?.startS);
    this.#mayGoOn = false;
    if (isAligned && (sample.keyframe || mayGoOn)) this.#begin(track);
    if (!this.#isWhole) {
      this.#dropped();
      return;
    }
    if (this.#writer.newest !== undefined && !this.#lay(sample)) return;
    this.#writer.hold(sample);
  }

  /** Writes the sample before `next`; false when the segment would be longer than any may be. */
  #lay(next: Sample): boolean {
    const writer = this.#writer;
    if (writer.segmentS + writer.fittedS(next.dts) > this.#targets.maxSegmentS) {
      this.#isWhole = false;
      this.#dropped();
      return false;
    }
    writer.lay(next.dts);
    if (writer.partIsDue) writer.closePart();
    return true;
  }

  /** Ends the running segment, whole or not; the first cut ahead begins the next. */
  #next(first?: Sample): void {
    const next = this.#cuts.shift();
    assert(next !== undefined, 'a segment ends where another is cut');
    const before = this.#segment;
    const isClosed = this.#isWhole && first !== undefined && this.#close(next, first);
    if (before !== undefined && !isClosed) this.#miss(before, next.startS);
    this.#mayGoOn = isClosed && !next.independent && !next.discontinuity;
    this.#segment = next;
    this.#isWhole = false;
    if (next.discontinuity) this.#hasBreak = true;
  }

  #close(next: LadderCut, first: Sample): boolean {
    if (this.#writer.newest !== undefined) {
      if (next.discontinuity) this.#writer.layLast(next.startS);
      else if (!this.#lay(first)) return false;
    }
    return this.#writer.closeSegment();
  }

  #miss(segment: LadderCut, endS: number): void {
    this.#writer.abandonSegment();
    this.#writer.gap(openingOf(segment), endS);
  }

  /** Players take another configuration after a discontinuity only: before, the rung is missing. */
  #begin(track: VideoTrack): void {
    const segment = this.#segment;
    const known = this.#writer.track;
    const isOther = known !== undefined && !isSameTrack(known, track);
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

function isAt(timeS: number, placeS = Number.NaN): boolean {
  return Math.abs(timeS - placeS) <= ALIGNMENT_S;
}

function openingOf({ msn, startS, discontinuity }: LadderCut): SegmentOpening {
  return { msn, startS, discontinuity, datedS: startS };
}
