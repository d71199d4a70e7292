/** An image of `sizeBytes` bytes that states this size and shows nothing. */
export function jpegOf(width: number, height: number, sizeBytes: number): Uint8Array {
  const image = new Uint8Array(sizeBytes);
  const head = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8];
  image.set([...head, width & 255, 1, 1, 0x11, 0, 0xff, 0xda, 0, 2]);
  image.set([0xff, 0xd9], sizeBytes - 2);
  return image;
}
