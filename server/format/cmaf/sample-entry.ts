import type { AudioTrack, Track, VideoTrack } from '../../media/index.ts';
import { box, type Field, fixed16, fullBox, raw, u8, u16, u32, zeros } from './box.ts';

/** The largest sampling rate that the 16.16 field of a sample entry can state. */
const MAX_FIXED_RATE = 65_535;

/** The sample entry of a track: what its samples are and how to set up their decoder. */
export function sampleEntry(track: Track): Field {
  return track.kind === 'video' ? visualSampleEntry(track) : audioSampleEntry(track);
}

const CONFIGURATION_BOX = { avc1: 'avcC', hvc1: 'hvcC', av01: 'av1C' } as const;

/** VisualSampleEntry (14496-12, 12.1.3). */
function visualSampleEntry(track: VideoTrack): Field {
  return box(
    track.codec,
    zeros(6), // reserved
    u16(1), // data_reference_index
    zeros(16), // pre_defined, reserved
    u16(track.width), // width
    u16(track.height), // height
    fixed16(72), // horizresolution, dots per inch
    fixed16(72), // vertresolution
    u32(0), // reserved
    u16(1), // frame_count
    zeros(32), // compressorname
    u16(0x0018), // depth: colour without alpha
    u16(0xffff), // pre_defined
    box(CONFIGURATION_BOX[track.codec], raw(track.config)),
  );
}

/** AudioSampleEntry (14496-12, 12.2.3). */
function audioSampleEntry(track: AudioTrack): Field {
  const rate = track.timescale <= MAX_FIXED_RATE ? track.timescale : 0;
  return box(
    track.codec === 'mp4a' ? 'mp4a' : 'Opus',
    zeros(6), // reserved
    u16(1), // data_reference_index
    zeros(8), // reserved
    u16(track.channels), // channelcount
    u16(16), // samplesize
    u32(0), // pre_defined, reserved
    fixed16(rate), // samplerate; 0 where the field is too small, and the configuration tells
    track.codec === 'mp4a' ? esds(track.config) : box('dOps', raw(track.config)),
  );
}

/** ESDBox (14496-14, 5.6.1) around an AudioSpecificConfig. */
function esds(audioSpecificConfig: Uint8Array): Field {
  return fullBox(
    'esds',
    {},
    descriptor(
      0x03, // ES_DescrTag
      u16(0), // ES_ID, 0 in a file
      u8(0), // no dependency, no URL, no OCR stream; streamPriority
      descriptor(
        0x04, // DecoderConfigDescrTag
        u8(0x40), // objectTypeIndication: MPEG-4 audio
        u8(0x15), // streamType audio (5), upStream 0, reserved 1
        zeros(3), // bufferSizeDB
        u32(0), // maxBitrate, unknown
        u32(0), // avgBitrate, unknown
        descriptor(0x05, raw(audioSpecificConfig)), // DecSpecificInfoTag
      ),
      descriptor(0x06, u8(2)), // SLConfigDescrTag, predefined: MP4
    ),
  );
}

/** A descriptor of 14496-1, 8.3: tag, and a size of seven bits a byte, as long as it has to be. */
function descriptor(tag: number, ...fields: readonly Field[]): Field {
  let size = 0;
  for (const field of fields) size += field.size;
  const head = [tag, size & 0x7f];
  for (let rest = size >> 7; rest > 0; rest >>= 7) head.splice(1, 0, 0x80 | (rest & 0x7f));
  return {
    size: head.length + size,
    write(into, at) {
      into.bytes.set(head, at);
      let cursor = at + head.length;
      for (const field of fields) {
        field.write(into, cursor);
        cursor += field.size;
      }
    },
  };
}
