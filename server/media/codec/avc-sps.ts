import { BitReader } from './bit-reader.ts';
import { unescapeNal } from './nal.ts';
import { statedFrameRate } from './picture.ts';
import { skipVuiLooks } from './vui.ts';

/** What we use of a sequence parameter set (H.264 section 7.3.2.1.1). */
export interface AvcSps {
  readonly profileIdc: number;
  /** The byte of constraint_set flags. */
  readonly constraints: number;
  readonly levelIdc: number;
  /** Picture size in pixels after cropping; a frame's height for interlaced video. */
  readonly width: number;
  readonly height: number;
  /** True when fields may be coded (frame_mbs_only_flag is 0). */
  readonly interlaced: boolean;
  /** From the VUI timing; undefined when absent or absurd. */
  readonly frameRate: number | undefined;
}

/** Profiles whose SPS states chroma format, bit depth and scaling lists (7.3.2.1.1). */
const HIGH_PROFILES: ReadonlySet<number> = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 134, 135, 138, 139,
]);
const NAL_SPS = 7;
/** 16,384 pixels, above the largest picture of level 6.2. */
const MAX_MACROBLOCKS_A_SIDE = 1024;

function skipScalingList(reader: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let i = 0; i < size; i++) {
    if (next !== 0) next = (last + reader.se() + 256) & 255;
    last = next === 0 ? last : next;
  }
}

/** Reads chroma format to scaling lists; returns ChromaArrayType. */
function readHighProfileFields(reader: BitReader): number {
  const chromaFormat = reader.ue(3);
  const separatePlanes = chromaFormat === 3 && reader.flag();
  reader.ue(6); // bit_depth_luma_minus8
  reader.ue(6); // bit_depth_chroma_minus8
  reader.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) {
    const lists = chromaFormat === 3 ? 12 : 8;
    for (let i = 0; i < lists; i++) {
      if (reader.flag()) skipScalingList(reader, i < 6 ? 16 : 64);
    }
  }
  return separatePlanes ? 0 : chromaFormat;
}

function skipPictureOrderCount(reader: BitReader): void {
  const type = reader.ue(2);
  if (type === 0) {
    reader.ue(12); // log2_max_pic_order_cnt_lsb_minus4
  } else if (type === 1) {
    reader.skip(1); // delta_pic_order_always_zero_flag
    reader.se(); // offset_for_non_ref_pic
    reader.se(); // offset_for_top_to_bottom_field
    const cycle = reader.ue(255);
    for (let i = 0; i < cycle; i++) reader.se();
  }
}

/** Reads the VUI (annex E.1.1) as far as its timing. */
function readVuiFrameRate(reader: BitReader): number | undefined {
  skipVuiLooks(reader);
  if (!reader.flag()) return undefined;
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  // A tick is a field's time (E.2.1), of which a frame has two.
  return statedFrameRate(timeScale, 2 * unitsInTick);
}

function readCroppedSize(
  reader: BitReader,
  chromaArrayType: number,
): Pick<AvcSps, 'width' | 'height' | 'interlaced'> {
  const widthMbs = reader.ue(MAX_MACROBLOCKS_A_SIDE - 1) + 1;
  const heightMapUnits = reader.ue(MAX_MACROBLOCKS_A_SIDE - 1) + 1;
  const frameMbsOnly = reader.flag();
  if (!frameMbsOnly) reader.skip(1); // mb_adaptive_frame_field_flag
  reader.skip(1); // direct_8x8_inference_flag
  let width = widthMbs * 16;
  let height = heightMapUnits * 16 * (frameMbsOnly ? 1 : 2);
  if (reader.flag()) {
    const unitX = chromaArrayType === 1 || chromaArrayType === 2 ? 2 : 1;
    const unitY = (chromaArrayType === 1 ? 2 : 1) * (frameMbsOnly ? 1 : 2);
    width -= unitX * (reader.ue(width) + reader.ue(width));
    height -= unitY * (reader.ue(height) + reader.ue(height));
  }
  if (width <= 0 || height <= 0) reader.refuse(`cropping leaves a picture of ${width}x${height}`);
  return { width, height, interlaced: !frameMbsOnly };
}

/** Reads a whole SPS NAL unit, header and emulation prevention included. Violation `avc_sps_*`. */
export function parseAvcSps(nal: Uint8Array): AvcSps {
  const reader = new BitReader(unescapeNal(nal), 'avc_sps');
  const type = reader.bits(8) & 31;
  if (type !== NAL_SPS) reader.refuse(`NAL unit type is ${type}, not ${NAL_SPS}`);
  const profileIdc = reader.bits(8);
  const constraints = reader.bits(8);
  const levelIdc = reader.bits(8);
  reader.ue(31); // seq_parameter_set_id
  const chromaArrayType = HIGH_PROFILES.has(profileIdc) ? readHighProfileFields(reader) : 1;
  reader.ue(12); // log2_max_frame_num_minus4
  skipPictureOrderCount(reader);
  reader.ue(16); // max_num_ref_frames
  reader.skip(1); // gaps_in_frame_num_value_allowed_flag
  const size = readCroppedSize(reader, chromaArrayType);
  const frameRate = reader.flag() ? readVuiFrameRate(reader) : undefined;
  return { profileIdc, constraints, levelIdc, ...size, frameRate };
}
