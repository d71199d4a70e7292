import { Violation } from '../../base/index.ts';

/** The most samples a chunk may state: 100 s of audio, or a minute of video at 120 fps. */
export const MAX_CHUNK_SAMPLES = 8_192;
/** The most boxes of one parent that are looked at. */
export const MAX_BOXES = 1_024;

/** Where a box lies in the bytes it was found in. */
export interface BoxPlace {
  readonly type: string;
  /** Offset of its size field. */
  readonly start: number;
  /** Offset of its first byte after size and type. */
  readonly body: number;
  /** Offset after its last byte. */
  readonly end: number;
}

/** One sample as a chunk describes it; `data` is a view of the chunk's bytes. */
export interface ReadSample {
  readonly duration: number;
  readonly compositionOffset: number;
  readonly keyframe: boolean;
  readonly data: Uint8Array;
}

/** What one moof and its mdat hold. */
export interface ReadChunk {
  readonly sequence: number;
  readonly trackId: number;
  readonly baseDecodeTime: number;
  readonly samples: readonly ReadSample[];
}

/**
 * The boxes between `start` and `end`, one level deep. Throws `mp4_box_malformed` when a box is
 * shorter than its header or longer than what holds it, `mp4_too_many_boxes` beyond the limit.
 */
export function readBoxes(bytes: Uint8Array, start = 0, end = bytes.length): BoxPlace[] {
  const view = viewOf(bytes);
  const boxes: BoxPlace[] = [];
  for (let at = start; at < end; ) {
    if (boxes.length === MAX_BOXES) {
      throw new Violation('mp4_too_many_boxes', `Cannot read MP4: over ${MAX_BOXES} boxes`);
    }
    if (end - at < 8) throw malformed(at, `${end - at} bytes are left`);
    let size = view.getUint32(at);
    let header = 8;
    if (size === 1) {
      if (end - at < 16) throw malformed(at, 'its 64-bit size is cut off');
      size = Number(view.getBigUint64(at + 8));
      header = 16;
    } else if (size === 0) size = end - at;
    if (size < header || size > end - at) throw malformed(at, `${size} of ${end - at} bytes`);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    boxes.push({ type, start: at, body: at + header, end: at + size });
    at += size;
  }
  return boxes;
}

/**
 * The chunks of a part or segment as `chunk` writes them: one track, its defaults in tfhd, one
 * trun a traf. Throws `mp4_chunk_malformed` for what is incomplete or points outside.
 */
export function parseChunks(bytes: Uint8Array): ReadChunk[] {
  const chunks: ReadChunk[] = [];
  const boxes = readBoxes(bytes);
  for (const [i, moof] of boxes.entries()) {
    if (moof.type !== 'moof') continue;
    const mdat = boxes[i + 1];
    if (mdat?.type !== 'mdat') throw incomplete('moof is not followed by mdat');
    chunks.push(parseChunk(bytes, moof, mdat));
  }
  return chunks;
}

function parseChunk(bytes: Uint8Array, moof: BoxPlace, mdat: BoxPlace): ReadChunk {
  const boxes = readBoxes(bytes, moof.body, moof.end);
  const mfhd = new FullBoxCursor(bytes, find(boxes, 'mfhd'));
  const traf = find(boxes, 'traf');
  const inTraf = readBoxes(bytes, traf.body, traf.end);
  const defaults = readTfhd(new FullBoxCursor(bytes, find(inTraf, 'tfhd')));
  const tfdt = new FullBoxCursor(bytes, find(inTraf, 'tfdt'));
  const trun = new FullBoxCursor(bytes, find(inTraf, 'trun'));
  return {
    sequence: mfhd.u32(),
    trackId: defaults.trackId,
    baseDecodeTime: tfdt.version === 1 ? tfdt.u64() : tfdt.u32(),
    samples: readTrun(trun, defaults, { bytes, moof, mdat }),
  };
}

interface Defaults {
  readonly trackId: number;
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

function readTfhd(tfhd: FullBoxCursor): Defaults {
  const trackId = tfhd.u32();
  if (tfhd.flags & 0x1) tfhd.u64(); // base_data_offset
  if (tfhd.flags & 0x2) tfhd.u32(); // sample_description_index
  return {
    trackId,
    duration: tfhd.flags & 0x8 ? tfhd.u32() : 0,
    size: tfhd.flags & 0x10 ? tfhd.u32() : 0,
    flags: tfhd.flags & 0x20 ? tfhd.u32() : 0,
  };
}

interface Around {
  readonly bytes: Uint8Array;
  readonly moof: BoxPlace;
  readonly mdat: BoxPlace;
}

function readTrun(trun: FullBoxCursor, defaults: Defaults, around: Around): ReadSample[] {
  const count = trun.u32();
  if (count > MAX_CHUNK_SAMPLES) {
    throw incomplete(`${count} samples are over ${MAX_CHUNK_SAMPLES}`);
  }
  let at = trun.flags & 0x1 ? around.moof.start + trun.i32() : around.mdat.body;
  const firstFlags = trun.flags & 0x4 ? trun.u32() : undefined;
  const samples: ReadSample[] = [];
  for (let i = 0; i < count; i++) {
    const duration = trun.flags & 0x100 ? trun.u32() : defaults.duration;
    const size = trun.flags & 0x200 ? trun.u32() : defaults.size;
    let flags = trun.flags & 0x400 ? trun.u32() : defaults.flags;
    if (i === 0 && firstFlags !== undefined) flags = firstFlags;
    const compositionOffset =
      trun.flags & 0x800 ? (trun.version === 0 ? trun.u32() : trun.i32()) : 0;
    if (at < around.mdat.body || at + size > around.mdat.end) {
      throw incomplete(`sample ${i} lies outside its mdat`);
    }
    const data = around.bytes.subarray(at, at + size);
    samples.push({ duration, compositionOffset, keyframe: (flags & 0x1_0000) === 0, data });
    at += size;
  }
  return samples;
}

/** Reads the fields of a full box in order and never past its end. */
class FullBoxCursor {
  readonly version: number;
  readonly flags: number;
  readonly #view: DataView;
  readonly #place: BoxPlace;
  #at: number;

  constructor(bytes: Uint8Array, place: BoxPlace) {
    this.#view = viewOf(bytes);
    this.#place = place;
    this.#at = place.body;
    const head = this.u32();
    this.version = head >>> 24;
    this.flags = head & 0xff_ffff;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8)));
  }

  #take(size: number): number {
    const at = this.#at;
    if (at + size > this.#place.end) throw incomplete(`${this.#place.type} is cut off`);
    this.#at += size;
    return at;
  }
}

function find(boxes: readonly BoxPlace[], type: string): BoxPlace {
  const found = boxes.find((candidate) => candidate.type === type);
  if (found === undefined) throw incomplete(`${type} is missing`);
  return found;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function malformed(at: number, why: string): Violation {
  return new Violation('mp4_box_malformed', `Cannot read MP4 box at byte ${at}: ${why}`);
}

function incomplete(why: string): Violation {
  return new Violation('mp4_chunk_malformed', `Cannot read CMAF chunk: ${why}`);
}
