import { type BoxPlace, readBoxes } from './box-reader.ts';
import { malformedChunk, NO_DEFAULTS, readMoof } from './moof-reader.ts';

/** One sample as a chunk describes it; `data` is a view of the chunk's bytes. */
export interface ReadSample {
  readonly duration: number;
  readonly compositionOffset: number;
  readonly keyframe: boolean;
  readonly data: Uint8Array;
}

/** What one moof and its mdat hold. */
export interface ReadChunk {
  readonly sequence: number;
  readonly trackId: number;
  readonly baseDecodeTime: number;
  readonly samples: readonly ReadSample[];
}

/**
 * The chunks of a part or segment as `chunk` writes them: one track, its defaults in tfhd. Throws
 * the violations of `readBoxes` and `readMoof`, and `mp4_chunk_malformed` for samples outside
 * their mdat.
 */
export function parseChunks(bytes: Uint8Array): ReadChunk[] {
  const chunks: ReadChunk[] = [];
  const boxes = readBoxes(bytes);
  for (const [i, moof] of boxes.entries()) {
    if (moof.type !== 'moof') continue;
    const mdat = boxes[i + 1];
    if (mdat?.type !== 'mdat') throw malformedChunk('moof is not followed by mdat');
    chunks.push(parseChunk(bytes, moof, mdat));
  }
  return chunks;
}

function parseChunk(bytes: Uint8Array, moof: BoxPlace, mdat: BoxPlace): ReadChunk {
  const { sequence, tracks } = readMoof(bytes, moof, { origin: 0, defaultsOf: () => NO_DEFAULTS });
  const [track] = tracks;
  if (track === undefined) throw malformedChunk('traf is missing');
  const samples = track.samples.map(({ start, size, ...said }, i) => {
    if (start < mdat.body || start + size > mdat.end) {
      throw malformedChunk(`sample ${i} lies outside its mdat`);
    }
    return { ...said, data: bytes.subarray(start, start + size) };
  });
  return { sequence, trackId: track.trackId, baseDecodeTime: track.baseDecodeTime, samples };
}
