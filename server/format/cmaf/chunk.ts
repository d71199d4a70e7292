import { box, bytesOf, type Field, fullBox, lateU32, u32, u64 } from './box.ts';
import {
  TFHD_DEFAULT_BASE_IS_MOOF,
  TFHD_DEFAULT_DURATION,
  TFHD_DEFAULT_FLAGS,
  TFHD_DEFAULT_SIZE,
  TRUN_COMPOSITION_OFFSET,
  TRUN_DATA_OFFSET,
  TRUN_DURATION,
  TRUN_FIRST_SAMPLE_FLAGS,
  TRUN_FLAGS,
  TRUN_SIZE,
} from './fragment-flags.ts';
import { TRACK_ID } from './init-segment.ts';

/** One sample as a chunk states it. */
export interface ChunkSample {
  /** Ticks until the next sample of the track decodes. */
  readonly duration: number;
  /** Ticks from its decode time to its presentation; may be negative. */
  readonly compositionOffset: number;
  readonly keyframe: boolean;
  readonly data: Uint8Array;
}

/** What `chunk` writes. */
export interface ChunkContent {
  /** Place in the track's row of fragments; grows from chunk to chunk. */
  readonly sequence: number;
  /** Decode time of the first sample in ticks; a safe integer, beyond 2^32 too. */
  readonly baseDecodeTime: number;
  /** At least one. */
  readonly samples: readonly ChunkSample[];
}

/** sample_depends_on 2: on no other. */
export const SYNC_SAMPLE = 0x0200_0000;
/** sample_depends_on 1, sample_is_non_sync_sample. */
export const DEPENDENT_SAMPLE = 0x0101_0000;

/** What of the samples is said once in tfhd, and what in each row of trun. */
interface Layout {
  readonly tfhdFlags: number;
  readonly trunFlags: number;
  readonly defaultFlags: number;
  readonly firstFlags: number;
}

/**
 * A CMAF chunk (ISO/IEC 23000-19, 7.3.2.3): moof and mdat of one track in one buffer of its own,
 * into which each sample is copied once. Chunks set one after another are a segment.
 */
export function chunk(content: ChunkContent): Uint8Array {
  const { samples } = content;
  const layout = layoutOf(samples);
  const moof: Field = box(
    'moof',
    fullBox('mfhd', {}, u32(content.sequence >>> 0)), // sequence_number
    box(
      'traf',
      tfhd(layout, samples),
      fullBox('tfdt', { version: 1 }, u64(content.baseDecodeTime)), // baseMediaDecodeTime
      trun(layout, samples, () => moof.size + 8), // the mdat's header lies between
    ),
  );
  return bytesOf(moof, mdat(samples));
}

function layoutOf(samples: readonly ChunkSample[]): Layout {
  const first = samples[0];
  const second = samples[1] ?? first;
  let tfhdFlags = TFHD_DEFAULT_BASE_IS_MOOF | TFHD_DEFAULT_FLAGS;
  let trunFlags = TRUN_DATA_OFFSET;
  const same = (of: (sample: ChunkSample) => number) =>
    first !== undefined && samples.every((sample) => of(sample) === of(first));
  if (same((sample) => sample.duration)) tfhdFlags |= TFHD_DEFAULT_DURATION;
  else trunFlags |= TRUN_DURATION;
  if (same((sample) => sample.data.length)) tfhdFlags |= TFHD_DEFAULT_SIZE;
  else trunFlags |= TRUN_SIZE;
  const firstFlags = flagsOf(first);
  const defaultFlags = flagsOf(second);
  if (samples.some((sample, i) => i > 0 && flagsOf(sample) !== defaultFlags)) {
    trunFlags |= TRUN_FLAGS;
  } else if (firstFlags !== defaultFlags) trunFlags |= TRUN_FIRST_SAMPLE_FLAGS;
  if (samples.some((sample) => sample.compositionOffset !== 0)) {
    trunFlags |= TRUN_COMPOSITION_OFFSET;
  }
  return { tfhdFlags, trunFlags, defaultFlags, firstFlags };
}

function tfhd(layout: Layout, samples: readonly ChunkSample[]): Field {
  const fields = [u32(TRACK_ID)]; // track_ID
  const first = samples[0];
  if (layout.tfhdFlags & TFHD_DEFAULT_DURATION) {
    fields.push(u32(first?.duration ?? 0)); // default_sample_duration
  }
  if (layout.tfhdFlags & TFHD_DEFAULT_SIZE) {
    fields.push(u32(first?.data.length ?? 0)); // default_sample_size
  }
  fields.push(u32(layout.defaultFlags)); // default_sample_flags
  return fullBox('tfhd', { flags: layout.tfhdFlags }, ...fields);
}

function trun(layout: Layout, samples: readonly ChunkSample[], dataOffset: () => number): Field {
  const fields = [
    u32(samples.length), // sample_count
    lateU32(dataOffset), // data_offset, from the start of the moof
  ];
  if (layout.trunFlags & TRUN_FIRST_SAMPLE_FLAGS) {
    fields.push(u32(layout.firstFlags)); // first_sample_flags
  }
  fields.push(trunRows(layout.trunFlags, samples));
  // Version 1: composition offsets are signed.
  return fullBox('trun', { version: 1, flags: layout.trunFlags }, ...fields);
}

function trunRows(flags: number, samples: readonly ChunkSample[]): Field {
  const columns = [TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS, TRUN_COMPOSITION_OFFSET];
  const width = columns.filter((column) => flags & column).length * 4;
  return {
    size: width * samples.length,
    write({ view }, at) {
      let cursor = at;
      const put = (column: number, value: number) => {
        if (!(flags & column)) return;
        view.setInt32(cursor, value); // the same bits as an unsigned write below 2^32
        cursor += 4;
      };
      for (const sample of samples) {
        put(TRUN_DURATION, sample.duration); // sample_duration
        put(TRUN_SIZE, sample.data.length); // sample_size
        put(TRUN_FLAGS, flagsOf(sample)); // sample_flags
        put(TRUN_COMPOSITION_OFFSET, sample.compositionOffset); // sample_composition_time_offset
      }
    },
  };
}

function mdat(samples: readonly ChunkSample[]): Field {
  let size = 8;
  for (const sample of samples) size += sample.data.length;
  return {
    size,
    write({ bytes, view }, at) {
      view.setUint32(at, size);
      view.setUint32(at + 4, 0x6d646174); // 'mdat'
      let cursor = at + 8;
      for (const { data } of samples) {
        bytes.set(data, cursor);
        cursor += data.length;
      }
    },
  };
}

function flagsOf(sample: ChunkSample | undefined): number {
  return sample?.keyframe ? SYNC_SAMPLE : DEPENDENT_SAMPLE;
}
