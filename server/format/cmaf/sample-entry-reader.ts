/** Sample entries (14496-12, 8.5.2) of the codecs that we carry, as tracks. */
import { Violation } from '../../base/index.ts';
import {
  type AudioTrack,
  audioTrackFromAsc,
  audioTrackFromOpusHead,
  type NalLengthSize,
  opusHeadFromDOps,
  parseAvcC,
  parseHvcC,
  type Track,
  videoTrackFromAv1C,
  videoTrackFromAvcC,
  videoTrackFromHvcC,
} from '../../media/index.ts';
import { type BoxPlace, FullBoxCursor, findBox, readBoxes } from './box-reader.ts';

/** A track, and what its samples need to become as `Sample` wants them. */
export interface ReadEntry {
  readonly track: Track;
  /** Length of NAL lengths in the file; 4 where there are none. */
  readonly nalLengthSize: NalLengthSize;
}

/** Bytes of VisualSampleEntry and AudioSampleEntry in front of the boxes inside. */
const VISUAL_FIELDS_BYTES = 78;
const AUDIO_FIELDS_BYTES = 28;
/** objectTypeIndication (14496-1, 7.2.6.6): MPEG-4 audio, MPEG-2 AAC-LC. */
const AAC_OBJECTS: ReadonlySet<number> = new Set([0x40, 0x67]);

/**
 * The track that a sample entry describes, in ticks of `timescale`; undefined for a codec that we
 * do not carry. Violations of media/codec, `mp4_box_*`, `mp4_init_malformed`.
 */
export function readSampleEntry(
  bytes: Uint8Array,
  entry: BoxPlace,
  timescale: number,
): ReadEntry | undefined {
  switch (entry.type) {
    case 'avc1':
    case 'avc3': {
      const config = configOf(bytes, entry, 'avcC');
      const { nalLengthSize } = parseAvcC(config);
      return { track: { ...videoTrackFromAvcC(config), timescale }, nalLengthSize };
    }
    case 'hvc1':
    case 'hev1': {
      const config = configOf(bytes, entry, 'hvcC');
      const { nalLengthSize } = parseHvcC(config);
      return { track: { ...videoTrackFromHvcC(config), timescale }, nalLengthSize };
    }
    case 'av01': {
      const track = videoTrackFromAv1C(configOf(bytes, entry, 'av1C'));
      return { track: { ...track, timescale }, nalLengthSize: 4 };
    }
    case 'mp4a': {
      const asc = audioSpecificConfig(new FullBoxCursor(bytes, boxIn(bytes, entry, 'esds')));
      return asc && { track: inTimescale(audioTrackFromAsc(asc), timescale), nalLengthSize: 4 };
    }
    case 'Opus': {
      const head = opusHeadFromDOps(configOf(bytes, entry, 'dOps'));
      return { track: inTimescale(audioTrackFromOpusHead(head), timescale), nalLengthSize: 4 };
    }
    default:
      return undefined;
  }
}

function boxIn(bytes: Uint8Array, entry: BoxPlace, type: string): BoxPlace {
  const audio = entry.type === 'mp4a' || entry.type === 'Opus';
  const start = entry.body + (audio ? AUDIO_FIELDS_BYTES : VISUAL_FIELDS_BYTES);
  return findBox(readBoxes(bytes, start, entry.end), type);
}

function configOf(bytes: Uint8Array, entry: BoxPlace, type: string): Uint8Array {
  const { body, end } = boxIn(bytes, entry, type);
  return bytes.subarray(body, end);
}

/** A track counts in its sampling rate as a rule, but a file may count in anything. */
function inTimescale(track: AudioTrack, timescale: number): AudioTrack {
  if (timescale === track.timescale) return track;
  const frameTicks = Math.round((track.frameTicks * timescale) / track.timescale);
  return { ...track, timescale, frameTicks: Math.max(1, frameTicks) };
}

/** The AudioSpecificConfig in an esds (14496-1, 7.2.6); undefined when it is not of AAC. */
function audioSpecificConfig(esds: FullBoxCursor): Uint8Array | undefined {
  expectDescriptor(esds, 0x03); // ES_DescrTag
  esds.skip(2); // ES_ID
  const flags = esds.u8();
  if (flags & 0x80) esds.skip(2); // dependsOn_ES_ID
  if (flags & 0x40) esds.skip(esds.u8()); // URLstring
  if (flags & 0x20) esds.skip(2); // OCR_ES_Id
  expectDescriptor(esds, 0x04); // DecoderConfigDescrTag
  if (!AAC_OBJECTS.has(esds.u8())) return undefined;
  esds.skip(12); // streamType, bufferSizeDB, maxBitrate, avgBitrate
  return esds.bytes(expectDescriptor(esds, 0x05)); // DecSpecificInfoTag
}

/** Passes over the head of a descriptor, which must have this tag; returns its size in bytes. */
function expectDescriptor(esds: FullBoxCursor, tag: number): number {
  const found = esds.u8();
  if (found !== tag) {
    throw new Violation(
      'mp4_init_malformed',
      `Cannot read esds: its descriptor has tag ${found}, not ${tag}`,
    );
  }
  let size = 0;
  for (let i = 0; i < 4; i++) {
    const byte = esds.u8();
    size = size * 128 + (byte & 0x7f);
    if (byte < 0x80) break;
  }
  return size;
}
