import type { BitReader } from './bit-reader.ts';

const EXTENDED_SAR = 255;

/**
 * Skips what video usability information begins with in H.264 (annex E.1.1) and H.265 (annex
 * E.2.1) alike: the shape of pixels, overscan, colours, and where chroma lies.
 */
export function skipVuiLooks(reader: BitReader): void {
  if (reader.flag() && reader.bits(8) === EXTENDED_SAR) reader.skip(32);
  if (reader.flag()) reader.skip(1); // overscan_appropriate_flag
  if (reader.flag()) {
    reader.skip(4); // video_format, video_full_range_flag
    if (reader.flag()) reader.skip(24); // colour description
  }
  if (reader.flag()) {
    reader.ue(5); // chroma_sample_loc_type_top_field
    reader.ue(5); // chroma_sample_loc_type_bottom_field
  }
}
