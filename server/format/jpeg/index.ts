/** @module JPEG images (ITU-T T.81) as they come from an encoder's pipe: where each ends, and its size. Pure. */
export { type JpegSize, readJpegSize } from './jpeg-size.ts';
export { MjpegSplitter } from './mjpeg-splitter.ts';
