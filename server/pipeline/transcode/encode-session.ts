/**
 * One encoder at work on one configuration of the source: samples in, each rung's samples out on
 * the source's timescale. Until it is its turn to be heard, what it makes is held.
 */
import type { Readable } from 'node:stream';
import { assert, type Clock } from '../../base/index.ts';
import type { FragmentEvent, FragmentSample, ReadTrack } from '../../format/cmaf/index.ts';
import type { Sample, Ticks, VideoTrack } from '../../media/index.ts';
import type { EncodeJob } from './encode-arguments.ts';
import { encodeArguments } from './encode-arguments.ts';
import { EncoderInput } from './encoder-input.ts';
import { type EncoderEnd, EncoderProcess, type ProcessHost } from './encoder-process.ts';
import type { Rung } from './ladder.ts';

/** Events of an encoder that waits for the one before it to end; half a minute of four rungs. */
const MAX_HELD_EVENTS = 4_096;
/** Bytes of them. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

/** A small picture and a poster each have a pipe of their own. */
const STILL_PIPES = 2;
/**
 * Stills that may be on their way: a decoder that reorders holds back two keyframes, and each is one
 * where keyframes are as seldom as stills.
 */
const MAX_STILLS_AHEAD = 2;

/** What a session makes of its encoder's output. */
export type RungEvent =
  | { readonly type: 'track'; readonly rung: string; readonly track: VideoTrack }
  | { readonly type: 'sample'; readonly rung: string; readonly sample: Sample };

/** Who hears of a session. */
export interface SessionObserver {
  /** Only while the session is heard; what was held comes first. */
  event(event: RungEvent): void;
  /**
   * Rung `rung` has come out up to `mediaS` seconds, heard or held; undefined: a still has, where
   * there are no rungs.
   */
  progress(rung: string | undefined, mediaS: number): void;
  /** Samples shown before `pts` were left out because the encoder is too slow. */
  hole(pts: Ticks): void;
  /** More is held than may be: whoever is heard has to end. */
  overflow(): void;
  /** What it makes of its output has a fault; the encoder is being ended. */
  failed(error: unknown): void;
  ended(end: EncoderEnd): void;
}

/** What a session is made from. */
export interface SessionSettings {
  readonly ffmpegPath: string;
  readonly job: EncodeJob;
  readonly clock: Clock;
  readonly host: ProcessHost;
  readonly observer: SessionObserver;
}

/** How the times of one output become the source's. */
interface OutputScale {
  readonly track: VideoTrack;
  readonly trackId: number;
  readonly editOffset: number;
}

/** See the top of the file. */
export class EncodeSession {
  readonly #settings: SessionSettings;
  readonly #input: EncoderInput;
  readonly #process: EncoderProcess;
  readonly #scales = new Map<number, OutputScale>();
  /** Rungs whose first sample has come. */
  readonly #counted = new Set<number>();
  /** Stills that the source has had since one came out. */
  #stillsAhead = 0;
  #stillSlot = Number.NEGATIVE_INFINITY;
  #held: RungEvent[] | undefined = [];
  #heldBytes = 0;
  #fromPts: Ticks = Number.NEGATIVE_INFINITY;
  #untilPts: Ticks = Number.POSITIVE_INFINITY;
  #isFinishing = false;
  #end: EncoderEnd | undefined;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    const { job, ffmpegPath, clock, host, observer } = settings;
    // The first frame comes to nothing where keyframes are not the source's: see `EncodeJob`.
    this.#input = new EncoderInput(job.source, { repeatsFirst: job.keyframes !== 'source' });
    this.#process = new EncoderProcess({
      program: ffmpegPath,
      args: encodeArguments(job),
      rungCount: job.rungs.length,
      extraCount: job.thumbnails === undefined ? 0 : STILL_PIPES,
      clock,
      host,
      observer: {
        output: (rung, event) => this.#output(rung, event),
        failed: (error) => observer.failed(error),
        ended: (end) => {
          this.#end = end;
          observer.ended(end);
        },
      },
    });
    if (job.rungs.length === 0) {
      for (const pipe of this.stills) pipe.on('data', () => this.#stillCame());
    }
    // FFmpeg opens its input while the first keyframe is awaited.
    this.#process.write(this.#input.header());
  }

  /** Names of what it encodes. */
  get rungs(): readonly string[] {
    return this.#settings.job.rungs.map(({ name }) => name);
  }

  /** Small pictures and posters, where the job asks for them. */
  get stills(): readonly Readable[] {
    return this.#process.extras;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Undefined as long as it runs. */
  get end(): EncoderEnd | undefined {
    return this.#end;
  }

  /** All that was fed has come out. */
  get isComplete(): boolean {
    return this.#isFinishing && this.#end?.code === 0 && this.#end.violation === undefined;
  }

  /** Media time in seconds of the first frame that it was fed; undefined before. */
  get firstS(): number | undefined {
    const { firstPts } = this.#input;
    return firstPts === undefined ? undefined : firstPts / this.#settings.job.source.timescale;
  }

  /** Something has to come out of what it was fed, or would have been if it kept up. */
  get owesOutput(): boolean {
    if (this.rungs.length > 0) return this.firstS !== undefined;
    return this.#stillsAhead > MAX_STILLS_AHEAD;
  }

  /** Samples that it was too slow for. */
  get droppedSamples(): number {
    return this.#input.droppedSamples;
  }

  /** Hands on `sample`, unless it comes before the first keyframe or the encoder is too slow. */
  feed(sample: Sample): void {
    assert(!this.#isFinishing, 'an input that has ended takes no samples');
    // Dropped or not: one that reads nothing would be expected to make nothing.
    this.#expectStill(sample);
    this.#input.drained(this.#process.waitingBytes);
    const frame = this.#input.push(sample);
    if (frame === undefined) return;
    if (frame.followsHole) this.#settings.observer.hole(sample.pts);
    this.#process.write(frame.bytes);
  }

  /** Hands on what was there before it, from a keyframe on. */
  replay(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const frame = this.#input.replay(sample);
      if (frame !== undefined) this.#process.write(frame.bytes);
    }
  }

  /** It is its turn: what was held is heard, and what comes. */
  hear(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.#settings.observer.event(event);
  }

  /** Leaves out of what it makes what is shown before `fromPts`, or at `untilPts` and after. */
  limit({ fromPts = this.#fromPts, untilPts = this.#untilPts }): void {
    this.#fromPts = fromPts;
    this.#untilPts = untilPts;
  }

  /** Lets it make what it was fed and end, by force when `patienceMs` are over. */
  finish(patienceMs: number): void {
    this.#isFinishing = true;
    this.#process.endInput();
    this.#process.kill(patienceMs);
  }

  /** Ends it by force. */
  kill(): void {
    this.#process.kill();
  }

  #expectStill({ keyframe, pts }: Sample): void {
    const { source, thumbnails } = this.#settings.job;
    if (!keyframe || thumbnails === undefined) return;
    const slot = Math.floor(pts / source.timescale / thumbnails.everyS);
    if (slot > this.#stillSlot) this.#stillsAhead += 1;
    this.#stillSlot = slot;
  }

  #stillCame(): void {
    this.#stillsAhead = 0;
    this.#settings.observer.progress(undefined, this.firstS ?? 0);
  }

  #output(index: number, event: FragmentEvent): void {
    const rung = this.#settings.job.rungs[index];
    assert(rung !== undefined, 'an encoder has an output for each rung');
    if (event.type === 'tracks') this.#begin(index, rung, event.tracks);
    else this.#take(index, rung.name, event);
  }

  #begin(index: number, { name, bitrate }: Rung, tracks: readonly ReadTrack[]): void {
    for (const { trackId, track, editOffset } of tracks) {
      if (track.kind !== 'video') continue;
      this.#scales.set(index, { track, trackId, editOffset });
      const { timescale } = this.#settings.job.source;
      const onSource = { ...track, timescale, statedBitrate: bitrate };
      this.#emit({ type: 'track', rung: name, track: onSource }, 0);
      return;
    }
  }

  #take(index: number, rung: string, event: Extract<FragmentEvent, { type: 'samples' }>): void {
    const scale = this.#scales.get(index);
    if (scale === undefined || scale.trackId !== event.trackId) return;
    const { timescale } = this.#settings.job.source;
    for (const each of this.#counting(index, event.samples)) {
      const sample = onTimescale(each, scale, timescale);
      if (sample.pts >= this.#fromPts && sample.pts < this.#untilPts) {
        this.#emit({ type: 'sample', rung, sample }, sample.data.length);
      }
      this.#settings.observer.progress(rung, sample.pts / timescale);
    }
  }

  /** Without the first sample of a rung where that has a wrong time: see `EncodeJob.keyframes`. */
  #counting(index: number, samples: readonly FragmentSample[]): readonly FragmentSample[] {
    if (this.#settings.job.keyframes === 'source' || this.#counted.has(index)) return samples;
    this.#counted.add(index);
    return samples.slice(1);
  }

  #emit(event: RungEvent, sizeBytes: number): void {
    const { observer } = this.#settings;
    if (this.#held === undefined) {
      observer.event(event);
      return;
    }
    this.#held.push(event);
    this.#heldBytes += sizeBytes;
    if (this.#held.length > MAX_HELD_EVENTS || this.#heldBytes > MAX_HELD_BYTES) {
      observer.overflow();
    }
  }
}

function onTimescale(sample: FragmentSample, scale: OutputScale, timescale: number): Sample {
  const { track, editOffset } = scale;
  const ticks = (time: number): number =>
    Math.round(((time - editOffset) * timescale) / track.timescale);
  const { keyframe, data } = sample;
  return { kind: 'video', dts: ticks(sample.dts), pts: ticks(sample.pts), keyframe, data };
}
