import type { VideoTrack } from '../track.ts';
import { nalLengthSize } from './avc.ts';
import { BitReader } from './bit-reader.ts';
import { parseHevcSps } from './hevc-sps.ts';
import { type NalLengthSize, someNal } from './nal.ts';
import { hexByte, statedFrameRate, VIDEO_TIMESCALE } from './picture.ts';

/** An HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 8.3.3.1). */
export interface HevcConfig {
  readonly profileSpace: number;
  readonly highTier: boolean;
  readonly profileIdc: number;
  /** general_profile_compatibility_flags, flag 0 in the highest bit. */
  readonly compatibility: number;
  /** The six bytes of general_constraint_indicator_flags. */
  readonly constraints: Uint8Array;
  readonly levelIdc: number;
  /** Frames per 256 seconds; 0 when not stated. */
  readonly averageFrameRate: number;
  readonly nalLengthSize: NalLengthSize;
  /** Parameter sets by kind, views of the record. */
  readonly vps: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

const NAL_VPS = 32;
const NAL_SPS = 33;
const NAL_PPS = 34;
/** BLA, IDR, CRA and the reserved types between them (table 7-1): all decode on their own. */
const NAL_IRAP_FIRST = 16;
const NAL_IRAP_LAST = 23;
/** The standard allows 64 parameter sets of a kind at most. */
const MAX_NALS_IN_ARRAY = 64;

function readArrays(reader: BitReader): Map<number, Uint8Array[]> {
  const arrays = new Map<number, Uint8Array[]>();
  const count = reader.bits(8);
  for (let i = 0; i < count; i++) {
    const type = reader.bits(8) & 63;
    const nals = arrays.get(type) ?? [];
    const length = reader.bits(16);
    if (nals.length + length > MAX_NALS_IN_ARRAY) reader.refuse(`${length} NAL units of ${type}`);
    for (let j = 0; j < length; j++) {
      const size = reader.bits(16);
      if (size < 2) reader.refuse(`a parameter set has ${size} bytes`);
      nals.push(reader.bytes(size));
    }
    arrays.set(type, nals);
  }
  return arrays;
}

/** Reads the body of an hvcC box. Violation `hevc_config_*`. */
export function parseHvcC(record: Uint8Array): HevcConfig {
  const reader = new BitReader(record, 'hevc_config');
  const version = reader.bits(8);
  // Encoders older than the standard's final text wrote version 0.
  if (version > 1) reader.refuse(`version is ${version}, not 1`);
  const profileSpace = reader.bits(2);
  const highTier = reader.flag();
  const profileIdc = reader.bits(5);
  const compatibility = reader.bits(32);
  const constraints = reader.bytes(6);
  const levelIdc = reader.bits(8);
  reader.skip(48); // segmentation, parallelism, chroma format, bit depths
  const averageFrameRate = reader.bits(16);
  const size = nalLengthSize(reader, reader.bits(8) & 3);
  const arrays = readArrays(reader);
  const vps = arrays.get(NAL_VPS) ?? [];
  const sps = arrays.get(NAL_SPS) ?? [];
  const pps = arrays.get(NAL_PPS) ?? [];
  if (vps.length === 0) reader.refuse('it has no VPS');
  if (sps.length === 0) reader.refuse('it has no SPS');
  if (pps.length === 0) reader.refuse('it has no PPS');
  return {
    profileSpace,
    highTier,
    profileIdc,
    compatibility,
    constraints,
    levelIdc,
    averageFrameRate,
    nalLengthSize: size,
    vps,
    sps,
    pps,
  };
}

function reversedBits(value: number): number {
  let reversed = 0;
  for (let i = 0; i < 32; i++) reversed = reversed * 2 + ((value >>> i) & 1);
  return reversed;
}

/** The RFC 6381 string by ISO/IEC 14496-15 annex E.3, such as `hvc1.1.6.L93.B0`. */
export function hevcCodecString(config: HevcConfig): string {
  const space = ['', 'A', 'B', 'C'][config.profileSpace] ?? '';
  const tier = config.highTier ? 'H' : 'L';
  let length = config.constraints.length;
  while (length > 0 && config.constraints[length - 1] === 0) length--;
  const constraints = Array.from(config.constraints.subarray(0, length), (byte) =>
    hexByte(byte).toUpperCase(),
  );
  const compatibility = reversedBits(config.compatibility).toString(16);
  const parts = [`${space}${config.profileIdc}`, compatibility, `${tier}${config.levelIdc}`];
  return ['hvc1', ...parts, ...constraints].join('.');
}

/**
 * The track that an hvcC body describes; keeps a copy of it, its NAL lengths set to 4 bytes as
 * samples have them. Violation `hevc_config_*` or `hevc_sps_*`.
 */
export function videoTrackFromHvcC(record: Uint8Array): VideoTrack {
  const parsed = parseHvcC(record);
  const sps = parseHevcSps(parsed.sps[0] ?? new Uint8Array());
  const config = new Uint8Array(record);
  config[0] = 1;
  config[21] = (config[21] ?? 0) | 3;
  return {
    kind: 'video',
    codec: 'hvc1',
    codecString: hevcCodecString(parsed),
    timescale: VIDEO_TIMESCALE,
    width: sps.width,
    height: sps.height,
    frameRate: sps.frameRate ?? statedFrameRate(parsed.averageFrameRate, 256),
    config,
  };
}

/** True when the access unit has an IRAP slice (IDR, CRA or BLA). */
export function isHevcKeyframe(data: Uint8Array, size: NalLengthSize = 4): boolean {
  return someNal(data, size, (header) => {
    const type = (header >> 1) & 63;
    return type >= NAL_IRAP_FIRST && type <= NAL_IRAP_LAST;
  });
}
