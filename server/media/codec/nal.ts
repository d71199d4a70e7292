import { Violation } from '../../base/index.ts';

/** How many bytes the length in front of each NAL unit has (14496-15 lengthSizeMinusOne + 1). */
export type NalLengthSize = 1 | 2 | 4;

/** The most NAL units we look at in one access unit: slices, SEI and parameter sets of any encoder. */
export const MAX_NALS = 1024;

/**
 * The RBSP of a NAL unit: emulation prevention bytes taken out (H.264 7.3.1, H.265 7.3.1.1), for
 * parameter sets, which are short and rare.
 */
export function unescapeNal(nal: Uint8Array): Uint8Array {
  const out = new Uint8Array(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    out[length++] = byte;
  }
  return out.subarray(0, length);
}

function nalLengthAt(data: Uint8Array, at: number, size: NalLengthSize): number {
  let length = 0;
  for (let i = 0; i < size; i++) length = length * 256 + (data[at + i] ?? 0);
  return length;
}

/**
 * Calls `visit` with the first byte of each NAL unit until it returns true; tells whether it did.
 * A length past the end stops the walk: what is before it still counts, as it does for decoders.
 */
export function someNal(
  data: Uint8Array,
  size: NalLengthSize,
  visit: (header: number) => boolean,
): boolean {
  let at = 0;
  for (let count = 0; count < MAX_NALS && at + size < data.length; count++) {
    const length = nalLengthAt(data, at, size);
    at += size;
    if (length === 0) continue;
    if (at + length > data.length) return false;
    if (visit(data[at] ?? 0)) return true;
    at += length;
  }
  return false;
}

/**
 * The access unit with 4-byte NAL lengths, the only size that samples have. With `size` 4 it is
 * `data` itself. Violation `nal_length_overrun` when a length points past the end.
 */
export function withFourByteLengths(data: Uint8Array, size: NalLengthSize): Uint8Array {
  if (size === 4) return data;
  const nals: Uint8Array[] = [];
  let total = 0;
  for (let at = 0; at < data.length; ) {
    const length = nalLengthAt(data, at, size);
    const end = at + size + length;
    if (end > data.length || nals.length === MAX_NALS) {
      throw new Violation(
        'nal_length_overrun',
        `NAL unit ${nals.length} at byte ${at} ends at ${end}, past the ${data.length} bytes sent`,
      );
    }
    nals.push(data.subarray(at + size, end));
    total += 4 + length;
    at = end;
  }
  const out = new Uint8Array(total);
  const view = new DataView(out.buffer);
  let to = 0;
  for (const nal of nals) {
    view.setUint32(to, nal.length);
    out.set(nal, to + 4);
    to += 4 + nal.length;
  }
  return out;
}
