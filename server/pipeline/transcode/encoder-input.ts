/**
 * What FFmpeg reads on its standard input: the source's video as fragmented MP4, a fragment a
 * sample, so that each frame can be decoded as soon as it is here.
 *
 * I1 It begins at a keyframe, and goes on at one after each hole.
 * I2 No more than `MAX_WAITING_S` of media waits to be read; what comes beyond is dropped up to the
 *    next keyframe and counted, so that a slow encoder is behind by that much and no more. What the
 *    system holds counts as read: Node hands bytes to a socket pair, whose buffer on Linux has some
 *    200 kB (`net.core.wmem_default`), the more seconds the lower the bitrate, and no setting here.
 */
import { chunk, initSegment } from '../../format/cmaf/index.ts';
import type { Sample, Ticks, VideoTrack } from '../../media/index.ts';

/** Seconds of media that may wait between ingest and encoder. */
export const MAX_WAITING_S = 2;
/** Bytes that may wait, for sources whose two seconds are out of proportion. */
export const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** Frames a second until two samples have told: any number will do for the first one. */
const GUESSED_FRAME_RATE = 30;

/** Bytes that have been handed on and not been read, and the sample they carry. */
interface Waiting {
  readonly dts: Ticks;
  /** Bytes handed on up to and with this sample. */
  readonly endsAt: number;
}

/** A sample made ready to be written. */
export interface EncoderFrame {
  readonly bytes: Uint8Array;
  /** Samples before it were dropped: what the encoder makes of it follows a hole. */
  readonly followsHole: boolean;
}

/** See the top of the file. For one configuration of one track. */
export class EncoderInput {
  readonly #track: VideoTrack;
  readonly #repeatsFirst: boolean;
  readonly #waiting: Waiting[] = [];
  #handedOn = 0;
  #sequence = 0;
  #firstPts: Ticks | undefined;
  #dropping = false;
  #droppedSamples = 0;
  #newest: Ticks = 0;
  #usualDuration: Ticks;
  #replayedUntil: Ticks = Number.NEGATIVE_INFINITY;

  /** With `repeatsFirst` the first sample is handed on a tick earlier as well. */
  constructor(track: VideoTrack, { repeatsFirst = false } = {}) {
    this.#track = track;
    this.#repeatsFirst = repeatsFirst;
    const rate = track.frameRate ?? GUESSED_FRAME_RATE;
    this.#usualDuration = Math.max(1, Math.round(track.timescale / rate));
  }

  /** Presentation time of the first sample that was handed on; undefined before. */
  get firstPts(): Ticks | undefined {
    return this.#firstPts;
  }

  /** Samples that were not handed on because the encoder was too slow. */
  get droppedSamples(): number {
    return this.#droppedSamples;
  }

  /** Seconds of media handed on and not read by the encoder, as of the last `drained`. */
  get waitingS(): number {
    const oldest = this.#waiting[0];
    if (oldest === undefined) return 0;
    const from = Math.max(oldest.dts, this.#replayedUntil);
    return Math.max(0, this.#newest - from) / this.#track.timescale;
  }

  /** What has to be written before any sample. */
  header(): Uint8Array {
    const bytes = initSegment(this.#track);
    this.#handedOn += bytes.length;
    return bytes;
  }

  /** The bytes of `sample`; undefined when it is left out, by I1 or I2. */
  push(sample: Sample): EncoderFrame | undefined {
    const { dts, pts, keyframe, data } = sample;
    if (this.#firstPts === undefined && !keyframe) return undefined;
    if (this.#dropping || this.#isFull()) {
      if (!keyframe || this.#isFull()) {
        this.#dropping = true;
        this.#droppedSamples += 1;
        return undefined;
      }
    }
    const followsHole = this.#dropping;
    if (this.#sequence > 0 && !followsHole) {
      this.#usualDuration = this.#plausible(dts - this.#newest);
    }
    this.#firstPts ??= pts;
    this.#dropping = false;
    this.#newest = dts;
    this.#sequence += 1;
    // How long a sample lasts is known when the next one comes. Decoding does not depend on it.
    const coded = { compositionOffset: pts - dts, keyframe, data };
    const samples = [{ duration: this.#usualDuration, ...coded }];
    const isTwice = this.#repeatsFirst && this.#sequence === 1 && dts > 0;
    if (isTwice) samples.unshift({ duration: 1, ...coded });
    const baseDecodeTime = isTwice ? dts - 1 : dts;
    const bytes = chunk({ sequence: this.#sequence, baseDecodeTime, samples });
    this.#handedOn += bytes.length;
    this.#waiting.push({ dts, endsAt: this.#handedOn });
    return { bytes, followsHole };
  }

  /**
   * A sample that was there before the encoder was. It may be any age: I2 is about what waits for
   * an encoder that runs, and counts from the newest of these.
   */
  replay(sample: Sample): EncoderFrame | undefined {
    this.#replayedUntil = sample.dts;
    return this.push(sample);
  }

  /** Of what was handed on, the last `waitingBytes` have not been read yet. */
  drained(waitingBytes: number): void {
    const read = this.#handedOn - waitingBytes;
    let count = 0;
    while ((this.#waiting[count]?.endsAt ?? Number.POSITIVE_INFINITY) <= read) count += 1;
    this.#waiting.splice(0, count);
  }

  #plausible(duration: Ticks): Ticks {
    return Math.min(Math.max(1, duration), MAX_WAITING_S * this.#track.timescale);
  }

  #isFull(): boolean {
    const oldest = this.#waiting[0];
    if (oldest === undefined) return false;
    return (
      this.waitingS >= MAX_WAITING_S ||
      // What is left of the oldest counts as whole: it is one frame.
      this.#handedOn - oldest.endsAt > MAX_WAITING_BYTES
    );
  }
}
