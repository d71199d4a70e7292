/** The source's samples since its last keyframe: where an encoder that starts now can begin. */
import type { Sample } from '../../media/index.ts';

/** Longer than twenty seconds at 60 frames, a start would have to catch up for too long. */
const MAX_REPLAY_SAMPLES = 1_200;
/** Bytes of them. */
const MAX_REPLAY_BYTES = 16 * 1024 * 1024;

/** See the top of the file. */
export class ReplayGop {
  #samples: Sample[] = [];
  #sizeBytes = 0;
  #isUsable = false;

  /** From a keyframe on, or none. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Adds the newest sample. */
  push(sample: Sample): void {
    if (sample.keyframe) {
      this.clear();
      this.#isUsable = true;
    }
    if (!this.#isUsable) return;
    this.#samples.push(sample);
    this.#sizeBytes += sample.data.length;
    if (this.#samples.length > MAX_REPLAY_SAMPLES || this.#sizeBytes > MAX_REPLAY_BYTES) {
      this.clear();
    }
  }

  /** Forgets all up to the next keyframe. */
  clear(): void {
    this.#samples = [];
    this.#sizeBytes = 0;
    this.#isUsable = false;
  }
}
