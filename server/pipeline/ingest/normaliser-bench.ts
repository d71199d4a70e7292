/** What the tests of the normaliser share: a source to play, and a look at what came out. */
import type { AudioTrack, MediaEvent, Sample, TrackKind, VideoTrack } from '../../media/index.ts';
import { Normaliser } from './normaliser.ts';
import type { RawSample } from './normaliser-input.ts';

const VIDEO: VideoTrack = {
  kind: 'video',
  codec: 'avc1',
  codecString: 'avc1.64001f',
  timescale: 90_000,
  width: 1280,
  height: 720,
  frameRate: 25,
  config: new Uint8Array(),
};
/** AAC at 48 kHz, 64/3 ms a frame. */
export const AUDIO: AudioTrack = {
  kind: 'audio',
  codec: 'mp4a',
  codecString: 'mp4a.40.2',
  timescale: 48_000,
  channels: 2,
  frameTicks: 1024,
  config: new Uint8Array(),
};

/** A normaliser at work, with everything that came out of it. */
export class Bench {
  readonly normaliser = new Normaliser();
  readonly events: MediaEvent[] = [];
  nowMs = 0;

  constructor(...kinds: readonly TrackKind[]) {
    if (kinds.includes('video')) this.normaliser.push({ type: 'track', track: VIDEO }, 0);
    if (kinds.includes('audio')) this.normaliser.push({ type: 'track', track: AUDIO }, 0);
  }

  /** Pushes one sample; returns what came out. */
  push(kind: TrackKind, stampMs: number, more: Partial<RawSample> = {}): MediaEvent[] {
    const sample: RawSample = {
      kind,
      stampMs: Math.round(stampMs) >>> 0,
      nanos: 0,
      compositionOffsetMs: 0,
      durationTicks: kind === 'audio' ? AUDIO.frameTicks : 0,
      keyframe: true,
      data: new Uint8Array(),
      ...more,
    };
    const out = this.normaliser.push({ type: 'sample', sample }, this.nowMs);
    this.events.push(...out);
    return out;
  }

  /** 40 ms video frames and 21.3 ms audio frames from `fromMs` for `lengthMs`, in order of time. */
  run(fromMs: number, lengthMs: number, kinds: readonly TrackKind[] = ['video', 'audio']): void {
    let audioMs = 0;
    for (let videoMs = 0; videoMs < lengthMs; videoMs += 40) {
      if (kinds.includes('video')) this.push('video', fromMs + videoMs);
      for (; audioMs < videoMs + 40; audioMs += 64 / 3) {
        if (kinds.includes('audio')) this.push('audio', fromMs + audioMs);
      }
      this.nowMs += 40;
    }
  }

  samples(kind: TrackKind): Sample[] {
    return this.events.flatMap((event) =>
      event.type === 'sample' && event.sample.kind === kind ? [event.sample] : [],
    );
  }

  /** Decode times of a track in ms. */
  times(kind: TrackKind): number[] {
    const perMs = kind === 'video' ? 90 : 48;
    return this.samples(kind).map((sample) => sample.dts / perMs);
  }

  repairs(): Record<string, number> {
    return Object.fromEntries(this.normaliser.repairs);
  }

  discontinuities(): number {
    return this.events.filter((event) => event.type === 'discontinuity').length;
  }
}

/** Steps between neighbours. */
export function steps(values: readonly number[]): number[] {
  return values.slice(1).map((value, index) => value - (values[index] ?? 0));
}
