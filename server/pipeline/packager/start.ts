/**
 * Holds the very start of a broadcast until what has to be declared for all of it is known: which
 * track leads, and how long its frames last. That takes less than the first part does.
 */
import type { AudioTrack, MediaEvent, Sample, VideoTrack } from '../../media/index.ts';
import { FRAMES_TO_MEASURE, frameDuration } from './frame-duration.ts';
import { chooseTargets, type Targets } from './target.ts';

/** How much audio is held while no video has come; then the broadcast starts without. */
export const AUDIO_ALONE_PATIENCE_S = 1;
/** The most samples held, whatever their stamps say. */
export const MAX_HELD_SAMPLES = 1_024;
/** Frames that have to be seen even if they last as long as a part. */
const FEWEST_FRAMES = 3;
/** An AAC-LC frame at 44.1 kHz: what audio is likely to be while none is known. */
const LIKELY_AUDIO_FRAME_S = 1024 / 44_100;

/** The durations asked for, in seconds. */
export interface PackagerSettings {
  readonly partDurationS: number;
  readonly segmentDurationS: number;
}

/** See the top of the file. */
export class Start {
  readonly #settings: PackagerSettings;
  readonly #dropped: () => void;
  #held: MediaEvent[] = [];
  #video: VideoTrack | undefined;
  #audio: AudioTrack | undefined;
  /** Decode times in seconds since the first keyframe. */
  readonly #videoTimesS: number[] = [];
  readonly #audioTimesS: number[] = [];

  constructor(settings: PackagerSettings, dropped: () => void) {
    this.#settings = settings;
    this.#dropped = dropped;
  }

  /** Takes an event and holds it, unless it is video that cannot be decoded. */
  push(event: MediaEvent): void {
    if (event.type === 'track') {
      if (event.track.kind === 'video') this.#video = event.track;
      else this.#audio = event.track;
    }
    if (event.type === 'sample' && !this.#measure(event.sample)) {
      this.#dropped();
      return;
    }
    this.#held.push(event);
  }

  /** What was held, in order; given once. */
  release(): readonly MediaEvent[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }

  /** The targets once they can be told; `isEnd` when nothing more will come. */
  targets(isEnd = false): Targets | undefined {
    if (this.#videoTimesS.length > 0) return this.#videoIsKnown(isEnd) ? this.#choose() : undefined;
    if (this.#audioTimesS.length === 0) return undefined;
    return isEnd || this.#audioIsAlone() ? this.#choose() : undefined;
  }

  /** False for a sample of no use. */
  #measure(sample: Sample): boolean {
    const times = sample.kind === 'video' ? this.#videoTimesS : this.#audioTimesS;
    const timescale = (sample.kind === 'video' ? this.#video : this.#audio)?.timescale;
    if (timescale === undefined || (times.length === 0 && !sample.keyframe)) return false;
    times.push(sample.dts / timescale);
    return true;
  }

  #videoIsKnown(isEnd: boolean): boolean {
    const frames = this.#videoTimesS.length;
    if (isEnd || frames >= FRAMES_TO_MEASURE || this.#isFull) return true;
    return frames >= FEWEST_FRAMES && span(this.#videoTimesS) >= this.#settings.partDurationS;
  }

  /** Video that was announced gets a whole segment to show its first keyframe. */
  #audioIsAlone(): boolean {
    const patienceS =
      this.#video === undefined
        ? AUDIO_ALONE_PATIENCE_S
        : Math.max(AUDIO_ALONE_PATIENCE_S, this.#settings.segmentDurationS);
    return this.#isFull || span(this.#audioTimesS) >= patienceS;
  }

  get #isFull(): boolean {
    return this.#held.length >= MAX_HELD_SAMPLES;
  }

  #choose(): Targets {
    const hasVideo = this.#videoTimesS.length > 0;
    const audioFrameS =
      this.#audio === undefined
        ? LIKELY_AUDIO_FRAME_S
        : this.#audio.frameTicks / this.#audio.timescale;
    return chooseTargets({
      ...this.#settings,
      hasVideo,
      audioFrameS,
      frameS: hasVideo ? frameDuration(this.#videoTimesS, this.#video?.frameRate) : audioFrameS,
    });
  }
}

function span(timesS: readonly number[]): number {
  return (timesS.at(-1) ?? 0) - (timesS[0] ?? 0);
}
