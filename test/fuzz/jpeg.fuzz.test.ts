import assert from 'node:assert/strict';
import { MjpegSplitter, readJpegSize } from '../../server/format/jpeg/index.ts';
import { fuzz } from './harness.ts';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const PLAIN = 'ffd8 ffc0 000b 08 005a 00a0 01 011100 ffda 0003 00 aa ffd9';
const TRICKY =
  'ffd8 ffe1 0008 ffd8 ffd9 00ff fffffe 0004 ffda ffc4 0002 ffc2 000b 08 0168 0280 01 012200' +
  'ffda 0003 01 12ff00 34 ffd0 56 ffff00 ffda 0002 77 ffd9';
const MAX_BYTES = 256;
const PIECE_BYTES = 7;

fuzz('jpeg', {
  seeds: [hex(PLAIN), hex(TRICKY), hex(PLAIN + TRICKY + PLAIN)],
  target: (pipe) => {
    const images = new MjpegSplitter(MAX_BYTES).push(pipe);
    const joined = Buffer.concat(images);
    assert.deepEqual(joined, Buffer.from(pipe.subarray(0, joined.length)));
    // In pieces the pipe is cut the same.
    const splitter = new MjpegSplitter(MAX_BYTES);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < pipe.length; at += PIECE_BYTES) {
      pieces.push(...splitter.push(pipe.subarray(at, at + PIECE_BYTES)));
    }
    assert.deepEqual(pieces, images);
    for (const image of images) {
      assert.ok(image.length <= MAX_BYTES);
      const { width, height } = readJpegSize(image);
      assert.ok(width > 0 && height > 0);
    }
  },
});
