import { type FlvAudioCodec, type FlvBody, ignored } from './body.ts';
import { BodyReader } from './body-reader.ts';
import {
  PACKET_CODED_FRAMES,
  PACKET_SEQUENCE_END,
  PACKET_SEQUENCE_START,
  readFourCc,
  readModEx,
  readTracks,
  type TrackBody,
} from './enhanced.ts';

type AudioBody = FlvBody<FlvAudioCodec>;

const FORMAT_EXTENDED = 9;
const FORMAT_AAC = 10;
const LEGACY_NAMES: Readonly<Record<number, string>> = {
  0: 'PCM',
  1: 'ADPCM',
  2: 'MP3',
  3: 'PCM',
  4: 'Nellymoser',
  5: 'Nellymoser',
  6: 'Nellymoser',
  7: 'G.711 A-law',
  8: 'G.711 mu-law',
  11: 'Speex',
  13: 'Opus in legacy FLV',
  14: 'MP3',
  15: 'device-specific sound',
};

const PACKET_MULTICHANNEL_CONFIG = 4;
const PACKET_MULTITRACK = 5;

const CODECS: ReadonlyMap<string, FlvAudioCodec> = new Map([
  ['mp4a', 'mp4a'],
  ['Opus', 'opus'],
]);
const FOURCC_NAMES: Readonly<Record<string, string>> = {
  '.mp3': 'MP3',
  fLaC: 'FLAC',
  'ac-3': 'AC-3',
  'ec-3': 'E-AC-3',
};

function frame(codec: FlvAudioCodec, nanos: number, data: Uint8Array): AudioBody {
  if (data.length === 0) return ignored('empty');
  return { type: 'frame', codec, keyframe: true, compositionOffsetMs: 0, nanos, data };
}

function config(codec: FlvAudioCodec, data: Uint8Array): AudioBody {
  return data.length === 0 ? ignored('empty') : { type: 'config', codec, config: data };
}

function parseLegacy(reader: BodyReader, format: number): AudioBody {
  if (format !== FORMAT_AAC) {
    return { type: 'unsupported', codecName: LEGACY_NAMES[format] ?? `FLV sound format ${format}` };
  }
  if (reader.left === 0) return ignored('empty');
  const packetType = reader.unsigned(1);
  if (packetType === PACKET_SEQUENCE_START) return config('mp4a', reader.rest());
  if (packetType === PACKET_CODED_FRAMES) return frame('mp4a', 0, reader.rest());
  return ignored('unknown_packet_type');
}

function parseTrack(track: Omit<TrackBody, 'trackId'>, nanos: number): AudioBody {
  const { packetType, fourCc, body } = track;
  const codec = CODECS.get(fourCc);
  if (codec === undefined) {
    return { type: 'unsupported', codecName: FOURCC_NAMES[fourCc] ?? `audio FourCC "${fourCc}"` };
  }
  switch (packetType) {
    case PACKET_SEQUENCE_START:
      return config(codec, body.rest());
    case PACKET_CODED_FRAMES:
      return frame(codec, nanos, body.rest());
    case PACKET_SEQUENCE_END:
      return { type: 'end' };
    case PACKET_MULTICHANNEL_CONFIG:
      return ignored('multichannel_config');
    default:
      return ignored('unknown_packet_type');
  }
}

/**
 * Reads the body of an RTMP audio message (type 8), which is an FLV AUDIODATA (FLV 10.1 annex
 * E.4.2) or an Enhanced RTMP v2 body. Violation `flv_*` for one that ends too early.
 */
export function parseAudioBody(payload: Uint8Array): AudioBody {
  if (payload.length === 0) return ignored('empty');
  const reader = new BodyReader(payload);
  const first = reader.unsigned(1);
  const format = first >> 4;
  if (format !== FORMAT_EXTENDED) return parseLegacy(reader, format);
  const { packetType, nanos } = readModEx(reader, first & 15);
  if (packetType !== PACKET_MULTITRACK) {
    return parseTrack({ packetType, fourCc: readFourCc(reader), body: reader }, nanos);
  }
  // Further tracks are other languages or mixes; a broadcast has one.
  const track = readTracks(reader, PACKET_MULTITRACK).find(({ trackId }) => trackId === 0);
  return track === undefined ? ignored('other_track') : parseTrack(track, nanos);
}
