/** Ticks per second of every video track: whole ticks for ms stamps and for 24 to 60 fps alike. */
export const VIDEO_TIMESCALE = 90_000;

/** Below it a frame rate is a mistake, too: a picture a second is no video. */
const MIN_FRAME_RATE = 1;
/** Above it a frame rate is a mistake of the encoder's, not a camera. */
const MAX_FRAME_RATE = 480;

/** `timeScale / unitsInFrame` frames per second, or undefined when that says nothing believable. */
export function statedFrameRate(timeScale: number, unitsInFrame: number): number | undefined {
  if (timeScale === 0 || unitsInFrame === 0) return undefined;
  const rate = timeScale / unitsInFrame;
  return rate >= MIN_FRAME_RATE && rate <= MAX_FRAME_RATE ? rate : undefined;
}

/** Two lower-case hexadecimal digits, as RFC 6381 writes a byte. */
export function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}
