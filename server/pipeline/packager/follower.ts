/**
 * Audio that follows video: it is cut at the first frame that starts at or after each place where
 * video was cut. A frame is written once video has come past its start, so that every cut which
 * concerns it is known; that waits for no more than the next video frame.
 */
import type { Sample, Track } from '../../media/index.ts';
import type { RenditionWriter, SegmentOpening } from './rendition-writer.ts';
import type { Targets } from './target.ts';

/** The most samples that wait for the other track; above it the other counts as stopped. */
export const MAX_WAITING_SAMPLES = 4_096;

interface Waiting {
  readonly sample: Sample;
  readonly track: Track;
  /** It came after a silence: it belongs behind the cut with the discontinuity. */
  readonly resumes: boolean;
}

/** A segment, and the track whose samples go into it. */
interface SegmentCut extends SegmentOpening {
  readonly kind: 'segment';
  readonly track: Track;
}

type Cut = SegmentCut | { readonly kind: 'part'; readonly startS: number };

/** See the top of the file. */
export class Follower {
  readonly #writer: RenditionWriter;
  readonly #targets: Targets;
  readonly #dropped: () => void;
  #waiting: Waiting[] = [];
  #cuts: Cut[] = [];
  /** The segment being written; undefined until the first cut is reached. */
  #segment: SegmentOpening | undefined;
  /** Track of the writer's newest sample. */
  #newestTrack: Track | undefined;
  #latestS = Number.NEGATIVE_INFINITY;
  /** A silence has passed, and the cut with the discontinuity has not been reached. */
  #resumes = false;

  /** `dropped` hears of each sample that cannot be written. */
  constructor(writer: RenditionWriter, targets: Targets, dropped: () => void) {
    this.#writer = writer;
    this.#targets = targets;
    this.#dropped = dropped;
  }

  /** Start of the latest sample received, in seconds. */
  get latestS(): number {
    return this.#latestS;
  }

  /** Samples that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Start of the oldest sample that waits, in seconds. */
  get oldestS(): number | undefined {
    const first = this.#waiting[0];
    return first && startOf(first);
  }

  /** Cuts that lie ahead. */
  get hasCuts(): boolean {
    return this.#cuts.length > 0;
  }

  /** One more sample, which waits. */
  push(sample: Sample, track: Track): void {
    this.#waiting.push({ sample, track, resumes: this.#resumes });
    this.#latestS = sample.dts / track.timescale;
  }

  /** The oldest sample that waits, taken because this track leads itself. */
  shift(): Waiting | undefined {
    const first = this.#waiting.shift();
    if (first !== undefined) this.#newestTrack = first.track;
    return first;
  }

  /** What comes now comes after a silence; a cut with a discontinuity is going to say where. */
  resume(): void {
    this.#resumes = true;
  }

  /** A segment begins at `opening.startS`. */
  cutSegment(opening: SegmentOpening, track: Track): void {
    this.#cuts.push({ kind: 'segment', ...opening, track });
  }

  /** A part of the leading rendition ended at `atS`. */
  cutPart(atS: number): void {
    if (this.#segment !== undefined || this.#cuts.length > 0) {
      this.#cuts.push({ kind: 'part', startS: atS });
    }
  }

  /** Drops what starts before `horizonS`: no segment that it could go into will come. */
  prune(horizonS: number): void {
    for (let atS = this.oldestS; atS !== undefined && atS < horizonS; atS = this.oldestS) {
      this.#waiting.shift();
      this.#dropped();
    }
  }

  /** Goes one sample on if it can; every cut before `horizonS` is known. False when it cannot. */
  step(horizonS: number): boolean {
    const writer = this.#writer;
    const next = this.#waiting[0];
    if (next === undefined) return false;
    if (next.resumes && this.#resumes) {
      const cut = this.#cuts.findLast((each) => each.kind === 'segment' && each.discontinuity);
      if (cut === undefined && horizonS < Number.POSITIVE_INFINITY) return false;
      if (cut !== undefined && startOf(next) < cut.startS) {
        this.#waiting.shift();
        this.#dropped();
        return true;
      }
      this.#writeLast();
    } else if (writer.newest !== undefined) {
      if (writer.newestS >= horizonS) return false;
      this.#writeNewest(next);
    }
    this.#waiting.shift();
    this.#hold(next);
    return true;
  }

  /** Applies the cuts that the newest sample has reached. */
  applyCuts(): void {
    for (let cut = this.#cuts[0]; cut !== undefined; cut = this.#cuts[0]) {
      if (this.#newestFor(cut) < cut.startS) return;
      this.#cuts.shift();
      if (cut.kind === 'segment') this.#begin(cut);
      else if (this.#writer.partMayClose) this.#writer.closePart();
    }
  }

  /** Writes all that waits: nothing follows. */
  end(): void {
    while (this.step(Number.POSITIVE_INFINITY));
    this.#writeLast();
    this.#writer.closeSegment();
  }

  /**
   * Ends what is being written, because nothing comes any more, and fills the segments since with
   * gaps. Returns the segment that is open and has no media, if there is one.
   */
  stop(): SegmentOpening | undefined {
    this.#writeLast();
    let open = this.#writer.closeSegment() ? undefined : this.#segment;
    for (const cut of this.#cuts) {
      if (cut.kind !== 'segment') continue;
      if (open !== undefined) this.#writer.gap(open, cut.startS);
      open = cut;
    }
    for (const _ of this.#waiting) this.#dropped();
    this.#waiting = [];
    this.#cuts = [];
    this.#segment = undefined;
    this.#resumes = false;
    return this.#writer.begun ? open : undefined;
  }

  /** The segment that follows is led by this track itself. */
  lead(opening: SegmentOpening): void {
    this.#segment = opening;
    this.#resumes = false;
  }

  #writeNewest(next: Waiting): void {
    const writer = this.#writer;
    if (!this.#isWritable()) this.#drop();
    else if (next.track !== this.#newestTrack) {
      writer.layLast(next.sample.dts / next.track.timescale);
    } else if (!this.#fitsSegment(writer.fittedS(next.sample.dts))) this.#drop();
    else writer.lay(next.sample.dts);
  }

  #writeLast(): void {
    const writer = this.#writer;
    if (writer.newest === undefined) return;
    const isFitting = this.#fitsSegment(writer.expectedEndS - writer.newestS);
    if (this.#isWritable() && isFitting) writer.layLast(Number.POSITIVE_INFINITY);
    else this.#drop();
  }

  #fitsSegment(durationS: number): boolean {
    return this.#writer.segmentS + durationS <= this.#targets.maxSegmentS;
  }

  #hold(next: Waiting): void {
    this.#newestTrack = next.track;
    this.#writer.hold(next.sample);
    this.applyCuts();
  }

  #drop(): void {
    this.#writer.discard();
    this.#dropped();
  }

  #isWritable(): boolean {
    return this.#segment !== undefined && this.#newestTrack === this.#writer.track;
  }

  /** Where the newest sample stands for `cut`: by its own stamp where the timeline breaks. */
  #newestFor(cut: Cut): number {
    const { newest } = this.#writer;
    const timescale = this.#newestTrack?.timescale;
    if (newest === undefined || timescale === undefined) return Number.NEGATIVE_INFINITY;
    const breaks = this.#segment === undefined || (cut.kind === 'segment' && cut.discontinuity);
    return breaks ? newest.dts / timescale : this.#writer.newestS;
  }

  #begin(cut: SegmentCut): void {
    const hadMedia = this.#writer.closeSegment();
    if (!hadMedia && this.#segment !== undefined) this.#writer.gap(this.#segment, cut.startS);
    this.#segment = cut;
    if (cut.discontinuity) this.#resumes = false;
    this.#writer.begin(cut, cut.track);
  }
}

/** In seconds. */
function startOf({ sample, track }: Waiting): number {
  return sample.dts / track.timescale;
}
