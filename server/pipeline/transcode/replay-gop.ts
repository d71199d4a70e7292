/**
 * The source's samples since the keyframe before its last one: where an encoder that starts now can
 * begin, and go on exactly where another ended.
 */
import type { Sample, Ticks } from '../../media/index.ts';

/** Longer than twenty seconds at 60 frames, a start would have to catch up for too long. */
const MAX_REPLAY_SAMPLES = 1_200;
/** Bytes of them. */
const MAX_REPLAY_BYTES = 16 * 1024 * 1024;

/** Samples from a keyframe up to the next. */
interface Gop {
  readonly samples: Sample[];
  sizeBytes: number;
}

/** See the top of the file. */
export class ReplayGop {
  #before: Gop | undefined;
  #current: Gop | undefined;

  /** From the last keyframe on, or none. */
  get samples(): readonly Sample[] {
    return this.#current?.samples ?? [];
  }

  /** Adds the newest sample. */
  push(sample: Sample): void {
    if (sample.keyframe) {
      this.#before = this.#current;
      this.#current = { samples: [], sizeBytes: 0 };
    }
    const current = this.#current;
    if (current === undefined) return;
    current.samples.push(sample);
    current.sizeBytes += sample.data.length;
    if (isTooLong(current, this.#before)) this.#before = undefined;
    if (isTooLong(current)) this.#current = undefined;
  }

  /**
   * From a keyframe on everything that is shown after `pts`, and at it if so asked; undefined when
   * some of it is not here any more.
   */
  after(pts: Ticks, isIncluded = false): readonly Sample[] | undefined {
    const before = this.#before?.samples ?? [];
    const first = before[0] ?? this.samples[0];
    if (first === undefined || pts < first.pts) return undefined;
    const isBefore = before.some(
      (sample) => sample.pts > pts || (isIncluded && sample.pts === pts),
    );
    return isBefore ? [...before, ...this.samples] : this.samples;
  }

  /** Forgets all up to the next keyframe. */
  clear(): void {
    this.#before = undefined;
    this.#current = undefined;
  }
}

function isTooLong(current: Gop, before?: Gop): boolean {
  const samples = current.samples.length + (before?.samples.length ?? 0);
  const sizeBytes = current.sizeBytes + (before?.sizeBytes ?? 0);
  return samples > MAX_REPLAY_SAMPLES || sizeBytes > MAX_REPLAY_BYTES;
}
