import type { VideoTrack } from '../track.ts';
import { type AvcSps, parseAvcSps } from './avc-sps.ts';
import { BitReader } from './bit-reader.ts';
import { type NalLengthSize, someNal } from './nal.ts';
import { hexByte, VIDEO_TIMESCALE } from './picture.ts';

/** An AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1). */
export interface AvcConfig {
  readonly nalLengthSize: NalLengthSize;
  /** SPS and PPS NAL units, views of the record. */
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

const NAL_IDR = 5;

function readNals(reader: BitReader, count: number): Uint8Array[] {
  const nals: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const length = reader.bits(16);
    if (length === 0) reader.refuse('a parameter set is empty');
    nals.push(reader.bytes(length));
  }
  return nals;
}

/** `lengthSizeMinusOne` as a size; three bytes is not allowed by the standard. */
export function nalLengthSize(reader: BitReader, minusOne: number): NalLengthSize {
  if (minusOne === 2) reader.refuse('NAL lengths of 3 bytes are not allowed');
  return minusOne === 0 ? 1 : minusOne === 1 ? 2 : 4;
}

/** Reads the body of an avcC box. Violation `avc_config_*`. What follows the PPS is optional. */
export function parseAvcC(record: Uint8Array): AvcConfig {
  const reader = new BitReader(record, 'avc_config');
  const version = reader.bits(8);
  if (version !== 1) reader.refuse(`version is ${version}, not 1`);
  reader.skip(24); // profile, compatibility and level, which the SPS states too
  const size = nalLengthSize(reader, reader.bits(8) & 3);
  const sps = readNals(reader, reader.bits(8) & 31);
  const pps = readNals(reader, reader.bits(8));
  if (sps.length === 0) reader.refuse('it has no SPS');
  if (pps.length === 0) reader.refuse('it has no PPS');
  return { nalLengthSize: size, sps, pps };
}

function avcCodecString(sps: AvcSps): string {
  return `avc1.${hexByte(sps.profileIdc)}${hexByte(sps.constraints)}${hexByte(sps.levelIdc)}`;
}

/**
 * The track that an avcC body describes; keeps a copy of it, its NAL lengths set to 4 bytes as
 * samples have them. Violation `avc_config_*` or `avc_sps_*`.
 */
export function videoTrackFromAvcC(record: Uint8Array): VideoTrack {
  const [first] = parseAvcC(record).sps;
  const sps = parseAvcSps(first ?? new Uint8Array());
  const config = new Uint8Array(record);
  config[4] = (config[4] ?? 0) | 3;
  return {
    kind: 'video',
    codec: 'avc1',
    codecString: avcCodecString(sps),
    timescale: VIDEO_TIMESCALE,
    width: sps.width,
    height: sps.height,
    frameRate: sps.frameRate,
    config,
  };
}

/** True when the access unit has an IDR slice: a container's own keyframe flag lies at times. */
export function isAvcKeyframe(data: Uint8Array, size: NalLengthSize = 4): boolean {
  return someNal(data, size, (header) => (header & 31) === NAL_IDR);
}

/** The nal_unit_type of each NAL unit in order, for tests and diagnosis. */
export function avcNalTypes(data: Uint8Array, size: NalLengthSize = 4): number[] {
  const types: number[] = [];
  someNal(data, size, (header) => {
    types.push(header & 31);
    return false;
  });
  return types;
}
