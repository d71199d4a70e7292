/**
 * Decides where segments end, from the track that leads: video, or audio while there is none.
 * Where it cuts, the other rendition is cut too.
 */
import type { Sample } from '../../media/index.ts';
import { KeyframePace } from './keyframe-pace.ts';
import type { WarningCode } from './packaged.ts';
import type { RenditionWriter } from './rendition-writer.ts';
import type { Targets } from './target.ts';

/** After this long without a keyframe the encoder's owner is told, not only at the next one. */
export const KEYFRAME_PATIENCE_S = 10;

/** How a segment begins. */
export interface CutKind {
  readonly discontinuity: boolean;
  /** Its first sample is a keyframe. */
  readonly independent: boolean;
  /** When its first sample is shown, in seconds. */
  readonly presentedS: number;
}

/** What a lead asks of the packager. */
export interface LeadHost {
  /** The source's timeline broke: the next keyframe begins a segment with a discontinuity. */
  readonly breakPending: boolean;
  /** Where the running segment opened, in seconds. */
  readonly segmentStartS: number;
  /** Ends the running segment and begins the next one at `atS`, in both renditions. */
  cut(atS: number, kind: CutKind): void;
  warn(code: WarningCode, message: string): void;
}

/** See the top of the file. */
export class Lead {
  readonly #writer: RenditionWriter;
  readonly #targets: Targets;
  readonly #host: LeadHost;
  readonly #pace = new KeyframePace();
  /** A segment began without a keyframe, and the interval that explains it is not known yet. */
  #owesWarning = false;

  constructor(writer: RenditionWriter, targets: Targets, host: LeadHost) {
    this.#writer = writer;
    this.#targets = targets;
    this.#host = host;
  }

  /** Keyframes so far. */
  get keyframesSeen(): number {
    return this.#pace.seen;
  }

  /** Takes the next sample, stamped `atS` seconds; the one before it is written. */
  take(sample: Sample, atS: number): void {
    const writer = this.#writer;
    if (sample.keyframe) this.#seeKeyframe(atS);
    if (writer.newest === undefined) {
      writer.hold(sample);
      return;
    }
    if (sample.keyframe && (this.#host.breakPending || writer.isHole(sample.dts))) {
      this.#break(sample, atS);
      return;
    }
    this.#cutOverlong(writer.newestS + writer.fittedS(sample.dts));
    writer.lay(sample.dts);
    if (writer.lagS(sample.dts) > this.#targets.targetDuration) this.#giveUpLag(sample, atS);
    else this.#decide(sample);
    writer.hold(sample);
  }

  /** Writes the newest sample, after which nothing follows that belongs to it, before `untilS`. */
  layLast(untilS = Number.POSITIVE_INFINITY): void {
    if (this.#writer.newest === undefined) return;
    this.#cutOverlong(Math.min(untilS, this.#writer.expectedEndS));
    this.#writer.layLast(untilS);
  }

  #seeKeyframe(atS: number): void {
    this.#pace.see(atS);
    const { intervalS } = this.#pace;
    if (!this.#owesWarning || intervalS === undefined) return;
    this.#owesWarning = false;
    this.#warnOfInterval(`every ${intervalS.toFixed(1)} s`);
  }

  #warnOfInterval(howOften: string): void {
    const wantedS = this.#targets.segmentDurationS;
    const advisedS = wantedS >= 1 ? Math.floor(wantedS) : wantedS;
    this.#host.warn(
      'keyframe_interval_too_long',
      `Keyframes come ${howOften}, but segments last ${wantedS} s. ` +
        `Set the keyframe interval of your encoder to ${advisedS} s.`,
    );
  }

  /** What follows is not what came before: the timeline is taken up anew at its own stamp. */
  #break(sample: Sample, atS: number): void {
    this.layLast(atS);
    this.#host.cut(atS, this.#cutAt(sample, true));
    this.#writer.hold(sample);
  }

  /** Frames this far apart cannot be caught up with; better a visible break than growing drift. */
  #giveUpLag(sample: Sample, atS: number): void {
    const limitS = this.#targets.partTarget;
    this.#host.warn(
      'frame_rate_too_low',
      `Video frames lie further apart than the ${limitS} s that a part may last. ` +
        'Set a constant frame rate on your encoder.',
    );
    this.#host.cut(atS, this.#cutAt(sample, true));
  }

  /** Cuts before the newest sample if the segment would last too long with it, until `endS`. */
  #cutOverlong(endS: number): void {
    const writer = this.#writer;
    if (writer.segmentS === 0 || writer.newest === undefined) return;
    if (endS - this.#host.segmentStartS <= this.#targets.maxLeadSegmentS) return;
    this.#cutContinuous(writer.newestS, writer.newest);
  }

  /** Whether a segment or part ends right before `sample`. */
  #decide(sample: Sample): void {
    const writer = this.#writer;
    const { nominalPartS, segmentDurationS, maxLeadSegmentS } = this.#targets;
    const atS = writer.endS;
    const { segmentStartS } = this.#host;
    const elapsedS = atS - segmentStartS;
    if (sample.keyframe && this.#pace.isNearest(elapsedS, segmentDurationS, maxLeadSegmentS)) {
      this.#cutContinuous(atS, sample);
      return;
    }
    if (writer.partIsDue) {
      const isFull = elapsedS >= segmentDurationS - nominalPartS / 2;
      if (isFull && !this.#pace.isInReach(segmentStartS, maxLeadSegmentS)) {
        this.#cutContinuous(atS, sample);
      } else writer.closePart();
      return;
    }
    // A keyframe first in its part lets players join there, where the part before may end.
    const isRare = (this.#pace.intervalS ?? 0) > nominalPartS;
    if (sample.keyframe && isRare && writer.partMayClose) writer.closePart();
  }

  #cutContinuous(atS: number, first: Sample): void {
    this.#host.cut(atS, this.#cutAt(first, false));
    if (first.keyframe) return;
    this.#owesWarning = true;
    if (this.#pace.sinceLast(atS) < KEYFRAME_PATIENCE_S) return;
    this.#warnOfInterval(`less often than every ${KEYFRAME_PATIENCE_S} s`);
  }

  #cutAt({ pts, keyframe }: Sample, discontinuity: boolean): CutKind {
    const timescale = this.#writer.track?.timescale ?? 1;
    return { discontinuity, independent: keyframe, presentedS: pts / timescale };
  }
}
