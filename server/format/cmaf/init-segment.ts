import type { Track } from '../../media/index.ts';
import {
  ascii,
  asciiz,
  box,
  bytesOf,
  type Field,
  fixed16,
  fullBox,
  u16,
  u32,
  zeros,
} from './box.ts';
import { sampleEntry } from './sample-entry.ts';

/** Every file has one track, since audio and video are delivered apart. */
export const TRACK_ID = 1;
const MOVIE_TIMESCALE = 1_000;
/** Five bits a letter, each less 0x60: `und`, undetermined. */
const LANGUAGE_UND = 0x55c4;

/**
 * The CMAF header of a track (ISO/IEC 23000-19, 7.3.1): what EXT-X-MAP points to. Tables are
 * empty and durations 0, as a live presentation wants them (rfc8216bis 3.1.2).
 */
export function initSegment(track: Track): Uint8Array {
  return bytesOf(ftyp(), moov(track));
}

function ftyp(): Field {
  return box(
    'ftyp',
    ascii('iso6'), // major_brand: default-base-is-moof and tfdt are understood
    u32(0), // minor_version
    ascii('iso6'), // compatible_brands
    ascii('cmfc'), // a CMAF track
  );
}

function moov(track: Track): Field {
  return box('moov', mvhd(), trak(track), box('mvex', trex()));
}

function mvhd(): Field {
  return fullBox(
    'mvhd',
    {},
    u32(0), // creation_time
    u32(0), // modification_time
    u32(MOVIE_TIMESCALE), // timescale
    u32(0), // duration: fragments tell
    fixed16(1), // rate
    u16(0x0100), // volume 1.0
    zeros(10), // reserved
    matrix(),
    zeros(24), // pre_defined
    u32(TRACK_ID + 1), // next_track_ID
  );
}

function trak(track: Track): Field {
  return box('trak', tkhd(track), mdia(track));
}

function tkhd(track: Track): Field {
  const video = track.kind === 'video' ? track : undefined;
  return fullBox(
    'tkhd',
    { flags: 0x000007 }, // enabled, in movie, in preview
    u32(0), // creation_time
    u32(0), // modification_time
    u32(TRACK_ID), // track_ID
    u32(0), // reserved
    u32(0), // duration
    zeros(8), // reserved
    u16(0), // layer
    u16(0), // alternate_group
    u16(video === undefined ? 0x0100 : 0), // volume
    u16(0), // reserved
    matrix(),
    fixed16(video?.width ?? 0), // width
    fixed16(video?.height ?? 0), // height
  );
}

function mdia(track: Track): Field {
  return box('mdia', mdhd(track.timescale), hdlr(track.kind), minf(track));
}

function mdhd(timescale: number): Field {
  return fullBox(
    'mdhd',
    {},
    u32(0), // creation_time
    u32(0), // modification_time
    u32(timescale), // timescale
    u32(0), // duration
    u16(LANGUAGE_UND), // language
    u16(0), // pre_defined
  );
}

function hdlr(kind: Track['kind']): Field {
  return fullBox(
    'hdlr',
    {},
    u32(0), // pre_defined
    ascii(kind === 'video' ? 'vide' : 'soun'), // handler_type
    zeros(12), // reserved
    asciiz(kind), // name
  );
}

function minf(track: Track): Field {
  const header =
    track.kind === 'video'
      ? fullBox('vmhd', { flags: 1 }, zeros(8)) // graphicsmode, opcolor
      : fullBox('smhd', {}, zeros(4)); // balance, reserved
  return box('minf', header, dinf(), stbl(track));
}

function dinf(): Field {
  return box(
    'dinf',
    fullBox(
      'dref',
      {},
      u32(1), // entry_count
      fullBox('url ', { flags: 1 }), // media is in this file
    ),
  );
}

function stbl(track: Track): Field {
  return box(
    'stbl',
    fullBox('stsd', {}, u32(1), sampleEntry(track)), // entry_count
    fullBox('stts', {}, u32(0)), // entry_count
    fullBox('stsc', {}, u32(0)), // entry_count
    fullBox('stsz', {}, u32(0), u32(0)), // sample_size, sample_count
    fullBox('stco', {}, u32(0)), // entry_count
  );
}

/** All defaults 0: every chunk states its own, so that it can be read without this box. */
function trex(): Field {
  return fullBox(
    'trex',
    {},
    u32(TRACK_ID), // track_ID
    u32(1), // default_sample_description_index
    u32(0), // default_sample_duration
    u32(0), // default_sample_size
    u32(0), // default_sample_flags
  );
}

/** The unity transformation of mvhd and tkhd: {a, b, u, c, d, v, x, y, w}. */
function matrix(): Field {
  const one = 0x0001_0000;
  const entries = [one, 0, 0, 0, one, 0, 0, 0, 0x4000_0000];
  return {
    size: 36,
    write({ view }, at) {
      for (const [i, entry] of entries.entries()) view.setUint32(at + i * 4, entry);
    },
  };
}
