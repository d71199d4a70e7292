/** @module Real-time transcoding: which rungs a source gets, and FFmpeg on a short leash. */
export type { EncodeJob, Thumbnails } from './encode-arguments.ts';
export { type EncoderFamily, encoderName } from './encoder-arguments.ts';
export { type Capacity, type EncoderSurvey, surveyEncoders } from './encoder-survey.ts';
export type { FamilyFinding } from './hardware.ts';
export {
  DEFAULT_LADDER,
  DEFAULT_LADDER_TEXT,
  LadderError,
  parseLadder,
  type Rung,
  type RungProfile,
  rungsFor,
  type SourcePicture,
} from './ladder.ts';
export { LeadSwitch, type LeadSwitchSettings } from './lead-switch.ts';
export { ffmpegVersion, type MachineMeasure } from './machine-measure.ts';
export { coresFor, coresOf, type EncodeBudget, pickRungs } from './rung-choice.ts';
export { isTooLarge } from './source-size.ts';
export { Transcoder } from './transcoder.ts';
export type {
  TranscoderReading,
  TranscoderSettings,
} from './transcoder-settings.ts';
