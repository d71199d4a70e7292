/** Marker codes of ITU-T T.81 table B.1: the byte after 0xFF. */
export const SOI = 0xd8;
/** End of image. */
export const EOI = 0xd9;
/** Start of scan: its segment is followed by entropy-coded data. */
export const SOS = 0xda;

const TEM = 0x01;
const RST0 = 0xd0;
const RST7 = 0xd7;
const SOF0 = 0xc0;
const SOF15 = 0xcf;
const DHT = 0xc4;
const JPG = 0xc8;
const DAC = 0xcc;

/** Whether the marker stands inside entropy-coded data: a restart (B.1.1.3). */
export function isRestart(code: number): boolean {
  return code >= RST0 && code <= RST7;
}

/** Whether the marker stands alone, without a segment and its length (table B.1). */
export function standsAlone(code: number): boolean {
  return code === TEM || isRestart(code);
}

/** Whether the marker begins a frame header (B.2.2). */
export function isStartOfFrame(code: number): boolean {
  return code >= SOF0 && code <= SOF15 && code !== DHT && code !== JPG && code !== DAC;
}
