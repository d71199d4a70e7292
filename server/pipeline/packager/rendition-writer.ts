/**
 * Writes one rendition: samples into parts, parts into segments. When a segment ends is for
 * others to say; that every part is legal is seen to here.
 *
 * I1 No part lasts longer than PART-TARGET, and none but a segment's last less than 85 % of it.
 * I2 Within a run without discontinuity each sample decodes where the one before it ends.
 * I3 Presentation times are those of the samples, to the tick.
 *
 * Encoders leave holes, and frames need not fit. A part that would come out too long or too short
 * because of it ends at its nominal duration, and the sample after it takes over there: it decodes
 * earlier than its stamp said, by a lag that its composition offset makes good. The samples that
 * follow catch up, since parts then hold fewer of them.
 */
import { assert } from '../../base/index.ts';
import { type ChunkSample, chunk, initSegment } from '../../format/cmaf/index.ts';
import type { Sample, Ticks, Track } from '../../media/index.ts';
import type { Emit, RenditionName } from './packaged.ts';
import { MIN_PART_SHARE, type Targets } from './target.ts';

/** A part is closed at this many samples whatever they last: stamps that stand still never end. */
export const MAX_PART_SAMPLES = 4_096;

/** What is missing of a part and shorter than this is rounding, not media. Seconds. */
const SHORTEST_GAP_PART_S = 0.002;

/** A segment as both renditions know it before it has media. */
export interface SegmentOpening {
  readonly msn: number;
  /** Media time at which it opens, in seconds. */
  readonly startS: number;
  readonly discontinuity: boolean;
  /** Media time that it is dated by, where its first sample is not to say. */
  readonly datedS?: number;
}

/** A part's limits in ticks of the track's timescale. */
interface PartLimits {
  readonly least: Ticks;
  readonly nominal: Ticks;
  readonly most: Ticks;
}

/** How a sample goes into the running part. */
interface Fit {
  /** The part ends before the sample. */
  readonly endsBefore: boolean;
  readonly duration: Ticks;
  /** The part ends with the sample, cut to `duration`. */
  readonly endsAfter: boolean;
}

/** See the top of the file. */
export class RenditionWriter {
  readonly #name: RenditionName;
  readonly #targets: Targets;
  readonly #emit: Emit;
  readonly #partClosed: (endS: number) => void;
  #track: Track | undefined;
  #limits: PartLimits = { least: 0, nominal: 0, most: 0 };
  #initIndex = -1;
  #initIsDue = false;
  #sequence = 0;
  #segment: SegmentOpening | undefined;
  #segmentStart: Ticks = 0;
  #segmentTicks: Ticks = 0;
  #partIndex = 0;
  #samples: ChunkSample[] = [];
  #partStart: Ticks = 0;
  #partTicks: Ticks = 0;
  /** Of the running segment's parts that are missing, in seconds. */
  #missedS = 0;
  /** Its duration is unknown until its successor comes. */
  #newest: Sample | undefined;
  #newestDts: Ticks = 0;
  /** Where the last written sample ends; undefined where the next one's own stamp holds. */
  #end: Ticks | undefined;
  #usualDuration: Ticks = 0;

  /** `partClosed` hears the media time in seconds at which each part ends. */
  constructor(
    name: RenditionName,
    targets: Targets,
    emit: Emit,
    partClosed = (_endS: number) => {},
  ) {
    this.#name = name;
    this.#targets = targets;
    this.#emit = emit;
    this.#partClosed = partClosed;
  }

  /** Has an init segment, so players know the rendition. */
  get begun(): boolean {
    return this.#initIndex >= 0;
  }

  /** Of the newest init segment; -1 before the first. */
  get initIndex(): number {
    return this.#initIndex;
  }

  /** What the running segment's samples have to be of. */
  get track(): Track | undefined {
    return this.#track;
  }

  /** The sample that waits for its successor. */
  get newest(): Sample | undefined {
    return this.#newest;
  }

  /** Where the newest sample decodes, in seconds; meaningless without one. */
  get newestS(): number {
    return this.#newestDts / this.#timescale;
  }

  /** Where the newest sample's own stamp puts it, in seconds; meaningless without one. */
  get stampS(): number {
    return (this.#newest?.dts ?? 0) / this.#timescale;
  }

  /** Where the next sample decodes if it follows without a discontinuity, in seconds. */
  get endS(): number {
    return (this.#end ?? this.#newestDts) / this.#timescale;
  }

  /** Where the newest sample is likely to end, in seconds. */
  get expectedEndS(): number {
    return (this.#newestDts + this.#frameTicks) / this.#timescale;
  }

  /** Duration written to the running segment, in seconds. */
  get segmentS(): number {
    return this.#segmentTicks / this.#timescale;
  }

  /** The running part is as near to its nominal duration as whole frames allow. */
  get partIsDue(): boolean {
    return (
      this.partMayClose &&
      this.#partTicks + Math.min(this.#usualDuration, this.#limits.nominal) / 2 >=
        this.#limits.nominal
    );
  }

  /** The running part may end here without being the last of its segment. */
  get partMayClose(): boolean {
    return this.#samples.length > 0 && this.#partTicks >= this.#limits.least;
  }

  /** Seconds that the newest sample would last if the next one is stamped `nextDts`. */
  fittedS(nextDts: Ticks): number {
    return this.#fit(nextDts - this.#newestDts).duration / this.#timescale;
  }

  /** Seconds by which a sample stamped `dts` would decode early if it follows what is written. */
  lagS(dts: Ticks): number {
    return (dts - (this.#end ?? dts)) / this.#timescale;
  }

  /** More is missing before a sample stamped `nextDts` than the parts around it can take up. */
  isHole(nextDts: Ticks): boolean {
    const duration = nextDts - this.#newestDts;
    return duration - this.#fit(duration).duration > this.#limits.nominal;
  }

  /**
   * What is written from here on belongs to `segment`; the one before must be closed. Another
   * track is taken up with a discontinuity only, since players need one to take another init;
   * `hasBreak` says that one lies behind, in a gap.
   */
  begin(segment: SegmentOpening, track: Track, hasBreak = segment.discontinuity): void {
    this.#segment = segment;
    if (track !== this.#track && (hasBreak || !this.begun)) this.#setTrack(track);
    if (!hasBreak) return;
    this.#end = undefined;
    if (this.#newest !== undefined) this.#newestDts = this.#newest.dts;
  }

  /** Takes the sample after the newest one, which must have been written or discarded. */
  hold(sample: Sample): void {
    assert(this.#newest === undefined, 'Cannot hold a sample: one is held');
    this.#newest = sample;
    this.#newestDts = this.#end ?? sample.dts;
  }

  /** Writes the newest sample, which lasts until `nextDts`; may end the part before or after it. */
  lay(nextDts: Ticks): void {
    const duration = Math.max(0, nextDts - this.#newestDts);
    const fit = this.#fit(duration);
    if (fit.endsBefore) this.closePart();
    this.#write(fit.duration);
    if (fit.duration === duration) this.#usualDuration = duration;
    if (fit.endsAfter || this.#samples.length >= MAX_PART_SAMPLES) this.closePart();
  }

  /** Writes the newest sample, after which nothing or something else follows, at most at `untilS`. */
  layLast(untilS: number): void {
    if (this.#newest === undefined) return;
    const room = Math.floor(untilS * this.#timescale) - this.#newestDts;
    this.lay(this.#newestDts + Math.max(0, Math.min(room, this.#frameTicks)));
  }

  /** Lets go of the newest sample unwritten. */
  discard(): void {
    this.#newest = undefined;
  }

  /** Ends the running part, if it has samples. */
  closePart(): void {
    const first = this.#samples[0];
    if (first === undefined) return;
    const segment = this.#announced();
    this.#emit({
      type: 'part',
      rendition: this.#name,
      msn: segment.msn,
      partIndex: this.#partIndex++,
      duration: this.#partTicks / this.#timescale,
      independent: first.keyframe,
      bytes: chunk({
        sequence: ++this.#sequence,
        baseDecodeTime: this.#partStart,
        samples: this.#samples,
      }),
    });
    const endS = (this.#partStart + this.#partTicks) / this.#timescale;
    this.#samples = [];
    this.#partTicks = 0;
    this.#partClosed(endS);
  }

  /** Ends the running segment; false when it has no media. */
  closeSegment(): boolean {
    this.closePart();
    const hadMedia = this.#partIndex > 0;
    if (hadMedia) {
      this.#emit({
        type: 'segment',
        ...this.#place(),
        duration: this.#segmentTicks / this.#timescale,
      });
    }
    this.#segment = undefined;
    this.#segmentTicks = 0;
    this.#partIndex = 0;
    return hadMedia;
  }

  /** The running segment will not be whole: lets go of what is in no part yet. */
  abandon(): void {
    this.#newest = undefined;
    this.#samples = [];
    this.#segmentTicks -= this.#partTicks;
    this.#partTicks = 0;
    this.#end = undefined;
  }

  /**
   * Stands for the parts that are missing of an abandoned segment up to `toS` seconds from its
   * opening, once players know of this rendition.
   */
  gapParts(opening: SegmentOpening, toS: number): void {
    if (!this.begun) return;
    for (;;) {
      const leftS = toS - this.segmentS - this.#missedS;
      if (leftS < SHORTEST_GAP_PART_S) return;
      if (this.#partIndex === 0) {
        this.#segment = opening;
        this.#emit({ type: 'segment-start', ...this.#place() });
      }
      const duration = Math.min(leftS, this.#targets.partTarget);
      const partIndex = this.#partIndex++;
      const { msn } = opening;
      this.#emit({ type: 'gap-part', rendition: this.#name, msn, partIndex, duration });
      this.#missedS += duration;
    }
  }

  /** Stands for a segment that is not whole, from its opening to `endS`, once players know of this. */
  gap(opening: SegmentOpening, endS: number): void {
    this.#end = undefined;
    this.#segment = undefined;
    this.#segmentTicks = 0;
    this.#missedS = 0;
    this.#partIndex = 0;
    if (!this.begun) return;
    // A source with a hole goes on later than a segment may last, and one that was joined earlier.
    const { maxSegmentS, frameS } = this.#targets;
    const durationS = Math.max(frameS, Math.min(endS - opening.startS, maxSegmentS));
    this.#emit({
      type: 'gap',
      rendition: this.#name,
      msn: opening.msn,
      startTimeS: opening.startS,
      duration: durationS,
      discontinuity: opening.discontinuity,
      initIndex: this.#initIndex,
    });
  }

  get #timescale(): number {
    return this.#track?.timescale ?? 1;
  }

  /** The usual duration of a frame. */
  get #frameTicks(): Ticks {
    if (this.#usualDuration > 0) return this.#usualDuration;
    if (this.#track?.kind === 'audio') return this.#track.frameTicks;
    return Math.round(this.#targets.frameS * this.#timescale);
  }

  #fit(duration: Ticks): Fit {
    const { least, nominal, most } = this.#limits;
    const before = this.#partTicks;
    if (before + duration <= most) return { endsBefore: false, duration, endsAfter: false };
    if (before < least) return { endsBefore: false, duration: nominal - before, endsAfter: true };
    if (duration <= most) return { endsBefore: true, duration, endsAfter: false };
    return { endsBefore: true, duration: nominal, endsAfter: true };
  }

  #write(duration: Ticks): void {
    const sample = this.#newest;
    assert(sample !== undefined, 'Cannot write a sample: none is held');
    assert(this.#segment !== undefined, 'Cannot write a sample: no segment has begun');
    if (this.#samples.length === 0) this.#partStart = this.#newestDts;
    if (this.#partIndex === 0 && this.#samples.length === 0) this.#segmentStart = this.#newestDts;
    this.#samples.push({
      duration,
      compositionOffset: sample.pts - this.#newestDts,
      keyframe: sample.keyframe,
      data: sample.data,
    });
    this.#partTicks += duration;
    this.#segmentTicks += duration;
    this.#end = this.#newestDts + duration;
    this.#newest = undefined;
  }

  /** Says that the running segment starts, once, right before its first part. */
  #announced(): SegmentOpening {
    const segment = this.#segment;
    assert(segment !== undefined, 'Cannot close a part: no segment has begun');
    if (this.#partIndex > 0) return segment;
    if (this.#initIsDue) this.#emitInit();
    this.#emit({ type: 'segment-start', ...this.#place() });
    return segment;
  }

  #emitInit(): void {
    const track = this.#track;
    assert(track !== undefined, 'Cannot write an init segment: no track is known');
    this.#initIsDue = false;
    this.#initIndex++;
    this.#emit({
      type: 'init',
      rendition: this.#name,
      initIndex: this.#initIndex,
      track,
      bytes: initSegment(track),
    });
  }

  #place() {
    return {
      rendition: this.#name,
      msn: this.#segment?.msn ?? 0,
      startTimeS: this.#segment?.datedS ?? this.#segmentStart / this.#timescale,
      discontinuity: this.#segment?.discontinuity ?? false,
      initIndex: this.#initIndex,
    };
  }

  #setTrack(track: Track): void {
    this.#track = track;
    this.#initIsDue = true;
    this.#usualDuration = 0;
    this.#end = undefined;
    const most = Math.floor(this.#targets.partTarget * track.timescale + 1e-6);
    const least = Math.ceil(this.#targets.partTarget * MIN_PART_SHARE * track.timescale - 1e-6);
    const nominal = Math.round(this.#targets.nominalPartS * track.timescale);
    this.#limits = { least, most, nominal: Math.max(least, Math.min(nominal, most)) };
  }
}
