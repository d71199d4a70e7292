/** Files as other writers than ours make them, and decoder configurations that encoders made. */
import { Violation } from '../../base/index.ts';
import {
  type AudioTrack,
  audioTrackFromAsc,
  audioTrackFromOpusHead,
  type VideoTrack,
  videoTrackFromAv1C,
  videoTrackFromAvcC,
  videoTrackFromHvcC,
} from '../../media/index.ts';
import {
  ascii,
  asciiz,
  box,
  bytesOf,
  type Field,
  fullBox,
  raw,
  u8,
  u16,
  u32,
  u64,
  zeros,
} from './box.ts';
import { type FragmentEvent, FragmentReader } from './fragment-reader.ts';
import { sampleEntry } from './sample-entry.ts';

/** Hex with blanks and captions, as bytes. */
export function fromHex(captioned: string): Uint8Array {
  const hex = captioned.replace(/\/\/.*$/gm, '').replace(/\s+/g, '');
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** x264, High 720p. */
export const AVC: VideoTrack = videoTrackFromAvcC(
  fromHex(`0164001fffe1001a6764001facd9405005bb011000000300100000
    0303c0f183196001000468ef8fcbfdf8f800`),
);
/** x265, Main. */
export const HEVC: VideoTrack = videoTrackFromHvcC(
  fromHex(`
    010160000000900000000000 7bf000fcfdf8f800000f03
    a000010018 40010c01ffff01600000030090000003000003007b959409
    a10001002b 42010101600000030090000003000003007ba003c0801107cb965654a4c2f0168080000003008000001e04
    a200010006 4401c073c189`),
);
/** SVT-AV1, Main 720p. */
export const AV1: VideoTrack = videoTrackFromAv1C(fromHex('81050c000a0b0000002d4cffb3c02f8004'));
/** AAC-LC, 48 kHz, stereo. */
export const AAC: AudioTrack = audioTrackFromAsc(fromHex('119056e500'));
/** libopus, stereo. */
export const OPUS: AudioTrack = audioTrackFromOpusHead(
  fromHex('4f707573486561640102380180bb0000000000'),
);

/** A trak with its trex; what is left out is as in a plain file. */
export interface TrakOptions {
  readonly trackId: number;
  readonly handler: string;
  readonly timescale: number;
  readonly entry: Field;
  /** elst, by `editList`. */
  readonly edits?: Field;
  /** Default duration, size and flags. */
  readonly trex?: readonly [number, number, number];
  /** Of tkhd, mdhd: 1 has 64-bit times. */
  readonly version?: 0 | 1;
}

/** A video trak in 90,000 ticks a second. */
export function videoTrak(trackId: number, options: Partial<TrakOptions> = {}): TrakOptions {
  return { trackId, handler: 'vide', timescale: 90_000, entry: sampleEntry(AVC), ...options };
}

/** An audio trak in 48,000 ticks a second. */
export function audioTrak(trackId: number, options: Partial<TrakOptions> = {}): TrakOptions {
  return { trackId, handler: 'soun', timescale: 48_000, entry: sampleEntry(AAC), ...options };
}

/** An elst of rows of duration and media_time. */
export function editList(version: 0 | 1, rows: readonly (readonly [number, number])[]): Field {
  const time = (value: number): Field => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
    return raw(version === 1 ? bytes : bytes.subarray(4));
  };
  const fields = rows.flatMap(([duration, mediaTime]) => [
    time(duration),
    time(mediaTime),
    u32(0x0001_0000), // media_rate
  ]);
  return fullBox('elst', { version }, u32(rows.length), ...fields);
}

/** The same sample entry under another name, as `hev1` is to `hvc1`. */
export function renamed(entry: Field, type: string): Field {
  const bytes = bytesOf(entry);
  bytes.set(bytesOf(ascii(type)), 4);
  return raw(bytes);
}

/** An avc1 entry whose samples have NAL lengths of two bytes. */
export function twoByteAvcEntry(): Field {
  const config = new Uint8Array(AVC.config);
  config[4] = 0xfd;
  return sampleEntry({ ...AVC, config });
}

/** ftyp and a moov whose movie timescale is 1,000. */
export function movie(...traks: readonly TrakOptions[]): Uint8Array {
  const mvhd = fullBox('mvhd', {}, zeros(8), u32(1000), zeros(84));
  const trexes = traks.map(({ trackId, trex = [0, 0, 0] }) =>
    fullBox('trex', {}, u32(trackId), u32(1), ...trex.map(u32)),
  );
  return bytesOf(
    box('ftyp', ascii('iso5'), u32(512), ascii('iso5')),
    box('moov', mvhd, ...traks.map(trak), box('mvex', ...trexes)),
  );
}

function trak({ trackId, handler, timescale, entry, edits, version = 0 }: TrakOptions): Field {
  const times = zeros(version === 1 ? 16 : 8);
  const duration = version === 1 ? u64(0) : u32(0);
  const stsd = fullBox('stsd', {}, u32(1), entry);
  return box(
    'trak',
    fullBox('tkhd', { version }, times, u32(trackId), u32(0), duration, zeros(60)),
    ...(edits === undefined ? [] : [box('edts', edits)]),
    box(
      'mdia',
      fullBox('mdhd', { version }, times, u32(timescale), duration, zeros(4)),
      fullBox('hdlr', {}, u32(0), ascii(handler), zeros(12), asciiz('')),
      box('minf', box('stbl', stsd)),
    ),
  );
}

/** An mp4a entry whose esds names this object type and has no configuration, as of MP3. */
export function mp4aEntry(objectType: number): Field {
  const decoderConfig = [u8(0x04), u8(13), u8(objectType), u8(0x15), zeros(11)];
  const esds = fullBox('esds', {}, u8(0x03), u8(18), u16(1), u8(0), ...decoderConfig);
  return box('mp4a', zeros(28), esds);
}

const MOOF_BASE = 0x02_0000;

/** A traf of a `moof`. */
export interface Traf {
  readonly trackId: number;
  /** Behind track_ID, as the flags say. */
  readonly tfhd?: readonly [flags: number, ...fields: Field[]];
  /** A tfdt of version 0 or 1 and its time. */
  readonly tfdt?: readonly [0 | 1, number];
  /** Truns: version, flags, sample count, and the fields behind. */
  readonly runs: readonly (readonly [0 | 1, number, number, ...Field[]])[];
}

/** A moof; what is left out is 0, and data offsets count from its start. */
export function moof(...trafs: readonly Traf[]): Field {
  return box(
    'moof',
    fullBox('mfhd', {}, u32(1)),
    ...trafs.map(({ trackId, tfhd = [MOOF_BASE], tfdt = [0, 0], runs }) =>
      box(
        'traf',
        fullBox('tfhd', { flags: tfhd[0] }, u32(trackId), ...tfhd.slice(1).filter(isField)),
        fullBox('tfdt', { version: tfdt[0] }, tfdt[0] === 1 ? u64(tfdt[1]) : u32(tfdt[1])),
        ...runs.map(([version, flags, count, ...fields]) =>
          fullBox('trun', { version, flags }, u32(count), ...fields),
        ),
      ),
    ),
  );
}

function isField(value: number | Field): value is Field {
  return typeof value === 'object';
}

/** Pushes `bytes` in pieces of these sizes in turn, each from a buffer that is then overwritten. */
export function readCut(bytes: Uint8Array, sizes: readonly number[]): FragmentEvent[] {
  const reader = new FragmentReader();
  const events: FragmentEvent[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    const piece = Buffer.from(bytes.subarray(at, at + size));
    events.push(...reader.push(piece));
    piece.fill(0xee);
    at += size;
  }
  return events;
}

/** What `assert.throws` is to find. */
export function isViolation(code: string) {
  return (error: unknown) => error instanceof Violation && error.code === code;
}
