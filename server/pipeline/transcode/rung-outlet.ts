/**
 * The place where what encoders make of a rung, one after another, becomes one feed.
 *
 * I1 Decode times grow; what a later encoder makes of the same time again is left out.
 * I2 After a hole comes a discontinuity, and then a keyframe.
 * I3 The track is published before the first sample, and again only when it has become another.
 */
import type { Feed } from '../../live/index.ts';
import { isSameTrack, type Sample, type Ticks, type VideoTrack } from '../../media/index.ts';

/**
 * Holes on their way through the encoder. More of them come from no source that can be watched: with
 * one more, the last two become one, and what lies between them is left out.
 */
const MAX_HOLES_AHEAD = 16;

/** Where something is missing. */
interface Hole {
  /** What is shown from here on follows the hole. */
  readonly beforePts: Ticks;
  /** What is shown before it is missing, too; later than `beforePts` where holes became one. */
  readonly untilPts: Ticks;
  readonly reason: string;
}

/** See the top of the file. */
export class RungOutlet {
  readonly #feed: Feed;
  readonly #holes: Hole[] = [];
  #offered: VideoTrack | undefined;
  #published: VideoTrack | undefined;
  #needsKeyframe = true;
  #lastDts: Ticks = Number.NEGATIVE_INFINITY;
  #lastPts: Ticks = Number.NEGATIVE_INFINITY;
  #discontinuities = 0;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** Presentation time of the last sample; minus infinity before the first. */
  get lastPts(): Ticks {
    return this.#lastPts;
  }

  /** Holes that readers were told of. */
  get discontinuities(): number {
    return this.#discontinuities;
  }

  /** Samples that come from now on are of `track`. */
  track(track: VideoTrack): void {
    this.#offered = track;
  }

  /** Something shown before `beforePts` is missing; by default right after what was published. */
  hole(reason: string, beforePts: Ticks = this.#lastPts): void {
    if (this.#published === undefined) return;
    this.#holes.push({ beforePts, untilPts: beforePts, reason });
    this.#holes.sort((one, other) => one.beforePts - other.beforePts);
    if (this.#holes.length <= MAX_HOLES_AHEAD) return;
    const [last, other] = this.#holes.splice(-2);
    if (last === undefined || other === undefined) return;
    this.#holes.push({ ...last, untilPts: Math.max(last.untilPts, other.untilPts) });
  }

  /** What comes now goes on right after what was published: nothing up to there is missing. */
  mend(): void {
    const ahead = this.#holes.filter(({ untilPts }) => untilPts > this.#lastPts);
    this.#holes.splice(0, this.#holes.length, ...ahead);
  }

  /** Publishes `sample` unless I1 or I2 leaves it out. */
  sample(sample: Sample): void {
    if (sample.dts <= this.#lastDts) return;
    const hole = this.#reached(sample.pts);
    if (hole !== undefined || this.#needsKeyframe) {
      this.#needsKeyframe = true;
      if (!sample.keyframe || this.#isMissing(sample.pts)) return;
    }
    if (hole !== undefined) {
      while (this.#reached(sample.pts) !== undefined) this.#holes.shift();
      this.#discontinuities += 1;
      this.#feed.publish({ type: 'discontinuity', reason: hole.reason });
    }
    this.#publishTrack();
    this.#needsKeyframe = false;
    this.#lastDts = sample.dts;
    this.#lastPts = sample.pts;
    this.#feed.publish({ type: 'sample', sample });
  }

  /** Nothing follows. */
  close(): void {
    this.#feed.close();
  }

  #reached(pts: Ticks): Hole | undefined {
    const hole = this.#holes[0];
    return hole !== undefined && pts >= hole.beforePts ? hole : undefined;
  }

  #isMissing(pts: Ticks): boolean {
    return this.#holes.some(({ beforePts, untilPts }) => pts >= beforePts && pts < untilPts);
  }

  #publishTrack(): void {
    const track = this.#offered;
    const published = this.#published;
    if (track === undefined || (published !== undefined && isSameTrack(track, published))) return;
    this.#published = track;
    this.#feed.publish({ type: 'track', track });
  }
}
