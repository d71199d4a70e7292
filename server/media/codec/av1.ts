import type { VideoTrack } from '../track.ts';
import { BitReader } from './bit-reader.ts';
import { statedFrameRate, VIDEO_TIMESCALE } from './picture.ts';

/** What we use of a sequence header OBU (AV1 section 5.5.1). */
export interface Av1SequenceHeader {
  readonly profile: number;
  /** seq_level_idx of the first operating point, such as 8 for level 4.0. */
  readonly levelIdx: number;
  readonly highTier: boolean;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number | undefined;
}

const OBU_SEQUENCE_HEADER = 1;
const OBU_TEMPORAL_DELIMITER = 2;
const OBU_FRAME_HEADER = 3;
const OBU_FRAME = 6;
/** Levels up to 3.3 have one tier only. */
const LAST_LEVEL_WITHOUT_TIER = 7;
const MAX_OBUS = 1024;
const LEB128_MAX_BYTES = 8;

interface Obu {
  readonly type: number;
  readonly payload: Uint8Array;
  /** Where the next OBU begins. */
  readonly end: number;
}

/** The OBU at `at` (AV1 section 5.3); undefined when its size points past the end. */
function obuAt(data: Uint8Array, at: number): Obu | undefined {
  const header = data[at] ?? 0;
  const type = (header >> 3) & 15;
  let start = at + 1 + ((header >> 2) & 1);
  if ((header & 2) === 0) return { type, payload: data.subarray(start), end: data.length };
  let size = 0;
  for (let i = 0; ; i++) {
    const byte = data[start++];
    if (byte === undefined || i === LEB128_MAX_BYTES) return undefined;
    size += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) break;
  }
  const end = start + size;
  return end > data.length ? undefined : { type, payload: data.subarray(start, end), end };
}

/** The first OBU of one of `types`, as far as the sizes hold together. */
function findObu(data: Uint8Array, ...types: readonly number[]): Obu | undefined {
  let at = 0;
  for (let count = 0; count < MAX_OBUS && at < data.length; count++) {
    const obu = obuAt(data, at);
    if (obu === undefined || types.includes(obu.type)) return obu;
    at = obu.end;
  }
  return undefined;
}

interface DecoderModel {
  readonly bufferDelayBits: number;
}

/** timing_info and decoder_model_info. */
function readTiming(reader: BitReader): { frameRate: number | undefined; model?: DecoderModel } {
  if (!reader.flag()) return { frameRate: undefined };
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  // Without equal_picture_interval a tick is only a unit, not a frame's time.
  const ticksPerPicture = reader.flag() ? reader.ue() + 1 : 0;
  const frameRate = statedFrameRate(timeScale, unitsInTick * ticksPerPicture);
  if (!reader.flag()) return { frameRate };
  const bufferDelayBits = reader.bits(5) + 1;
  reader.skip(42);
  return { frameRate, model: { bufferDelayBits } };
}

/** Reads the operating points; returns level and tier of the first. */
function readOperatingPoints(
  reader: BitReader,
  model: DecoderModel | undefined,
): Pick<Av1SequenceHeader, 'levelIdx' | 'highTier'> {
  const displayDelay = reader.flag();
  const count = reader.bits(5) + 1;
  let levelIdx = 0;
  let highTier = false;
  for (let i = 0; i < count; i++) {
    reader.skip(12); // operating_point_idc
    const level = reader.bits(5);
    const tier = level > LAST_LEVEL_WITHOUT_TIER && reader.flag();
    if (model !== undefined && reader.flag()) reader.skip(2 * model.bufferDelayBits + 1);
    if (displayDelay && reader.flag()) reader.skip(4);
    if (i === 0) {
      levelIdx = level;
      highTier = tier;
    }
  }
  return { levelIdx, highTier };
}

/** Reads the payload of a sequence header OBU as far as the picture size. Violation `av1_sequence_*`. */
export function parseAv1SequenceHeader(payload: Uint8Array): Av1SequenceHeader {
  const reader = new BitReader(payload, 'av1_sequence');
  const profile = reader.bits(3);
  reader.skip(1); // still_picture
  const reduced = reader.flag();
  const timing: ReturnType<typeof readTiming> = reduced
    ? { frameRate: undefined }
    : readTiming(reader);
  const point = reduced
    ? { levelIdx: reader.bits(5), highTier: false }
    : readOperatingPoints(reader, timing.model);
  const widthBits = reader.bits(4) + 1;
  const heightBits = reader.bits(4) + 1;
  const width = reader.bits(widthBits) + 1;
  const height = reader.bits(heightBits) + 1;
  return { profile, ...point, width, height, frameRate: timing.frameRate };
}

/** The track that an av1C body describes (AV1-ISOBMFF 2.3.3); keeps a copy. Violation `av1_*`. */
export function videoTrackFromAv1C(record: Uint8Array): VideoTrack {
  const reader: BitReader = new BitReader(record, 'av1_config');
  const marker = reader.bits(8);
  if (marker !== 0x81) reader.refuse(`marker and version are ${marker}, not 129`);
  reader.skip(8); // profile and level, which the sequence header states too
  reader.skip(1); // seq_tier_0
  const highBitDepth = reader.flag();
  const bitDepth = highBitDepth ? (reader.flag() ? 12 : 10) : 8;
  const sequenceObu = findObu(record.subarray(4), OBU_SEQUENCE_HEADER);
  if (sequenceObu === undefined) reader.refuse('it has no sequence header');
  const sequence = parseAv1SequenceHeader(sequenceObu.payload);
  const level = String(sequence.levelIdx).padStart(2, '0');
  const depth = String(bitDepth).padStart(2, '0');
  return {
    kind: 'video',
    codec: 'av01',
    codecString: `av01.${sequence.profile}.${level}${sequence.highTier ? 'H' : 'M'}.${depth}`,
    timescale: VIDEO_TIMESCALE,
    width: sequence.width,
    height: sequence.height,
    frameRate: sequence.frameRate,
    config: new Uint8Array(record),
  };
}

/** True when the first frame of the temporal unit is a shown key frame (AV1 section 5.9.2). */
export function isAv1Keyframe(data: Uint8Array): boolean {
  const frame = findObu(data, OBU_FRAME, OBU_FRAME_HEADER);
  // show_existing_frame 0, frame_type 0 (KEY_FRAME), show_frame 1
  return frame !== undefined && ((frame.payload[0] ?? 0) & 0xf0) === 0x10;
}

/** The temporal unit without the temporal delimiter, which AV1-ISOBMFF 2.4 keeps out of samples. */
export function withoutTemporalDelimiter(data: Uint8Array): Uint8Array {
  if ((((data[0] ?? 0) >> 3) & 15) !== OBU_TEMPORAL_DELIMITER) return data;
  const delimiter = obuAt(data, 0);
  return delimiter === undefined ? data : data.subarray(delimiter.end);
}
