/** What a movie fragment box (14496-12, 8.8) says of its samples, whose bytes lie elsewhere. */
import { Violation } from '../../base/index.ts';
import { type BoxPlace, FullBoxCursor, findBox, readBoxes } from './box-reader.ts';
import {
  TFHD_BASE_DATA_OFFSET,
  TFHD_DEFAULT_BASE_IS_MOOF,
  TFHD_DEFAULT_DURATION,
  TFHD_DEFAULT_FLAGS,
  TFHD_DEFAULT_SIZE,
  TFHD_SAMPLE_DESCRIPTION,
  TRUN_COMPOSITION_OFFSET,
  TRUN_DATA_OFFSET,
  TRUN_DURATION,
  TRUN_FIRST_SAMPLE_FLAGS,
  TRUN_FLAGS,
  TRUN_SIZE,
} from './fragment-flags.ts';

/** The most samples one moof may state: 100 s of audio, or a minute of video at 120 fps. */
export const MAX_CHUNK_SAMPLES = 8_192;
/** Samples of no byte that a run may state without a row for each: much work for few bytes. */
const MAX_IMPLIED_EMPTY_SAMPLES = 32;

/** What holds for a sample that does not say it itself (trex, tfhd). */
export interface SampleDefaults {
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

/** The defaults of a track that has no trex. */
export const NO_DEFAULTS: SampleDefaults = { duration: 0, size: 0, flags: 0 };

/** One row of a trun, and where its bytes are. */
export interface SamplePlace {
  readonly duration: number;
  readonly compositionOffset: number;
  readonly keyframe: boolean;
  /** Offset of its first byte from the start of the file. */
  readonly start: number;
  readonly size: number;
}

/** One traf. */
export interface TrackFragment {
  readonly trackId: number;
  /** Decode time of the first sample; not a safe integer when the sender is hostile. */
  readonly baseDecodeTime: number;
  readonly samples: readonly SamplePlace[];
}

/** One moof. */
export interface MovieFragment {
  readonly sequence: number;
  readonly tracks: readonly TrackFragment[];
}

/** What a moof alone does not tell. */
export interface MoofSurroundings {
  /** Offset from the start of the file of the bytes that hold the moof. */
  readonly origin: number;
  /** What trex says of a track; throws when there is no such track. */
  readonly defaultsOf: (trackId: number) => SampleDefaults;
}

const TRUN_ROW = TRUN_DURATION | TRUN_SIZE | TRUN_FLAGS | TRUN_COMPOSITION_OFFSET;
const IS_NON_SYNC_SAMPLE = 0x0001_0000;

/**
 * Reads the moof at `moof`. Throws `mp4_box_malformed`, `mp4_box_missing` or
 * `mp4_chunk_malformed` for what is cut off, missing or too much; where samples lie is for the
 * caller to check against the mdat.
 */
export function readMoof(
  bytes: Uint8Array,
  moof: BoxPlace,
  surroundings: MoofSurroundings,
): MovieFragment {
  const boxes = readBoxes(bytes, moof.body, moof.end);
  const sequence = new FullBoxCursor(bytes, findBox(boxes, 'mfhd')).u32();
  const reader = new TrafReader(bytes, surroundings.origin + moof.start, surroundings);
  const trafs = boxes.filter(({ type }) => type === 'traf');
  return { sequence, tracks: trafs.map((traf) => reader.read(traf)) };
}

/** Reads the trafs of one moof in their order, since each may begin where the one before ends. */
class TrafReader {
  readonly #bytes: Uint8Array;
  readonly #moofStart: number;
  readonly #surroundings: MoofSurroundings;
  /** Where the bytes described so far end. */
  #end: number;
  #samplesLeft = MAX_CHUNK_SAMPLES;

  constructor(bytes: Uint8Array, moofStart: number, surroundings: MoofSurroundings) {
    this.#bytes = bytes;
    this.#moofStart = moofStart;
    this.#surroundings = surroundings;
    this.#end = moofStart;
  }

  read(traf: BoxPlace): TrackFragment {
    const boxes = readBoxes(this.#bytes, traf.body, traf.end);
    const tfhd = new FullBoxCursor(this.#bytes, findBox(boxes, 'tfhd'));
    const trackId = tfhd.u32();
    const base = this.#baseDataOffset(tfhd);
    const defaults = readDefaults(tfhd, this.#surroundings.defaultsOf(trackId));
    const tfdt = new FullBoxCursor(this.#bytes, findBox(boxes, 'tfdt'));
    const baseDecodeTime = tfdt.version === 1 ? tfdt.u64() : tfdt.u32();
    const samples: SamplePlace[] = [];
    this.#end = base;
    for (const box of boxes) {
      if (box.type !== 'trun') continue;
      this.#readTrun(new FullBoxCursor(this.#bytes, box), { base, defaults, samples });
    }
    return { trackId, baseDecodeTime, samples };
  }

  #baseDataOffset(tfhd: FullBoxCursor): number {
    if (tfhd.flags & TFHD_BASE_DATA_OFFSET) return tfhd.u64();
    return tfhd.flags & TFHD_DEFAULT_BASE_IS_MOOF ? this.#moofStart : this.#end;
  }

  #readTrun(
    trun: FullBoxCursor,
    { base, defaults, samples }: { base: number; defaults: SampleDefaults; samples: SamplePlace[] },
  ): void {
    const count = trun.u32();
    if (count > this.#samplesLeft) {
      throw malformedChunk(`its ${count} samples make over ${MAX_CHUNK_SAMPLES}`);
    }
    this.#samplesLeft -= count;
    const impliesEmpty = (trun.flags & TRUN_ROW) === 0 && defaults.size === 0;
    if (impliesEmpty && count > MAX_IMPLIED_EMPTY_SAMPLES) {
      throw malformedChunk(`a run has ${count} samples of no byte`);
    }
    if (trun.flags & TRUN_DATA_OFFSET) this.#end = base + trun.i32();
    const firstFlags = trun.flags & TRUN_FIRST_SAMPLE_FLAGS ? trun.u32() : undefined;
    for (let i = 0; i < count; i++) {
      const duration = trun.flags & TRUN_DURATION ? trun.u32() : defaults.duration;
      const size = trun.flags & TRUN_SIZE ? trun.u32() : defaults.size;
      let flags = trun.flags & TRUN_FLAGS ? trun.u32() : defaults.flags;
      if (i === 0 && firstFlags !== undefined) flags = firstFlags;
      const compositionOffset = readCompositionOffset(trun);
      const keyframe = (flags & IS_NON_SYNC_SAMPLE) === 0;
      samples.push({ duration, compositionOffset, keyframe, start: this.#end, size });
      this.#end += size;
    }
  }
}

/** Unsigned in version 0, signed in version 1. */
function readCompositionOffset(trun: FullBoxCursor): number {
  if ((trun.flags & TRUN_COMPOSITION_OFFSET) === 0) return 0;
  return trun.version === 0 ? trun.u32() : trun.i32();
}

/** The rest of tfhd, behind track_ID and base_data_offset. */
function readDefaults(tfhd: FullBoxCursor, fallback: SampleDefaults): SampleDefaults {
  if (tfhd.flags & TFHD_SAMPLE_DESCRIPTION) {
    const index = tfhd.u32();
    if (index !== 1) throw malformedChunk(`sample description ${index} is not 1, the one we read`);
  }
  return {
    duration: tfhd.flags & TFHD_DEFAULT_DURATION ? tfhd.u32() : fallback.duration,
    size: tfhd.flags & TFHD_DEFAULT_SIZE ? tfhd.u32() : fallback.size,
    flags: tfhd.flags & TFHD_DEFAULT_FLAGS ? tfhd.u32() : fallback.flags,
  };
}

/** The Violation `mp4_chunk_malformed`. */
export function malformedChunk(why: string): Violation {
  return new Violation('mp4_chunk_malformed', `Cannot read CMAF chunk: ${why}`);
}
