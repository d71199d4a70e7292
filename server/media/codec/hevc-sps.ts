import { BitReader } from './bit-reader.ts';
import { unescapeNal } from './nal.ts';
import { statedFrameRate } from './picture.ts';
import { skipVuiLooks } from './vui.ts';

/** What we use of a sequence parameter set (H.265 section 7.3.2.2.1). */
export interface HevcSps {
  /** Picture size in pixels inside the conformance window. */
  readonly width: number;
  readonly height: number;
  /** From the VUI timing; undefined when absent or absurd. */
  readonly frameRate: number | undefined;
}

const NAL_SPS = 33;
const MAX_SIDE = 16_888;
const MAX_SHORT_TERM_SETS = 64;
const MAX_REFERENCES = 16;

/** profile_tier_level (7.3.3) with its sub-layers. */
function skipProfileTierLevel(reader: BitReader, maxSubLayersMinus1: number): void {
  reader.skip(96);
  const present: [boolean, boolean][] = [];
  for (let i = 0; i < maxSubLayersMinus1; i++) present.push([reader.flag(), reader.flag()]);
  if (maxSubLayersMinus1 > 0) reader.skip(2 * (8 - maxSubLayersMinus1));
  for (const [profile, level] of present) reader.skip((profile ? 88 : 0) + (level ? 8 : 0));
}

/** scaling_list_data (7.3.4). */
function skipScalingLists(reader: BitReader): void {
  for (let sizeId = 0; sizeId < 4; sizeId++) {
    for (let matrix = 0; matrix < 6; matrix += sizeId === 3 ? 3 : 1) {
      if (!reader.flag()) {
        reader.ue(5); // scaling_list_pred_matrix_id_delta
        continue;
      }
      if (sizeId > 1) reader.se(); // scaling_list_dc_coef_minus8
      const coefficients = Math.min(64, 1 << (4 + 2 * sizeId));
      for (let i = 0; i < coefficients; i++) reader.se();
    }
  }
}

/** st_ref_pic_set (7.3.7) in an SPS; `previous` is NumDeltaPocs of the set before. Returns its own. */
function skipShortTermSet(reader: BitReader, index: number, previous: number): number {
  if (index > 0 && reader.flag()) {
    reader.skip(1); // delta_rps_sign
    reader.ue(32_767); // abs_delta_rps_minus1
    let references = 0;
    for (let i = 0; i <= previous; i++) {
      const used = reader.flag();
      if (used || reader.flag()) references++;
    }
    if (references > MAX_REFERENCES) reader.refuse(`${references} reference pictures in a set`);
    return references;
  }
  const references = reader.ue(MAX_REFERENCES) + reader.ue(MAX_REFERENCES);
  if (references > MAX_REFERENCES) reader.refuse(`${references} reference pictures in a set`);
  for (let i = 0; i < references; i++) {
    reader.ue(32_767); // delta_poc_minus1
    reader.skip(1); // used_by_curr_pic_flag
  }
  return references;
}

/** Coding tools between the bit depths and the VUI, passed over to reach the timing. */
function skipCodingTools(reader: BitReader, maxSubLayersMinus1: number): void {
  const pocBits = reader.ue(12) + 4;
  const first = reader.flag() ? 0 : maxSubLayersMinus1;
  for (let i = first; i <= maxSubLayersMinus1; i++) {
    reader.ue(); // sps_max_dec_pic_buffering_minus1
    reader.ue(); // sps_max_num_reorder_pics
    reader.ue(); // sps_max_latency_increase_plus1
  }
  for (let i = 0; i < 6; i++) reader.ue(32); // block sizes and transform depths
  if (reader.flag() && reader.flag()) skipScalingLists(reader);
  reader.skip(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (reader.flag()) {
    reader.skip(8); // pcm bit depths
    reader.ue(32);
    reader.ue(32);
    reader.skip(1); // pcm_loop_filter_disabled_flag
  }
  let references = 0;
  const sets = reader.ue(MAX_SHORT_TERM_SETS);
  for (let i = 0; i < sets; i++) references = skipShortTermSet(reader, i, references);
  if (reader.flag()) {
    const longTerm = reader.ue(32);
    reader.skip(longTerm * (pocBits + 1));
  }
  reader.skip(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
}

/** The VUI (annex E.2.1) as far as its timing. */
function readVuiFrameRate(reader: BitReader): number | undefined {
  skipVuiLooks(reader);
  reader.skip(3); // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
  if (reader.flag()) for (let i = 0; i < 4; i++) reader.ue(); // default display window
  if (!reader.flag()) return undefined;
  const unitsInTick = reader.bits(32);
  return statedFrameRate(reader.bits(32), unitsInTick);
}

function readCroppedSize(reader: BitReader): Pick<HevcSps, 'width' | 'height'> {
  const chromaFormat = reader.ue(3);
  if (chromaFormat === 3) reader.skip(1); // separate_colour_plane_flag
  let width = reader.ue(MAX_SIDE);
  let height = reader.ue(MAX_SIDE);
  if (reader.flag()) {
    const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
    const unitY = chromaFormat === 1 ? 2 : 1;
    width -= unitX * (reader.ue(width) + reader.ue(width));
    height -= unitY * (reader.ue(height) + reader.ue(height));
  }
  if (width <= 0 || height <= 0) reader.refuse(`the window leaves a picture of ${width}x${height}`);
  return { width, height };
}

/** Reads a whole SPS NAL unit, header and emulation prevention included. Violation `hevc_sps_*`. */
export function parseHevcSps(nal: Uint8Array): HevcSps {
  const reader = new BitReader(unescapeNal(nal), 'hevc_sps');
  const type = (reader.bits(16) >> 9) & 63;
  if (type !== NAL_SPS) reader.refuse(`NAL unit type is ${type}, not ${NAL_SPS}`);
  reader.skip(4); // sps_video_parameter_set_id
  const maxSubLayersMinus1 = reader.bits(3);
  if (maxSubLayersMinus1 > 6) reader.refuse('sps_max_sub_layers_minus1 is 7');
  reader.skip(1); // sps_temporal_id_nesting_flag
  skipProfileTierLevel(reader, maxSubLayersMinus1);
  reader.ue(15); // sps_seq_parameter_set_id
  const size = readCroppedSize(reader);
  reader.ue(8); // bit_depth_luma_minus8
  reader.ue(8); // bit_depth_chroma_minus8
  skipCodingTools(reader, maxSubLayersMinus1);
  const frameRate = reader.flag() ? readVuiFrameRate(reader) : undefined;
  return { ...size, frameRate };
}
