import { Violation } from '../../base/index.ts';
import type { AudioTrack } from '../track.ts';
import { BitReader } from './bit-reader.ts';

/** An AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1), with what SBR and PS make of it. */
export interface AacConfig {
  /** What CODECS must say: 2 for AAC-LC, 5 for HE-AAC, 29 for HE-AAC v2. */
  readonly objectType: number;
  /** Sampling rate of the decoder's output, doubled by SBR. */
  readonly samplingRate: number;
  readonly channels: number;
  /** Ticks of the output rate in a frame. */
  readonly frameTicks: number;
}

const SAMPLING_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
  7_350,
];
const ESCAPED_RATE = 15;
const MIN_RATE = 7_350;
const MAX_RATE = 96_000;

/** Channels by channelConfiguration (table 1.19 with amendments); 0 is not valid here. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8];

const AAC_MAIN = 1;
const AAC_LC = 2;
const AAC_SSR = 3;
const AAC_LTP = 4;
const SBR = 5;
const PS = 29;
const ESCAPED_OBJECT = 31;
const SBR_SYNC = 0x2b7;
const PS_SYNC = 0x548;
/** What browsers, and so we, can carry: the general audio types with SBR and PS on top. */
const PLAYABLE: ReadonlySet<number> = new Set([AAC_MAIN, AAC_LC, AAC_SSR, AAC_LTP]);

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === ESCAPED_OBJECT ? 32 + reader.bits(6) : type;
}

function readSamplingRate(reader: BitReader): number {
  const index = reader.bits(4);
  const rate = index === ESCAPED_RATE ? reader.bits(24) : (SAMPLING_RATES[index] ?? 0);
  if (rate < MIN_RATE || rate > MAX_RATE) {
    reader.refuse(`sampling rate ${rate} (index ${index}) is outside ${MIN_RATE} to ${MAX_RATE}`);
  }
  return rate;
}

/** Counts the channels of a program_config_element (section 4.4.1.1); low frequency ones too. */
function readProgramChannels(reader: BitReader): number {
  reader.skip(10); // element_instance_tag, object_type, sampling_frequency_index
  const main = reader.bits(4) + reader.bits(4) + reader.bits(4); // front, side and back elements
  const lfe = reader.bits(2);
  const associated = reader.bits(3);
  const coupling = reader.bits(4);
  if (reader.flag()) reader.skip(4); // mono_mixdown_element_number
  if (reader.flag()) reader.skip(4); // stereo_mixdown_element_number
  if (reader.flag()) reader.skip(3); // matrix_mixdown_idx, pseudo_surround_enable
  let channels = lfe;
  for (let i = 0; i < main; i++) {
    channels += reader.flag() ? 2 : 1; // element_is_cpe
    reader.skip(4);
  }
  reader.skip(4 * lfe + 4 * associated + 5 * coupling);
  reader.skip(reader.bitsLeft % 8); // byte_alignment
  reader.skip(8 * reader.bits(8)); // comment_field_data
  return channels;
}

/** GASpecificConfig (section 4.4.1): samples in a core frame, and channels when a PCE states them. */
function readGeneralAudio(
  reader: BitReader,
  channelConfiguration: number,
): { frameLength: number; channels: number } {
  const frameLength = reader.flag() ? 960 : 1024;
  if (reader.flag()) reader.skip(14); // coreCoderDelay
  reader.skip(1); // extensionFlag, whose fields belong to error resilient types
  const channels =
    channelConfiguration === 0
      ? readProgramChannels(reader)
      : (CHANNELS[channelConfiguration] ?? 0);
  if (channels === 0) reader.refuse(`channel configuration ${channelConfiguration} has no channel`);
  return { frameLength, channels };
}

interface Extension {
  readonly rate: number;
  readonly parametricStereo: boolean;
}

/** The backward compatible signalling of SBR and PS behind the core's configuration (1.6.6.1). */
function readSyncExtension(reader: BitReader): Extension | undefined {
  if (reader.peek(11) !== SBR_SYNC || reader.bitsLeft < 17) return undefined;
  reader.skip(11);
  if (readObjectType(reader) !== SBR || !reader.flag()) return undefined;
  const rate = readSamplingRate(reader);
  if (reader.peek(11) !== PS_SYNC || reader.bitsLeft < 12) return { rate, parametricStereo: false };
  reader.skip(11);
  return { rate, parametricStereo: reader.flag() };
}

/** Reads an AudioSpecificConfig. Violation `aac_config_*`; `aac_object_unsupported` names the type. */
export function parseAudioSpecificConfig(bytes: Uint8Array): AacConfig {
  const reader = new BitReader(bytes, 'aac_config');
  let core = readObjectType(reader);
  const coreRate = readSamplingRate(reader);
  const channelConfiguration = reader.bits(4);
  let extension: Extension | undefined;
  if (core === SBR || core === PS) {
    extension = { parametricStereo: core === PS, rate: readSamplingRate(reader) };
    core = readObjectType(reader);
  }
  if (!PLAYABLE.has(core)) {
    throw new Violation('aac_object_unsupported', `MPEG-4 audio object type ${core} is not AAC-LC`);
  }
  const { frameLength, channels } = readGeneralAudio(reader, channelConfiguration);
  extension ??= readSyncExtension(reader);
  const samplingRate = extension?.rate ?? coreRate;
  if (samplingRate !== coreRate && samplingRate !== 2 * coreRate) {
    reader.refuse(`SBR makes ${samplingRate} Hz of ${coreRate} Hz`);
  }
  const parametricStereo = extension?.parametricStereo === true;
  return {
    objectType: parametricStereo ? PS : extension !== undefined ? SBR : core,
    samplingRate,
    channels: parametricStereo && channels === 1 ? 2 : channels,
    frameTicks: (frameLength * samplingRate) / coreRate,
  };
}

/** The track that an AudioSpecificConfig describes; keeps a copy of it. Violation `aac_*`. */
export function audioTrackFromAsc(bytes: Uint8Array): AudioTrack {
  const parsed = parseAudioSpecificConfig(bytes);
  return {
    kind: 'audio',
    codec: 'mp4a',
    codecString: `mp4a.40.${parsed.objectType}`,
    timescale: parsed.samplingRate,
    channels: parsed.channels,
    frameTicks: parsed.frameTicks,
    config: new Uint8Array(bytes),
  };
}
