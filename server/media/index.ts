/** @module The vocabulary of coded media: tracks, samples, codecs. Pure. */
export { type AacConfig, audioTrackFromAsc, parseAudioSpecificConfig } from './codec/aac.ts';
export {
  type Av1SequenceHeader,
  isAv1Keyframe,
  parseAv1SequenceHeader,
  videoTrackFromAv1C,
  withoutTemporalDelimiter,
} from './codec/av1.ts';
export {
  type AvcConfig,
  avcNalTypes,
  isAvcKeyframe,
  parseAvcC,
  videoTrackFromAvcC,
} from './codec/avc.ts';
export { type AvcSps, parseAvcSps } from './codec/avc-sps.ts';
export { MAX_CONFIG_BYTES } from './codec/bit-reader.ts';
export {
  type HevcConfig,
  hevcCodecString,
  isHevcKeyframe,
  parseHvcC,
  videoTrackFromHvcC,
} from './codec/hevc.ts';
export { type HevcSps, parseHevcSps } from './codec/hevc-sps.ts';
export { MAX_NALS, type NalLengthSize, withFourByteLengths } from './codec/nal.ts';
export {
  audioTrackFromOpusHead,
  dOpsFromOpusHead,
  OPUS_DEFAULT_PACKET_TICKS,
  OPUS_TIMESCALE,
  opusHeadFromDOps,
  opusPacketTicks,
} from './codec/opus.ts';
export { VIDEO_TIMESCALE } from './codec/picture.ts';
export type { MediaEvent, Sample } from './sample.ts';
export {
  type AudioTrack,
  isSameTrack,
  type Ticks,
  type Track,
  type TrackKind,
  type VideoTrack,
} from './track.ts';
