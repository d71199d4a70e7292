import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MjpegSplitter, readJpegSize } from './index.ts';

const MAX_BYTES = 4_096;

const hex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** Every kind of thing that may stand in an image, none of it with meaning. */
const TRICKY = hex(
  [
    'ffd8', // SOI
    'ffe1 0008 ffd8 ffd9 00ff', // APP1 that holds a start and an end of image
    'ffff fe 0004 ffda', // COM after a fill byte, holding a start of scan
    'ffc4 0002', // DHT without content: no frame header, though its code lies among theirs
    'ffc2 000b 08 0168 0280 01 012200', // SOF2, 640x360
    'ffda 0003 01', // SOS
    '12ff00 34 ffd0 56 ffff00', // data, a stuffed byte, RST0, a stuffed byte after fill
    'ffda 0002 77 ffd9', // a second scan, EOI
  ].join(''),
);
const PLAIN = hex('ffd8 ffc0 000b 08 005a 00a0 01 011100 ffda 0003 00 aa ffd9');

/** The images that `chunks` are cut into. */
function cut(chunks: readonly Uint8Array[]): Uint8Array[] {
  const splitter = new MjpegSplitter(MAX_BYTES);
  return chunks.flatMap((chunk) => splitter.push(chunk));
}

test('readJpegSize() reads the frame header behind other segments', () => {
  assert.deepEqual(readJpegSize(TRICKY), { width: 640, height: 360 });
  assert.deepEqual(readJpegSize(PLAIN), { width: 160, height: 90 });
});

const UNREADABLE: readonly (readonly [string, string])[] = [
  ['', 'jpeg_without_start'],
  ['ffd9', 'jpeg_without_start'],
  ['ffd8', 'jpeg_without_frame'],
  ['ffd8 ffc0 000b 08 005a 00', 'jpeg_without_frame'],
  ['ffd8 ffe0 0002', 'jpeg_without_frame'],
  ['ffd8 ffe0 ffff 00', 'jpeg_without_frame'],
  ['ffd8 ffda 0003 00 aa ffd9', 'jpeg_without_frame'],
  ['ffd8 ffc0 000b 08 0000 00a0 01 011100', 'jpeg_empty_frame'],
];
for (const [bytes, code] of UNREADABLE) {
  test(`readJpegSize() refuses ${bytes === '' ? 'nothing' : bytes} as ${code}`, () => {
    assert.throws(() => readJpegSize(hex(bytes)), { code });
  });
}

test('push() cuts the same images out of a pipe however it is chunked', () => {
  const pipe = Buffer.concat([TRICKY, PLAIN, PLAIN, TRICKY]);
  const wanted = [TRICKY, PLAIN, PLAIN, TRICKY];
  assert.deepEqual(cut([pipe]), wanted);
  assert.deepEqual(cut([...pipe].map((byte) => Uint8Array.of(byte))), wanted);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: pipe.length })), (places) => {
      const edges = [0, ...places.toSorted((a, b) => a - b), pipe.length];
      const chunks = edges.slice(1).map((end, index) => pipe.subarray(edges[index] ?? 0, end));
      assert.deepEqual(cut(chunks), wanted);
    }),
  );
});

test('push() hands out images that own their bytes', () => {
  const pipe = Uint8Array.from(PLAIN);
  const [image] = cut([pipe]);
  pipe.fill(0);
  assert.deepEqual(image, PLAIN);
});

const UNCUTTABLE: readonly (readonly [string, string])[] = [
  ['00', 'jpeg_without_start'],
  ['ff d9', 'jpeg_without_start'],
  ['ffd8 00', 'jpeg_bad_marker'],
  ['ffd8 ff00', 'jpeg_bad_marker'],
  ['ffd8 ffd8', 'jpeg_bad_marker'],
  ['ffd8 ffe0 0001', 'jpeg_bad_marker'],
  ['ffd8 ffda 0002 aa ffd8', 'jpeg_bad_marker'],
];
for (const [bytes, code] of UNCUTTABLE) {
  test(`push() refuses ${bytes} as ${code}`, () => {
    assert.throws(() => cut([hex(bytes)]), { code });
  });
}

test('push() holds no image of more than its limit, whole or in pieces', () => {
  const fits = new MjpegSplitter(PLAIN.length);
  assert.equal(fits.push(Buffer.concat([PLAIN, PLAIN])).length, 2);
  const tooSmall = new MjpegSplitter(PLAIN.length - 1);
  assert.throws(() => tooSmall.push(PLAIN), { code: 'jpeg_too_large' });
  const endless = new MjpegSplitter(MAX_BYTES);
  endless.push(hex('ffd8 ffda 0002'));
  const data = new Uint8Array(MAX_BYTES / 2);
  endless.push(data);
  assert.throws(() => endless.push(data), { code: 'jpeg_too_large' });
});

test('push() either cuts or refuses random bytes, and keeps every byte of what it cuts', () => {
  const piece = fc.oneof(
    fc.constantFrom(PLAIN, TRICKY, hex('ffd8'), hex('ffd9'), hex('ffda0002'), hex('ff')),
    fc.uint8Array({ maxLength: 12 }),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const pipe = Buffer.concat(pieces);
      try {
        const images = cut([pipe]);
        const joined = Buffer.concat(images);
        assert.deepEqual(joined, pipe.subarray(0, joined.length));
        for (const image of images) assert.equal(image.at(-1), 0xd9);
      } catch (error) {
        assert.match(String((error as { code?: string }).code), /^jpeg_/);
      }
    }),
  );
});
