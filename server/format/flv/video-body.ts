import { type FlvBody, type FlvTracks, type FlvVideoCodec, ignored } from './body.ts';
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

type VideoBody = FlvBody<FlvVideoCodec>;
type VideoTracks = FlvTracks<FlvVideoCodec>;

const EXTENDED_HEADER = 0x80;
const FRAME_KEY = 1;
const FRAME_COMMAND = 5;

const PACKET_CODED_FRAMES_X = 3;
const PACKET_METADATA = 4;
const PACKET_MPEG2TS_SEQUENCE_START = 5;
const PACKET_MULTITRACK = 6;

const CODEC_AVC = 7;
/** Never in the FLV specification, but what Chinese encoders and their FFmpeg forks write. */
const CODEC_HEVC = 12;
const LEGACY_NAMES: Readonly<Record<number, string>> = {
  1: 'JPEG',
  2: 'Sorenson H.263',
  3: 'Screen video',
  4: 'VP6',
  5: 'VP6 with alpha',
  6: 'Screen video 2',
  13: 'AV1 in legacy FLV',
};

const CODECS: ReadonlyMap<string, FlvVideoCodec> = new Map([
  ['avc1', 'avc1'],
  ['hvc1', 'hvc1'],
  ['av01', 'av01'],
]);
const FOURCC_NAMES: Readonly<Record<string, string>> = {
  vp08: 'VP8',
  vp09: 'VP9',
  vvc1: 'VVC (H.266)',
};

function parseLegacy(reader: BodyReader, first: number): VideoBody {
  const codecId = first & 15;
  if (codecId !== CODEC_AVC && codecId !== CODEC_HEVC) {
    return {
      type: 'unsupported',
      codecName: LEGACY_NAMES[codecId] ?? `FLV video codec ${codecId}`,
    };
  }
  const codec = codecId === CODEC_AVC ? 'avc1' : 'hvc1';
  if (reader.left === 0) return ignored('empty');
  const packetType = reader.unsigned(1);
  // The end of a sequence has no use for the composition time, and some encoders leave it out.
  if (packetType === PACKET_SEQUENCE_END) return { type: 'end' };
  const compositionOffsetMs = reader.signed24();
  if (packetType > PACKET_SEQUENCE_END) return ignored('unknown_packet_type');
  const data = reader.rest();
  if (data.length === 0) return ignored('empty');
  if (packetType === PACKET_SEQUENCE_START) return { type: 'config', codec, config: data };
  const keyframe = first >> 4 === FRAME_KEY;
  return { type: 'frame', codec, keyframe, compositionOffsetMs, nanos: 0, data };
}

function parseTrack(
  { packetType, fourCc, body }: Omit<TrackBody, 'trackId'>,
  stamps: { readonly keyframe: boolean; readonly nanos: number },
): VideoBody {
  const codec = CODECS.get(fourCc);
  if (codec === undefined) {
    return { type: 'unsupported', codecName: FOURCC_NAMES[fourCc] ?? `video FourCC "${fourCc}"` };
  }
  switch (packetType) {
    case PACKET_SEQUENCE_START:
      return body.left === 0 ? ignored('empty') : { type: 'config', codec, config: body.rest() };
    case PACKET_CODED_FRAMES:
    case PACKET_CODED_FRAMES_X: {
      const hasOffset = packetType === PACKET_CODED_FRAMES && codec !== 'av01';
      const compositionOffsetMs = hasOffset ? body.signed24() : 0;
      const data = body.rest();
      if (data.length === 0) return ignored('empty');
      return { type: 'frame', codec, compositionOffsetMs, ...stamps, data };
    }
    case PACKET_SEQUENCE_END:
      return { type: 'end' };
    case PACKET_METADATA:
      return ignored('metadata');
    case PACKET_MPEG2TS_SEQUENCE_START:
      return ignored('mpeg2ts_config');
    default:
      return ignored('unknown_packet_type');
  }
}

function parseExtended(reader: BodyReader, first: number): VideoBody | VideoTracks {
  const frameType = (first >> 4) & 7;
  const { packetType, nanos } = readModEx(reader, first & 15);
  if (frameType === FRAME_COMMAND && packetType !== PACKET_METADATA) return ignored('command');
  const stamps = { keyframe: frameType === FRAME_KEY, nanos };
  if (packetType !== PACKET_MULTITRACK) {
    return parseTrack({ packetType, fourCc: readFourCc(reader), body: reader }, stamps);
  }
  const tracks = readTracks(reader, PACKET_MULTITRACK);
  return {
    type: 'tracks',
    tracks: tracks.map((track) => ({ trackId: track.trackId, body: parseTrack(track, stamps) })),
  };
}

/**
 * Reads the body of an RTMP video message (type 9), which is an FLV VIDEODATA (FLV 10.1 annex
 * E.4.3) or an Enhanced RTMP v1 or v2 body. Violation `flv_*` for one that ends too early.
 */
export function parseVideoBody(payload: Uint8Array): VideoBody | VideoTracks {
  if (payload.length === 0) return ignored('empty');
  const reader = new BodyReader(payload);
  const first = reader.unsigned(1);
  if ((first & EXTENDED_HEADER) !== 0) return parseExtended(reader, first);
  if (first >> 4 === FRAME_COMMAND) return ignored('command');
  return parseLegacy(reader, first);
}
