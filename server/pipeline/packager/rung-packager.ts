/**
 * Packages one rung: another encoding of the video that leads, cut where that is cut.
 *
 * I1 A segment of a rung begins with a keyframe shown when the leading one's first picture is, and
 *    has its number, date and discontinuity; a rung for which that does not hold has a gap there.
 *    Where the leading one begins without a keyframe, a rung goes on from a whole segment with the
 *    picture that is decoded and shown at the same times.
 * I2 A gap ends what was lost: no media that comes later is put into that segment.
 * I3 What a rung has lost is listed when the leading rendition's part is, and ends where that ends.
 *
 * A cut is known when the leading video has come past it, so a rung's sample waits for that; as a
 * rule it is later anyway. Of a rung that falls back further than half a target duration, what the
 * leading video has published is lost, and so is the rest of that segment. From then on its gaps
 * keep pace with the leading video: players of low latency need the playlist to go on, and learn
 * from it that they have to leave. The next segment is waited for as soon as the rung is less late.
 */
import { assert } from '../../base/index.ts';
import { isSameTrack, type MediaEvent, type Sample, type VideoTrack } from '../../media/index.ts';
import type { LeadSegment } from './lead-segment.ts';
import type { Emit, LadderCut, RenditionName } from './packaged.ts';
import { RenditionWriter, type SegmentOpening } from './rendition-writer.ts';
import type { Targets } from './target.ts';

/**
 * How far a rung may be behind the leading video, as a share of a target duration. An encoder on a
 * busy machine stops for a moment, and one that crashed is back in that time with nothing lost; but
 * who plays the rung has no more than three parts to play.
 */
const PATIENCE_TARGET_DURATIONS = 0.5;
/** Cuts that may lie ahead where no video leads, and nothing tells how late the rung is. */
const MOST_CUTS_AHEAD = 2;
/** How far from a cut its first picture may be shown: timescales that differ round a tick apart. */
const ALIGNMENT_S = 0.002;
/** Events that may wait for the leading video: seconds of a rung that is ahead of it. */
const MOST_WAITING = 256;

/** Whether the running segment's start was met, and nothing of it is missing since. */
type SegmentState = 'awaited' | 'whole' | 'lost';

/** See the top of the file. */
export class RungPackager {
  readonly #writer: RenditionWriter;
  readonly #targets: Targets;
  readonly #dropped: () => void;
  /** Where the leading video is shown last, in seconds: all cuts before are known. */
  #leadS = Number.NEGATIVE_INFINITY;
  /** Where the leading video went on after a silence, in seconds: no rung is late by what was none. */
  #resumedS = Number.NEGATIVE_INFINITY;
  /** Where the rung is shown last, in seconds. */
  #heardS = Number.NEGATIVE_INFINITY;
  /** Has been on time since players know of it: before, it may be an encoder that starts. */
  #isInStep = false;
  /** Events that the leading video has not come to. */
  #waiting: MediaEvent[] = [];
  #cuts: LeadSegment[] = [];
  /** The segment that is being made or missed; undefined before the first cut is reached. */
  #segment: LeadSegment | undefined;
  #state: SegmentState = 'lost';
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

  /** A segment of the leading rendition begins, and is going to grow. */
  cut(segment: LeadSegment): void {
    this.#cuts.push(segment);
    while (this.#cuts.length > MOST_CUTS_AHEAD) this.#next();
  }

  /** The leading video has come to where it is shown at `leadS` seconds. */
  leadTo(leadS: number): void {
    if (leadS <= this.#leadS) return;
    if (leadS - this.#leadS > this.#patienceS) this.#resumedS = leadS;
    this.#leadS = leadS;
    this.#takeWaiting((event) => this.#isReached(event));
    this.#giveUp();
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
    const segment = this.#segment;
    if (this.#state === 'lost' && segment?.durationS !== undefined) {
      this.#miss(segment, segment.cut.startS);
    }
    if (this.#state !== 'whole') return;
    this.#writer.layLast(Number.POSITIVE_INFINITY);
    this.#writer.closeSegment();
  }

  /** Lists what is lost. */
  #giveUp(): void {
    for (;;) {
      if (this.#isLate) this.#lose();
      if (this.#state !== 'lost') return;
      this.#listGapParts();
      if (this.#cuts.length === 0) return;
      this.#next();
    }
  }

  get #patienceS(): number {
    return PATIENCE_TARGET_DURATIONS * this.#targets.targetDuration;
  }

  get #isLate(): boolean {
    const patienceS = this.#patienceS;
    const isBehind = this.#leadS - Math.max(this.#heardS, this.#resumedS) > patienceS;
    if (!isBehind && this.#writer.begun) this.#isInStep = true;
    if (this.#isInStep) return isBehind;
    // Nobody plays it yet, and an encoder that starts is soon nearer.
    const next = this.#cuts[0];
    return next !== undefined && this.#leadS > next.cut.presentedS + patienceS;
  }

  /** The running segment will not be whole. */
  #lose(): void {
    const segment = this.#segment;
    // A rung that is back may still meet the start of a segment of which nothing is listed.
    const isOpen = this.#state === 'awaited' && this.#cuts.length === 0;
    if (segment === undefined || (isOpen && segment.partEndsS.length === 0)) return;
    this.#state = 'lost';
    this.#writer.abandon();
  }

  #listGapParts(): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    for (const endS of segment.partEndsS) this.#writer.gapParts(openingOf(segment), endS);
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
    if (event.type === 'discontinuity') {
      if (this.#state === 'whole') this.#lose();
    } else if (event.type === 'sample') this.#take(event.sample);
    else if (event.track.kind === 'video') this.#track = event.track;
  }

  #take(sample: Sample): void {
    const track = this.#track;
    assert(track !== undefined, 'Cannot package a rung: no track is known');
    const at = { dtsS: sample.dts / track.timescale, ptsS: sample.pts / track.timescale };
    this.#heardS = Math.max(this.#heardS, at.ptsS);
    for (let next = this.#cuts[0]; next !== undefined; next = this.#cuts[0]) {
      if (!hasReached(at, next.cut)) break;
      this.#next(sample);
    }
    const cut = this.#segment?.cut;
    if (this.#state === 'awaited' && cut !== undefined && hasReached(at, cut)) {
      const mayGoOn = this.#mayGoOn && isAt(at.dtsS, cut.startS);
      this.#begin(track, isAt(at.ptsS, cut.presentedS) && (sample.keyframe || mayGoOn));
    }
    if (this.#state !== 'whole') {
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
      this.#lose();
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
    const isClosed = this.#state === 'whole' && first !== undefined && this.#close(next, first);
    if (before !== undefined && !isClosed) this.#miss(before, next.cut.startS);
    this.#mayGoOn = isClosed && !next.cut.independent && !next.cut.discontinuity;
    this.#segment = next;
    this.#state = 'awaited';
    if (next.cut.discontinuity) this.#hasBreak = true;
  }

  #close({ cut }: LeadSegment, first: Sample): boolean {
    if (this.#writer.newest !== undefined) {
      if (cut.discontinuity) this.#writer.layLast(cut.startS);
      else if (!this.#lay(first)) return false;
    }
    return this.#writer.closeSegment();
  }

  #miss(segment: LeadSegment, nextS: number): void {
    const { cut, durationS } = segment;
    this.#writer.abandon();
    this.#listGapParts();
    this.#writer.gap(openingOf(segment), durationS === undefined ? nextS : cut.startS + durationS);
  }

  /** Players take another configuration after a discontinuity only: before, the rung is missing. */
  #begin(track: VideoTrack, isAligned: boolean): void {
    const segment = this.#segment;
    const known = this.#writer.track;
    const isOther = known !== undefined && !isSameTrack(known, track);
    if (segment === undefined || !isAligned || (isOther && !this.#hasBreak)) {
      this.#state = 'lost';
      return;
    }
    this.#writer.begin(
      openingOf(segment),
      isOther || known === undefined ? track : known,
      this.#hasBreak,
    );
    this.#state = 'whole';
    this.#hasBreak = false;
  }
}

/** When a sample is decoded and shown, in seconds. */
interface SampleTimes {
  readonly dtsS: number;
  readonly ptsS: number;
}

/** Whether a sample is the first one of the segment that begins at `cut`, or comes after it. */
function hasReached({ dtsS, ptsS }: SampleTimes, cut: LadderCut): boolean {
  const isDecoded = cut.independent || dtsS >= cut.startS - ALIGNMENT_S;
  return isDecoded && ptsS >= cut.presentedS - ALIGNMENT_S;
}

function isAt(timeS: number, placeS: number): boolean {
  return Math.abs(timeS - placeS) <= ALIGNMENT_S;
}

function openingOf({ cut }: LeadSegment): SegmentOpening {
  const { msn, startS, discontinuity } = cut;
  return { msn, startS, discontinuity, datedS: startS };
}
