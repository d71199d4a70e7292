import { Violation } from '../../base/index.ts';
import { type Ticks, withFourByteLengths, withoutTemporalDelimiter } from '../../media/index.ts';
import { fourCharacters } from './box-reader.ts';
import { type MovieTrack, type ReadTrack, readMovie, readTracksOf } from './init-reader.ts';
import { malformedChunk, readMoof, type TrackFragment } from './moof-reader.ts';
import { SampleSlots } from './sample-slots.ts';

/** The largest box: a segment of 10 s at 12 Mbit/s that is one fragment. */
export const MAX_BOX_BYTES = 16 * 1024 * 1024;
/** The largest moov or moof: 8,192 samples of four fields need 128 KiB. */
export const MAX_INDEX_BYTES = 1024 * 1024;

/** One sample of a fragment; `data` belongs to it. */
export interface FragmentSample {
  /** As the file states them: no edit list is applied. */
  readonly dts: Ticks;
  readonly pts: Ticks;
  readonly duration: Ticks;
  /** What the file says; always true for audio. */
  readonly keyframe: boolean;
  /** As `Sample` wants it: NAL lengths of 4 bytes, no temporal delimiter in front. */
  readonly data: Uint8Array;
}

/** What `FragmentReader` gives. */
export type FragmentEvent =
  /** A moov was read: it holds for the fragments after it. */
  | { readonly type: 'tracks'; readonly tracks: readonly ReadTrack[] }
  /** The samples of one traf, at least one, in order of decode time. */
  | {
      readonly type: 'samples';
      readonly trackId: number;
      readonly samples: readonly FragmentSample[];
    };

/** The box whose bytes are coming. */
interface OpenBox {
  readonly type: string;
  /** Offsets from the start of the file. */
  readonly start: number;
  readonly end: number;
  /** The whole box, header and all, when it is one that is kept. */
  readonly kept: Uint8Array | undefined;
  readonly samples: SampleSlots | undefined;
}

/** A moof whose mdat is not complete. */
interface PendingFragment {
  readonly tracks: readonly { readonly fragment: TrackFragment; readonly read: ReadableTrack }[];
  readonly slots: SampleSlots;
}

type ReadableTrack = NonNullable<MovieTrack['read']>;

/**
 * Takes a fragmented MP4 (ISO/IEC 14496-12, 8.8; moov first, each mdat behind its moof) as it
 * comes, in any cut, and gives the samples of a fragment when its mdat is complete. Boxes it does
 * not know are passed over. Samples of no byte and tracks of other codecs are left out. Memory is
 * bounded by one box, whatever is sent.
 */
export class FragmentReader {
  readonly #maxBoxBytes: number;
  readonly #header = new Uint8Array(16);
  #headerBytes = 0;
  /** Offset from the start of the file of the next byte. */
  #position = 0;
  #box: OpenBox | undefined;
  #movie: ReadonlyMap<number, MovieTrack> | undefined;
  #fragment: PendingFragment | undefined;
  #violation: Violation | undefined;

  /** `maxBoxBytes` bounds every box, the mdat above all; MAX_BOX_BYTES when left out. */
  constructor({ maxBoxBytes = MAX_BOX_BYTES }: { readonly maxBoxBytes?: number } = {}) {
    this.#maxBoxBytes = maxBoxBytes;
  }

  /**
   * Takes the next bytes, of which nothing is kept by reference, and gives what they complete.
   * Throws `mp4_box_*`, `mp4_too_many_boxes`, `mp4_init_malformed`, `mp4_chunk_malformed`, and
   * what media says of configurations and NAL lengths; and the same again ever after.
   */
  push(bytes: Uint8Array): FragmentEvent[] {
    if (this.#violation !== undefined) throw this.#violation;
    const events: FragmentEvent[] = [];
    try {
      for (let at = 0; at < bytes.length; ) {
        const rest = bytes.subarray(at);
        at += this.#box === undefined ? this.#takeHeader(rest) : this.#takeBody(this.#box, rest);
        if (this.#box !== undefined && this.#position === this.#box.end) {
          events.push(...this.#close(this.#box));
        }
      }
    } catch (error) {
      if (error instanceof Violation) this.#violation = error;
      throw error;
    }
    return events;
  }

  #takeHeader(bytes: Uint8Array): number {
    const wanted = this.#headerBytes < 8 ? 8 : 16;
    const part = bytes.subarray(0, wanted - this.#headerBytes);
    this.#header.set(part, this.#headerBytes);
    this.#headerBytes += part.length;
    this.#position += part.length;
    if (this.#headerBytes === wanted) this.#readHeader();
    return part.length;
  }

  #readHeader(): void {
    const view = new DataView(this.#header.buffer);
    let size = view.getUint32(0);
    if (size === 1) {
      if (this.#headerBytes < 16) return;
      size = Number(view.getBigUint64(8));
    }
    const type = fourCharacters(this.#header, 4);
    this.#checkSize(type, size);
    this.#box = this.#open(type, size);
    this.#headerBytes = 0;
  }

  #checkSize(type: string, size: number): void {
    const at = this.#position - this.#headerBytes;
    // Size 0 is "to the end of the file", which a stream does not have.
    if (size < this.#headerBytes) {
      throw new Violation('mp4_box_malformed', `MP4 box at byte ${at} has ${size} bytes`);
    }
    const isIndex = type === 'moov' || type === 'moof';
    // mfra ends a file and grows with its length; none of it is kept.
    if (type === 'mfra') return;
    const max = isIndex ? Math.min(MAX_INDEX_BYTES, this.#maxBoxBytes) : this.#maxBoxBytes;
    if (size > max) {
      throw new Violation(
        'mp4_box_too_large',
        `MP4 box at byte ${at} has ${size} bytes, more than ${max}`,
      );
    }
  }

  #open(type: string, size: number): OpenBox {
    const start = this.#position - this.#headerBytes;
    const place = { type, start, end: start + size, kept: undefined, samples: undefined };
    if (type === 'moov' || type === 'moof') {
      if (this.#fragment?.slots.empty === false) throw malformedChunk(`${type} instead of an mdat`);
      const kept = new Uint8Array(size);
      kept.set(this.#header.subarray(0, this.#headerBytes));
      return { ...place, kept };
    }
    if (type !== 'mdat') return place;
    if (this.#fragment === undefined) throw malformedChunk('an mdat has no moof');
    const samples = this.#fragment.slots;
    samples.check(this.#position, place.end);
    return { ...place, samples };
  }

  #takeBody(box: OpenBox, bytes: Uint8Array): number {
    const part = bytes.subarray(0, box.end - this.#position);
    box.kept?.set(part, this.#position - box.start);
    box.samples?.take(part, this.#position);
    this.#position += part.length;
    return part.length;
  }

  #close(box: OpenBox): FragmentEvent[] {
    this.#box = undefined;
    if (box.samples !== undefined) return this.#endFragment();
    if (box.kept === undefined) return [];
    if (box.type === 'moof') {
      this.#fragment = this.#readFragment(box.kept, box.start);
      return [];
    }
    const movie = readMovie(box.kept);
    this.#movie = new Map(movie.map((track) => [track.trackId, track]));
    return [{ type: 'tracks', tracks: readTracksOf(movie) }];
  }

  #readFragment(bytes: Uint8Array, origin: number): PendingFragment {
    const movie = this.#movie;
    if (movie === undefined) throw malformedChunk('a moof came before the moov');
    const defaultsOf = (trackId: number) => {
      const track = movie.get(trackId);
      if (track === undefined) throw malformedChunk(`track ${trackId} is not in the moov`);
      return track.defaults;
    };
    const header = new DataView(bytes.buffer).getUint32(0) === 1 ? 16 : 8;
    const moof = { type: 'moof', start: 0, body: header, end: bytes.length };
    const tracks = readMoof(bytes, moof, { origin, defaultsOf }).tracks.flatMap((fragment) => {
      const read = movie.get(fragment.trackId)?.read;
      return read === undefined ? [] : [{ fragment, read }];
    });
    const slots = new SampleSlots(tracks.flatMap(({ fragment }) => fragment.samples));
    return { tracks, slots };
  }

  #endFragment(): FragmentEvent[] {
    const fragment = this.#fragment;
    this.#fragment = undefined;
    if (fragment === undefined) return [];
    return fragment.tracks.flatMap((track) => {
      const samples = samplesOf(track.fragment, track.read, fragment.slots);
      const { trackId } = track.read;
      return samples.length === 0 ? [] : [{ type: 'samples', trackId, samples } as const];
    });
  }
}

function samplesOf(
  fragment: TrackFragment,
  read: ReadableTrack,
  slots: SampleSlots,
): FragmentSample[] {
  const samples: FragmentSample[] = [];
  let dts = fragment.baseDecodeTime;
  for (const place of fragment.samples) {
    const { duration, compositionOffset } = place;
    const pts = dts + compositionOffset;
    if (!Number.isSafeInteger(dts) || !Number.isSafeInteger(pts)) {
      throw malformedChunk(`decode time ${dts} is out of range`);
    }
    const data = asSampleData(slots.dataOf(place), read);
    const keyframe = place.keyframe || read.track.kind === 'audio';
    if (data !== undefined) samples.push({ dts, pts, duration, keyframe, data });
    dts += duration;
  }
  return samples;
}

/** Undefined when nothing is left to decode. */
function asSampleData(
  data: Uint8Array | undefined,
  { track, nalLengthSize }: ReadableTrack,
): Uint8Array | undefined {
  if (data === undefined) return undefined;
  const plain =
    track.codec === 'av01'
      ? withoutTemporalDelimiter(data)
      : withFourByteLengths(data, nalLengthSize);
  return plain.length === 0 ? undefined : plain;
}
