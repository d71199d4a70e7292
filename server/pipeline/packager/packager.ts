/**
 * Makes CMAF parts and segments of a broadcast's samples: video and audio apart, in step. Knows no
 * clock and does no I/O; what a sample completes is returned by the `push` that brought it.
 *
 * Video leads: segments end at the keyframe nearest to the duration asked for, and audio is cut
 * there too. Without video, audio leads.
 *
 * I1 `targets` comes first and once; both renditions number their segments from one count, from 1.
 * I2 A segment begins with a discontinuity in both renditions or in neither.
 * I3 No segment's duration rounds above the target duration, no part passes PART-TARGET.
 * I4 Presentation times are never changed; what cannot be decoded is dropped and counted.
 *
 * What happens to the irregular:
 * - no keyframe in time: a segment begins without one, and a warning says what to set;
 * - a hole before a keyframe, another codec configuration, a `discontinuity`: a discontinuity at
 *   that keyframe; other holes are bridged (see rendition-writer.ts);
 * - a track silent for a target duration: its segment ends, `gap` stands for those that follow,
 *   the other track goes on; when it is back, it joins at a segment with a discontinuity;
 * - a track that appears later joins at the next segment.
 */
import type { MediaEvent } from '../../media/index.ts';
import type { Emit, PackagedEvent, RenditionName } from './packaged.ts';
import { RenditionPair } from './rendition-pair.ts';
import { RungPackager } from './rung-packager.ts';
import { type PackagerSettings, Start } from './start.ts';
import type { Targets } from './target.ts';

/** See the top of the file. */
export class Packager {
  readonly #start: Start;
  #pair: RenditionPair | undefined;
  #targets: Targets | undefined;
  #out: PackagedEvent[] = [];
  #droppedSamples = 0;
  #ended = false;

  constructor(settings: PackagerSettings) {
    this.#start = new Start(settings, this.#drop);
  }

  /** Takes the next event of the broadcast; returns what it completes, in order. */
  push(event: MediaEvent): PackagedEvent[] {
    if (this.#ended) return [];
    if (this.#pair !== undefined) this.#pair.push(event);
    else {
      this.#start.push(event);
      this.#begin(false);
    }
    return this.#take();
  }

  /**
   * A packager of rung `name` with the targets of this one, to be told each `cut` from now on;
   * undefined while the targets are not known.
   */
  openRung(name: RenditionName, emit: Emit): RungPackager | undefined {
    return this.#targets && new RungPackager(name, this.#targets, emit, this.#drop);
  }

  /** The broadcast has ended: returns the rest. Later events are ignored. */
  end(): PackagedEvent[] {
    if (this.#ended) return [];
    this.#ended = true;
    if (this.#pair === undefined) this.#begin(true);
    this.#pair?.end();
    return this.#take();
  }

  /**
   * Whether every segment began with a keyframe, for EXT-X-INDEPENDENT-SEGMENTS: undefined while
   * only one keyframe was seen, and false for good once a segment did not.
   */
  get independentSegments(): boolean | undefined {
    return this.#pair?.independentSegments;
  }

  /** Samples that could not be put into any segment. */
  get droppedSamples(): number {
    return this.#droppedSamples;
  }

  #begin(isEnd: boolean): void {
    const targets = this.#start.targets(isEnd);
    if (targets === undefined) return;
    this.#targets = targets;
    const { targetDuration, partTarget } = targets;
    this.#out.push({ type: 'targets', targetDuration, partTarget });
    this.#pair = new RenditionPair(targets, (event) => this.#out.push(event), this.#drop);
    for (const event of this.#start.release()) this.#pair.push(event);
  }

  readonly #drop = (): void => {
    this.#droppedSamples++;
  };

  #take(): PackagedEvent[] {
    const out = this.#out;
    if (out.length > 0) this.#out = [];
    return out;
  }
}
