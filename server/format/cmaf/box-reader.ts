/** ISO/IEC 14496-12 boxes out of bytes: where each lies, and its fields one after another. */
import { Violation } from '../../base/index.ts';

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
    const type = fourCharacters(bytes, at + 4);
    boxes.push({ type, start: at, body: at + header, end: at + size });
    at += size;
  }
  return boxes;
}

/** The first of `boxes` that has this type; throws `mp4_box_missing` when there is none. */
export function findBox(boxes: readonly BoxPlace[], type: string): BoxPlace {
  const found = boxes.find((candidate) => candidate.type === type);
  if (found === undefined) {
    throw new Violation('mp4_box_missing', `Cannot read MP4: ${type} is missing`);
  }
  return found;
}

/** The type of a box, a brand or a handler: four characters of one byte each. */
export function fourCharacters(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/** Reads the fields of a box in order and never past its end: `mp4_box_malformed` instead. */
export class BoxCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #place: BoxPlace;
  #at: number;

  constructor(bytes: Uint8Array, place: BoxPlace) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#place = place;
    this.#at = place.body;
  }

  /** Where the next field begins. */
  get at(): number {
    return this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  /** 64 bits; not exact above the safe integers, which callers refuse where it matters. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8)));
  }

  i64(): number {
    return Number(this.#view.getBigInt64(this.#take(8)));
  }

  characters(): string {
    return fourCharacters(this.#bytes, this.#take(4));
  }

  /** A view of the next `size` bytes. */
  bytes(size: number): Uint8Array {
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  skip(size: number): void {
    this.#take(size);
  }

  #take(size: number): number {
    const at = this.#at;
    if (at + size > this.#place.end) {
      throw malformed(this.#place.start, `the fields of ${this.#place.type} are cut off`);
    }
    this.#at += size;
    return at;
  }
}

/** A cursor behind the version and flags that a full box begins with (14496-12, 4.2). */
export class FullBoxCursor extends BoxCursor {
  readonly version: number;
  readonly flags: number;

  constructor(bytes: Uint8Array, place: BoxPlace) {
    super(bytes, place);
    const head = this.u32();
    this.version = head >>> 24;
    this.flags = head & 0xff_ffff;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function malformed(at: number, why: string): Violation {
  return new Violation('mp4_box_malformed', `Cannot read MP4 box at byte ${at}: ${why}`);
}
