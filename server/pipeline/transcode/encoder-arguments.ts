/** One rung's encoder as FFmpeg options, a template for each family. */
import { avcLevel } from './avc-level.ts';
import type { Rung } from './ladder.ts';

/** Whose encoders are used: the processor's, or those of a device. */
export type EncoderFamily = 'software' | 'nvenc' | 'vaapi' | 'qsv' | 'v4l2';

/** Every family, the cheapest for the processor first. */
export const ENCODER_FAMILIES: readonly EncoderFamily[] = [
  'nvenc',
  'qsv',
  'vaapi',
  'v4l2',
  'software',
];

/** What an encoder has to make. */
export interface EncoderTask {
  readonly rung: Pick<Rung, 'width' | 'height' | 'bitrate' | 'codec' | 'preset'>;
  /** Frames per second that reach it; undefined: as their times say. */
  readonly frameRate: number | undefined;
}

/** The encoder's name in FFmpeg. SVT-AV1 does not serve: it ignores forced keyframes. */
export function encoderName(family: EncoderFamily, codec: Rung['codec']): string {
  return ENCODERS[family][codec];
}

type Names = Readonly<Record<Rung['codec'], string>>;

const SOFTWARE: Names = { h264: 'libx264', h265: 'libx265', av1: 'libaom-av1' };
const ENCODERS: Readonly<Record<EncoderFamily, Names>> = {
  software: SOFTWARE,
  nvenc: { h264: 'h264_nvenc', h265: 'hevc_nvenc', av1: 'av1_nvenc' },
  vaapi: { h264: 'h264_vaapi', h265: 'hevc_vaapi', av1: 'av1_vaapi' },
  qsv: { h264: 'h264_qsv', h265: 'hevc_qsv', av1: 'av1_qsv' },
  // The kernel's interface knows no AV1 encoder.
  v4l2: { h264: 'h264_v4l2m2m', h265: 'hevc_v4l2m2m', av1: SOFTWARE.av1 },
};

/** The device of VAAPI where there is one graphics card. */
const VAAPI_DEVICE = '/dev/dri/renderD128';

/** Options before the input, which open the family's device. */
export function deviceArguments(family: EncoderFamily): readonly string[] {
  if (family === 'vaapi') return ['-vaapi_device', VAAPI_DEVICE];
  if (family === 'qsv') return ['-init_hw_device', 'qsv=quicksync'];
  return [];
}

/**
 * The end of a filter chain: 8-bit 4:2:0, which all players know, in the order of planes and the
 * memory that the encoder takes.
 */
export function pixelFilter(family: EncoderFamily, codec: Rung['codec']): string {
  if (encoderName(family, codec) === SOFTWARE[codec]) return 'format=yuv420p';
  if (family === 'vaapi') return 'format=nv12,hwupload';
  return family === 'qsv' ? 'format=nv12' : 'format=yuv420p';
}

/** Keyframes come when they are forced; this is only a number that is never reached. */
const NEVER = '100000';

/** The options of one encoder: its name, rate control of one second, no delay, no own keyframes. */
export function encoderArguments(family: EncoderFamily, task: EncoderTask): readonly string[] {
  const { codec, bitrate } = task.rung;
  const rate = ['-b:v', `${bitrate}`, '-maxrate', `${bitrate}`, '-bufsize', `${bitrate}`];
  return [
    ...['-c:v', encoderName(family, codec), '-g', NEVER, '-bf', '0'],
    ...rate,
    ...templateOf(family, task),
    // Players of Apple's want parameter sets in the sample entry only.
    ...(codec === 'h265' ? ['-tag:v', 'hvc1'] : []),
  ];
}

function templateOf(family: EncoderFamily, task: EncoderTask): readonly string[] {
  const { codec, preset } = task.rung;
  switch (family) {
    case 'nvenc':
      // p4 is the middle of seven; ll and zerolatency keep no frame back.
      return [
        ...['-preset', 'p4', '-tune', 'll', '-rc', 'cbr', '-zerolatency', '1', '-delay', '0'],
        ...['-forced-idr', '1', '-no-scenecut', '1'],
        ...(codec === 'h264' ? ['-profile:v', 'high'] : []),
      ];
    case 'vaapi':
      return [
        ...['-rc_mode', 'CBR', '-async_depth', '1', '-idr_interval', '0'],
        ...(codec === 'h264' ? ['-profile:v', 'high'] : []),
      ];
    case 'qsv':
      return [
        ...['-preset', 'veryfast', '-async_depth', '1', '-low_delay_brc', '1', '-forced_idr', '1'],
        ...(codec === 'h264' ? ['-look_ahead', '0', '-profile:v', 'high'] : []),
      ];
    case 'v4l2':
      return codec === 'av1' ? libaom(preset) : [];
    case 'software':
      if (codec === 'h265') return x265(task);
      return codec === 'av1' ? libaom(preset) : x264(task);
  }
}

/** Frames per second that a level has to allow for when the source does not say. */
const FRAME_RATE_ALLOWED_FOR = 60;

function x264({ rung, frameRate }: EncoderTask): readonly string[] {
  return [
    ...['-preset', rung.preset ?? 'veryfast', '-tune', 'zerolatency', '-sc_threshold', '0'],
    ...['-profile:v', 'high'],
    ...['-level:v', avcLevel({ ...rung, frameRate: frameRate ?? FRAME_RATE_ALLOWED_FOR })],
    ...['-threads:v', `${threadsFor(rung)}`, '-x264-params', frameRateFor(frameRate)],
  ];
}

/**
 * x264 spends bits by the frame rate it is told and not by the frames' times, and FFmpeg would
 * tell it a guess. Where nobody knows it goes by the times, and its bitstream states no rate.
 */
function frameRateFor(frameRate: number | undefined): string {
  return frameRate === undefined ? 'force-cfr=0' : `fps=${Math.round(frameRate * 1000)}/1000`;
}

const PIXELS_A_THREAD = 300_000;
const MAX_THREADS = 4;

/** Without delay, threads share a frame by slices, each of which costs quality: no more than help. */
function threadsFor({ width, height }: EncoderTask['rung']): number {
  return Math.min(MAX_THREADS, 1 + Math.floor((width * height) / PIXELS_A_THREAD));
}

function x265({ rung, frameRate }: EncoderTask): readonly string[] {
  const parameters = ['log-level=error', 'scenecut=0', 'open-gop=0'];
  if (frameRate !== undefined) parameters.push(`fps=${Math.round(frameRate * 1000)}/1000`);
  return [
    ...['-preset', rung.preset ?? 'superfast', '-tune', 'zerolatency', '-forced-idr', '1'],
    ...['-x265-params', parameters.join(':')],
  ];
}

function libaom(preset: string | undefined): readonly string[] {
  return [
    ...['-usage', 'realtime', '-cpu-used', preset ?? '8', '-lag-in-frames', '0'],
    ...['-row-mt', '1', '-threads:v', `${MAX_THREADS}`],
  ];
}
