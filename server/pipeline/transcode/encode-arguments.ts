/** From a job to the command line of FFmpeg: fixed templates, nothing that a stranger wrote. */
import { parseAvcC, parseAvcSps, type Ticks, type VideoTrack } from '../../media/index.ts';
import {
  deviceArguments,
  type EncoderFamily,
  encoderArguments,
  pixelFilter,
} from './encoder-arguments.ts';
import type { Rung } from './ladder.ts';
import { decodedPixels } from './source-size.ts';

/** What one FFmpeg process is to do. */
export interface EncodeJob {
  /** The track whose init segment and one-frame chunks it is fed on its standard input. */
  readonly source: VideoTrack;
  /** Rung `i` comes out of file descriptor `FIRST_RUNG_PIPE + i`. */
  readonly rungs: readonly Rung[];
  /**
   * Keyframes where the source has them, or at the first frame of each slot of media time. Of the
   * latter kind the first sample of each rung has a wrong time; what counts begins with the second.
   */
  readonly keyframes: 'source' | { readonly everyS: number };
  readonly family: EncoderFamily;
  /** The rung that stands for the source's video: the last to be done without. */
  readonly leading?: string | undefined;
  /** A small picture and a poster, as JPEG files one after another on the two pipes after the rungs. */
  readonly thumbnails: Thumbnails | undefined;
  /**
   * By rung, what an encoder before has made: up to and with this time, in ticks of the source,
   * frames are decoded and left out. The first one after is a keyframe.
   */
  readonly madeUntil?: ReadonlyMap<string, Ticks>;
}

/** The part of `job` that makes `rungs`, from where an encoder before has left them. */
export function narrowJob(
  job: EncodeJob,
  rungs: readonly string[],
  madeUntil: EncodeJob['madeUntil'],
): EncodeJob {
  return {
    ...job,
    rungs: job.rungs.filter(({ name }) => rungs.includes(name)),
    ...(madeUntil !== undefined && { madeUntil }),
  };
}

/** Which still pictures are made. */
export interface Thumbnails {
  /**
   * The first frame is taken, and then the first frame of each slot of so many seconds, counted
   * from media time 0.
   */
  readonly everyS: number;
}

/** File descriptor of the first rung; 0 to 2 are the standard ones. */
export const FIRST_RUNG_PIPE = 3;
const THUMBNAIL_WIDTH = 160;
const POSTER_WIDTH = 640;
/** JPEG quality from 2 (best) to 31. */
const JPEG_QUALITY = '5';
/** Room for rounding in sums of floating-point seconds; below any tick. */
const ROUNDING_S = '0.000001';
/** Digits of a second that tell half ticks apart on every timescale in use. */
const SECONDS_DIGITS = 9;

/**
 * The arguments of FFmpeg for a job. Its input is fragmented MP4 on standard input; each rung comes
 * out as fragmented MP4, one fragment a frame, with the source's times and timescale.
 */
export function encodeArguments(job: EncodeJob): readonly string[] {
  const { rungs, thumbnails, family } = job;
  return [
    // Warnings are few, and they are the only words about what goes wrong.
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'warning'],
    ...deviceArguments(family),
    ...inputArguments(job),
    ...['-filter_complex', filterGraph(job)],
    ...rungs.flatMap((_, index) => rungOutput(job, index)),
    ...(thumbnails === undefined ? [] : stillOutputs(job)),
  ];
}

/** From so many pixels a second on, one thread cannot be trusted to decode in time. */
const HEAVY_PIXELS_PER_SECOND = 1920 * 1080 * 90;
const USUAL_FRAME_RATE = 30;

/**
 * Times are kept as they are (`-copyts`), nothing is read ahead, and only pipes and MP4 are known.
 * `-fflags nobuffer` is missing on purpose: it throws away the frames that were read for probing,
 * and with the first keyframe a whole GOP.
 */
function inputArguments({ source, rungs }: EncodeJob): readonly string[] {
  const { codec, width, height, frameRate } = source;
  // Stills alone are made of keyframes, and the rest need not be decoded.
  const isStillsOnly = rungs.length === 0;
  const isHeavy = width * height * (frameRate ?? USUAL_FRAME_RATE) > HEAVY_PIXELS_PER_SECOND;
  // Threads that each take a frame hold back as many frames; slices hold back none.
  const threads = isHeavy && !isStillsOnly ? ['-threads', '3'] : ['-thread_type', 'slice'];
  return [
    ...['-copyts', '-probesize', '32', '-analyzeduration', '0', '-fpsprobesize', '0'],
    ...(codec === 'av01' ? ['-flags', 'low_delay'] : threads),
    ...(isStillsOnly ? ['-skip_frame', 'nokey'] : []),
    // What the bitstream says later may be another size than what was stated.
    ...['-max_pixels', `${decodedPixels(source)}`],
    ...['-protocol_whitelist', 'pipe', '-format_whitelist', 'mov'],
    ...['-f', 'mov', '-i', 'pipe:0'],
  ];
}

function filterGraph(job: EncodeJob): string {
  const { source, rungs, thumbnails } = job;
  const branches = rungs.map((_, index) => `[s${index}]`);
  if (thumbnails !== undefined) branches.push('[still]');
  // Small stills need none, and what it compares would be keyframes seconds apart.
  const hasFields = rungs.length > 0 && mayBeInterlaced(source);
  const deinterlace = hasFields ? 'yadif=mode=send_frame:deint=interlaced,' : '';
  const chains = [`[0:v:0]${deinterlace}split=${branches.length}${branches.join('')}`];
  for (const [index, rung] of rungs.entries()) {
    const madeUntil = job.madeUntil?.get(rung.name);
    const filters = [
      ...(madeUntil === undefined ? [] : [restFilter(madeUntil, job)]),
      ...(rung.frameRate === undefined ? [] : [frameFilter(rung.frameRate, job.keyframes)]),
      `scale=${rung.width}:${rung.height}:flags=bicubic`,
      'setsar=1',
      ...(job.keyframes === 'source' ? [] : [originFilter(job.keyframes.everyS)]),
      pixelFilter(job.family, rung.codec),
    ];
    chains.push(`[s${index}]${filters.join(',')}[v${index}]`);
  }
  if (thumbnails !== undefined) chains.push(...stillFilters(job, thumbnails));
  return chains.join(';');
}

/** Whether the bitstream allows fields; frames that are none pass the filter untouched. */
function mayBeInterlaced({ codec, config }: VideoTrack): boolean {
  if (codec !== 'avc1') return false;
  const [sps] = parseAvcC(config).sps;
  return sps !== undefined && parseAvcSps(sps).interlaced;
}

/**
 * Leaves frames out and moves none: the first of each slot of 1/frameRate stays, slots counted
 * from a quarter before the first frame, so that stamps rounded to milliseconds never lie on an
 * edge. Frames that will be keyframes stay in any case.
 */
function frameFilter(frameRate: number, keyframes: EncodeJob['keyframes']): string {
  const slot = (time: string): string => `floor((${time}-start_t)*${frameRate}+0.25)`;
  const forced = keyframes === 'source' ? 'key' : isNewSlot('prev_selected_t', keyframes.everyS);
  return `select='isnan(prev_selected_t)+gt(${slot('t')},${slot('prev_selected_t')})+${forced}'`;
}

/**
 * Leaves out what has been made; where the first frame is lost, it is the last of that. In seconds,
 * because filters before it may count in other ticks, and half a tick aside, so that no rounding
 * decides.
 */
function restFilter(madeUntil: Ticks, { keyframes, source }: EncodeJob): string {
  const edge = madeUntil + (keyframes === 'source' ? 0.5 : -0.5);
  return `select='gt(t,${(edge / source.timescale).toFixed(SECONDS_DIGITS)})'`;
}

/**
 * FFmpeg counts the times of forced keyframes from the first frame, so that one is moved to where
 * its slot begins: all later ones then count from the start of a slot. What is made of it has a
 * wrong time and has to be thrown away.
 */
function originFilter(everyS: number): string {
  const slotStart = `round(floor(T/${everyS}+${ROUNDING_S})*${everyS}/TB)`;
  return `setpts='if(eq(N,0),${slotStart},PTS)'`;
}

/** An expression: whether time `t` lies in another slot of `everyS` than `previous` does. */
function isNewSlot(previous: string, everyS: number): string {
  const slot = (time: string): string => `floor(${time}/${everyS}+${ROUNDING_S})`;
  return `gt(${slot('t')},${slot(previous)})`;
}

function stillFilters({ source, rungs }: EncodeJob, { everyS }: Thumbnails): readonly string[] {
  const select = `select='isnan(prev_selected_t)+${isNewSlot('prev_selected_t', everyS)}'`;
  const size = (width: number): string => {
    const height = 2 * Math.max(1, Math.round((width * source.height) / source.width / 2));
    return `${width}:${height}`;
  };
  const posterWidth = Math.min(POSTER_WIDTH, source.width - (source.width % 2));
  // Where keyframes are seldomer than slots, each slot has its picture nevertheless, the last one.
  const everySlot = rungs.length === 0 ? `fps=1/${everyS}:round=down:eof_action=pass,` : '';
  // Full range is what JPEG means; the pixel formats named after it are deprecated.
  const end = 'flags=area:out_range=pc,setsar=1,format=yuv420p';
  return [
    `[still]${select},split=2[small][large]`,
    `[small]${everySlot}scale=${size(THUMBNAIL_WIDTH)}:${end}[thumbnail]`,
    `[large]scale=${size(posterWidth)}:${end}[poster]`,
  ];
}

function rungOutput(job: EncodeJob, index: number): readonly string[] {
  const rung = job.rungs[index];
  if (rung === undefined) return [];
  const frameRate = rung.frameRate ?? job.source.frameRate;
  return [
    ...['-map', `[v${index}]`, ...timeArguments(job.source)],
    ...encoderArguments(job.family, { rung, frameRate }),
    ...['-force_key_frames', forcedKeyframes(job.keyframes)],
    // A fragment is written when the next frame comes, which tells how long its frame lasts.
    ...['-f', 'mp4', '-use_editlist', '0', '-avoid_negative_ts', 'disabled'],
    ...['-movflags', '+frag_every_frame+empty_moov+default_base_moof+frag_discont+skip_trailer'],
    ...['-video_track_timescale', `${job.source.timescale}`, '-flush_packets', '1'],
    `pipe:${FIRST_RUNG_PIPE + index}`,
  ];
}

function forcedKeyframes(keyframes: EncodeJob['keyframes']): string {
  if (keyframes === 'source') return 'source';
  // The second frame is the first that counts: see `originFilter`.
  return `expr:if(lt(n,2),1,${isNewSlot('prev_forced_t', keyframes.everyS)})`;
}

/** Every frame keeps its time to the tick: none is made, dropped or moved by FFmpeg. */
function timeArguments({ timescale }: VideoTrack): readonly string[] {
  return ['-fps_mode', 'passthrough', '-enc_time_base', `1:${timescale}`];
}

function stillOutputs(job: EncodeJob): readonly string[] {
  const first = FIRST_RUNG_PIPE + job.rungs.length;
  const output = (label: string, pipe: number): readonly string[] => [
    ...['-map', `[${label}]`, ...timeArguments(job.source)],
    // Several threads would each hold back a picture, for as long as a slot lasts.
    ...['-c:v', 'mjpeg', '-threads:v', '1', '-strict', 'unofficial', '-q:v', JPEG_QUALITY],
    ...['-f', 'image2pipe', '-flush_packets', '1'],
    `pipe:${pipe}`,
  ];
  return [...output('thumbnail', first), ...output('poster', first + 1)];
}
