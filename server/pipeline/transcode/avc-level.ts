/** The limits of an H.264 level (ITU-T H.264 table A-1, High profile bitrates of table A-2). */
interface Level {
  /** As FFmpeg and x264 write it. */
  readonly name: string;
  readonly macroblocksPerSecond: number;
  readonly macroblocks: number;
  /** Bits per second. */
  readonly bitrate: number;
}

const LEVELS: readonly Level[] = [
  level('1.3', 11_880, 396, 960),
  level('2.1', 19_800, 792, 5_000),
  level('3.0', 40_500, 1_620, 12_500),
  level('3.1', 108_000, 3_600, 17_500),
  level('3.2', 216_000, 5_120, 25_000),
  level('4.0', 245_760, 8_192, 25_000),
  level('4.2', 522_240, 8_704, 62_500),
  level('5.0', 589_824, 22_080, 168_750),
  level('5.1', 983_040, 36_864, 300_000),
  level('5.2', 2_073_600, 36_864, 300_000),
  level('6.0', 4_177_920, 139_264, 300_000),
  level('6.2', 16_711_680, 139_264, 1_000_000),
];
const MACROBLOCK_SIDE = 16;

function level(name: string, perSecond: number, macroblocks: number, kilobits: number): Level {
  return { name, macroblocksPerSecond: perSecond, macroblocks, bitrate: kilobits * 1000 };
}

/** The lowest usual level that a picture of this size, bitrate and frame rate conforms to. */
export function avcLevel(picture: {
  readonly width: number;
  readonly height: number;
  readonly bitrate: number;
  readonly frameRate: number;
}): string {
  const { width, height, bitrate, frameRate } = picture;
  const macroblocks = Math.ceil(width / MACROBLOCK_SIDE) * Math.ceil(height / MACROBLOCK_SIDE);
  const found = LEVELS.find(
    (each) =>
      macroblocks <= each.macroblocks &&
      macroblocks * frameRate <= each.macroblocksPerSecond &&
      bitrate <= each.bitrate,
  );
  return (found ?? LEVELS.at(-1))?.name ?? '6.2';
}
