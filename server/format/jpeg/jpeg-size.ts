import { Violation } from '../../base/index.ts';
import { EOI, isStartOfFrame, SOI, SOS, standsAlone } from './marker.ts';

/** Width and height in pixels; both at least 1. */
export interface JpegSize {
  readonly width: number;
  readonly height: number;
}

const LENGTH_BYTES = 2;
/** From a frame header's marker: code, length, sample precision. */
const HEIGHT_OFFSET = 5;
const WIDTH_OFFSET = 7;

/**
 * Reads the size from the frame header of a JPEG image (ITU-T T.81 B.2.2). Violations:
 * `jpeg_without_start`, `jpeg_without_frame`, and `jpeg_empty_frame` for a size of 0, which only
 * a DNL segment after the scan could mend.
 */
export function readJpegSize(image: Uint8Array): JpegSize {
  if (image[0] !== 0xff || image[1] !== SOI) {
    throw new Violation('jpeg_without_start', 'Cannot read image: it begins without SOI');
  }
  let at = 2;
  while (at + 1 + LENGTH_BYTES < image.length && image[at] === 0xff) {
    const code = image[at + 1] ?? 0;
    if (code === 0xff) at += 1;
    else if (standsAlone(code)) at += 2;
    else if (code === SOS || code === EOI) break;
    else if (isStartOfFrame(code)) return sizeOf(image, at);
    else at += 2 + unsigned16(image, at + 2);
  }
  throw new Violation('jpeg_without_frame', 'Cannot read image: it has no whole frame header');
}

function sizeOf(image: Uint8Array, at: number): JpegSize {
  if (at + WIDTH_OFFSET + 2 > image.length) {
    throw new Violation('jpeg_without_frame', 'Cannot read image: its frame header is cut off');
  }
  const height = unsigned16(image, at + HEIGHT_OFFSET);
  const width = unsigned16(image, at + WIDTH_OFFSET);
  if (width === 0 || height === 0) {
    throw new Violation('jpeg_empty_frame', `Cannot use image: its size is ${width}x${height}`);
  }
  return { width, height };
}

function unsigned16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
}
