import { Violation } from '../../base/index.ts';
import type { NalLengthSize, Ticks, Track } from '../../media/index.ts';
import { type BoxPlace, FullBoxCursor, findBox, readBoxes } from './box-reader.ts';
import { NO_DEFAULTS, type SampleDefaults } from './moof-reader.ts';
import { readSampleEntry } from './sample-entry-reader.ts';

/** One track of an init segment. */
export interface ReadTrack {
  readonly trackId: number;
  /** Its timescale is that of the file, which for video is seldom 90,000. */
  readonly track: Track;
  /**
   * What the edit list subtracts from every pts, in ticks of the track's timescale: media_time of
   * the first edit, less the empty edits before it; 0 without an edit list. Times are given as
   * the file has them, nothing is subtracted.
   */
  readonly editOffset: Ticks;
}

/** A track of a moov, as the reading of its fragments needs it. */
export interface MovieTrack {
  readonly trackId: number;
  /** Undefined when it is of a kind or codec that we do not carry. */
  readonly read: (ReadTrack & { readonly nalLengthSize: NalLengthSize }) | undefined;
  readonly defaults: SampleDefaults;
}

/**
 * The video (avc1, avc3, hvc1, hev1, av01) and audio (AAC in mp4a, Opus) tracks of an init
 * segment, ftyp and moov; other tracks are left out. How long Opus packets are, it cannot tell:
 * frameTicks is the usual 20 ms. Throws `mp4_box_*`, `mp4_too_many_boxes`, `mp4_init_malformed`,
 * and what media/codec says of a decoder configuration.
 */
export function readInitSegment(bytes: Uint8Array): ReadTrack[] {
  return readTracksOf(readMovie(bytes));
}

/** Those tracks of a moov that are read, as others may see them. */
export function readTracksOf(movie: readonly MovieTrack[]): ReadTrack[] {
  return movie.flatMap(({ read }) => {
    if (read === undefined) return [];
    const { trackId, track, editOffset } = read;
    return [{ trackId, track, editOffset }];
  });
}

/** Every track of the moov in `bytes`; throws as `readInitSegment`. */
export function readMovie(bytes: Uint8Array): MovieTrack[] {
  const moov = findBox(readBoxes(bytes), 'moov');
  const boxes = readBoxes(bytes, moov.body, moov.end);
  const movieTimescale = readTimescale(bytes, findBox(boxes, 'mvhd'));
  const defaults = readTrackDefaults(bytes, boxes);
  const movie = new Map<number, MovieTrack>();
  for (const trak of boxes) {
    if (trak.type !== 'trak') continue;
    const track = readTrak(bytes, trak, movieTimescale);
    if (movie.has(track.trackId)) throw malformed(`two tracks have the id ${track.trackId}`);
    const ofTrack = defaults.get(track.trackId) ?? NO_DEFAULTS;
    movie.set(track.trackId, { ...track, defaults: ofTrack });
  }
  return [...movie.values()];
}

function readTrackDefaults(
  bytes: Uint8Array,
  inMoov: readonly BoxPlace[],
): Map<number, SampleDefaults> {
  const defaults = new Map<number, SampleDefaults>();
  const mvex = inMoov.find(({ type }) => type === 'mvex');
  if (mvex === undefined) return defaults;
  for (const box of readBoxes(bytes, mvex.body, mvex.end)) {
    if (box.type !== 'trex') continue;
    const trex = new FullBoxCursor(bytes, box);
    const trackId = trex.u32();
    trex.skip(4); // default_sample_description_index
    defaults.set(trackId, { duration: trex.u32(), size: trex.u32(), flags: trex.u32() });
  }
  return defaults;
}

function readTrak(
  bytes: Uint8Array,
  trak: BoxPlace,
  movieTimescale: number,
): Pick<MovieTrack, 'trackId' | 'read'> {
  const boxes = readBoxes(bytes, trak.body, trak.end);
  const tkhd = new FullBoxCursor(bytes, findBox(boxes, 'tkhd'));
  skipTimes(tkhd);
  const trackId = tkhd.u32();
  const mdia = findBox(boxes, 'mdia');
  const inMdia = readBoxes(bytes, mdia.body, mdia.end);
  const hdlr = new FullBoxCursor(bytes, findBox(inMdia, 'hdlr'));
  hdlr.skip(4); // pre_defined
  const handler = hdlr.characters();
  if (handler !== 'vide' && handler !== 'soun') return { trackId, read: undefined };
  const timescale = readTimescale(bytes, findBox(inMdia, 'mdhd'));
  const entry = readSampleEntry(bytes, firstSampleEntry(bytes, inMdia), timescale);
  if (entry === undefined) return { trackId, read: undefined };
  const edts = boxes.find(({ type }) => type === 'edts');
  const editOffset =
    edts === undefined ? 0 : readEditOffset(bytes, edts, timescale / movieTimescale);
  return { trackId, read: { trackId, editOffset, ...entry } };
}

/** Fragments may name another sample entry than the first; such fragments are refused. */
function firstSampleEntry(bytes: Uint8Array, inMdia: readonly BoxPlace[]): BoxPlace {
  const minf = findBox(inMdia, 'minf');
  const stbl = findBox(readBoxes(bytes, minf.body, minf.end), 'stbl');
  const stsd = findBox(readBoxes(bytes, stbl.body, stbl.end), 'stsd');
  const fields = new FullBoxCursor(bytes, stsd);
  fields.skip(4); // entry_count
  const [entry] = readBoxes(bytes, fields.at, stsd.end);
  if (entry === undefined) throw malformed('stsd has no sample entry');
  return entry;
}

/** The elst in an edts (14496-12, 8.6.6); empty edits count in the movie's timescale. */
function readEditOffset(bytes: Uint8Array, edts: BoxPlace, ticksPerMovieTick: number): Ticks {
  const place = readBoxes(bytes, edts.body, edts.end).find(({ type }) => type === 'elst');
  if (place === undefined) return 0;
  const elst = new FullBoxCursor(bytes, place);
  const count = elst.u32();
  let empty = 0;
  let offset = 0;
  for (let i = 0; i < count; i++) {
    const duration = elst.version === 1 ? elst.u64() : elst.u32();
    const mediaTime = elst.version === 1 ? elst.i64() : elst.i32();
    elst.skip(4); // media_rate
    if (mediaTime !== -1) {
      offset = mediaTime;
      break;
    }
    empty += duration;
  }
  offset -= Math.round(empty * ticksPerMovieTick);
  if (!Number.isSafeInteger(offset)) throw malformed('the edit list is out of range');
  return offset;
}

/** The timescale of an mvhd or mdhd, which begin alike. */
function readTimescale(bytes: Uint8Array, place: BoxPlace): number {
  const header = new FullBoxCursor(bytes, place);
  skipTimes(header);
  const timescale = header.u32();
  if (timescale === 0) throw malformed(`${place.type} has timescale 0`);
  return timescale;
}

/** creation_time and modification_time. */
function skipTimes(header: FullBoxCursor): void {
  header.skip(header.version === 1 ? 16 : 8);
}

function malformed(why: string): Violation {
  return new Violation('mp4_init_malformed', `Cannot read init segment: ${why}`);
}
