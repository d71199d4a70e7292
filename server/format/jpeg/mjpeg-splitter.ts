/**
 * Cuts a pipe of JPEG images, one after another without anything between them, into images. It
 * walks segments by their lengths (ITU-T T.81 B.1.1.4), because a comment or an embedded preview
 * may hold the bytes of an end of image.
 *
 *   marker-prefix → marker-code → (length-high → length-low → segment →) marker-prefix …
 *   after SOS's segment: scan, until a marker that is no restart; after EOI: the next image
 */
import { Violation } from '../../base/index.ts';
import { EOI, isRestart, SOI, SOS, standsAlone } from './marker.ts';

type State =
  | 'start-prefix'
  | 'start-code'
  | 'marker-prefix'
  | 'marker-code'
  | 'length-high'
  | 'length-low'
  | 'segment'
  | 'scan'
  | 'scan-code';

/** See the top of the file. */
export class MjpegSplitter {
  readonly #maxImageBytes: number;
  #state: State = 'start-prefix';
  /** The marker whose segment is being walked. */
  #code = 0;
  /** Bytes of the segment still to come; while its length is read, the upper byte of that. */
  #left = 0;
  /** What came of the present image before the chunk at hand. */
  #kept: Uint8Array[] = [];
  #keptBytes = 0;

  /** An image of more than `maxImageBytes` is a violation, so that a wild pipe fills no memory. */
  constructor(maxImageBytes: number) {
    this.#maxImageBytes = maxImageBytes;
  }

  /**
   * Takes the next bytes of the pipe, which are the splitter's from now on; returns the images
   * they complete, each owning its bytes. Violations: `jpeg_without_start`, `jpeg_bad_marker`,
   * `jpeg_too_large`; after one the pipe is of no more use.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const images: Uint8Array[] = [];
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      at = this.#step(chunk, at);
      if (this.#keptBytes + at - start > this.#maxImageBytes) {
        const limit = `${this.#maxImageBytes} bytes`;
        throw new Violation('jpeg_too_large', `Cannot take image: it has more than ${limit}`);
      }
      if (this.#state !== 'start-prefix') continue;
      images.push(this.#join(chunk.subarray(start, at)));
      start = at;
    }
    if (start < chunk.length) {
      this.#kept.push(chunk.subarray(start));
      this.#keptBytes += chunk.length - start;
    }
    return images;
  }

  /** Reads at `at`; returns where to read on. */
  #step(chunk: Uint8Array, at: number): number {
    const byte = chunk[at] ?? 0;
    switch (this.#state) {
      case 'start-prefix':
      case 'start-code':
        this.#begin(byte);
        return at + 1;
      case 'marker-prefix':
        if (byte !== 0xff) throw badMarker(byte);
        this.#state = 'marker-code';
        return at + 1;
      case 'marker-code':
        this.#marker(byte);
        return at + 1;
      case 'length-high':
        this.#left = byte * 256;
        this.#state = 'length-low';
        return at + 1;
      case 'length-low':
        this.#length(byte);
        return at + 1;
      case 'segment':
        return this.#walk(chunk, at);
      case 'scan': {
        const marker = chunk.indexOf(0xff, at);
        if (marker === -1) return chunk.length;
        this.#state = 'scan-code';
        return marker + 1;
      }
      case 'scan-code':
        this.#scanCode(byte);
        return at + 1;
    }
  }

  #begin(byte: number): void {
    const isPrefix = this.#state === 'start-prefix';
    if (byte !== (isPrefix ? 0xff : SOI)) {
      throw new Violation('jpeg_without_start', 'Cannot cut pipe: an image begins without SOI');
    }
    this.#state = isPrefix ? 'start-code' : 'marker-prefix';
  }

  /** Any number of 0xFF may stand before a code (B.1.1.2). */
  #marker(code: number): void {
    if (code === 0xff) return;
    if (code === 0 || code === SOI) throw badMarker(code);
    if (code === EOI) {
      this.#state = 'start-prefix';
    } else if (standsAlone(code)) {
      this.#state = 'marker-prefix';
    } else {
      this.#code = code;
      this.#state = 'length-high';
    }
  }

  #length(byte: number): void {
    const length = this.#left + byte;
    if (length < 2) throw badMarker(this.#code);
    this.#left = length - 2;
    this.#state = 'segment';
    if (this.#left === 0) this.#segmentDone();
  }

  #walk(chunk: Uint8Array, at: number): number {
    const step = Math.min(this.#left, chunk.length - at);
    this.#left -= step;
    if (this.#left === 0) this.#segmentDone();
    return at + step;
  }

  #segmentDone(): void {
    this.#state = this.#code === SOS ? 'scan' : 'marker-prefix';
  }

  /** In a scan 0xFF00 is a byte of data (B.1.1.5), and restarts belong to it. */
  #scanCode(code: number): void {
    if (code === 0xff) return;
    if (code === 0 || isRestart(code)) this.#state = 'scan';
    else this.#marker(code);
  }

  #join(last: Uint8Array): Uint8Array {
    const image = new Uint8Array(this.#keptBytes + last.length);
    let at = 0;
    for (const piece of [...this.#kept, last]) {
      image.set(piece, at);
      at += piece.length;
    }
    this.#kept = [];
    this.#keptBytes = 0;
    return image;
  }
}

function badMarker(code: number): Violation {
  const shown = code.toString(16).padStart(2, '0');
  return new Violation('jpeg_bad_marker', `Cannot cut pipe: 0x${shown} cannot stand here`);
}
