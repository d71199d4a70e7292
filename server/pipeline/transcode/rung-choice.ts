/** Which rungs a machine can hold at real time. */
import type { Rung, SourcePicture } from './ladder.ts';
import { type FrameCost, type MachineMeasure, MEASURED_PICTURE } from './machine-measure.ts';

/** What the rungs may use. */
export interface EncodeBudget {
  /** What is decoded, for all of them once. */
  readonly source: SourcePicture;
  /** Cores that encoders of other broadcasts already use. */
  readonly coresTaken?: number;
}

/**
 * Share of all cores that encoders may use; the rest is for delivery, for the system, and for
 * pictures that are harder than the measured one.
 */
const CORE_SHARE = 0.6;
/** Share of a frame's duration that its way through one FFmpeg may take. */
const TIME_SHARE = 0.8;
const USUAL_FRAME_RATE = 30;
/** From this version on FFmpeg runs decoder and encoders side by side. */
const PARALLEL_FFMPEG = 7;

/**
 * The rungs that can be held at real time with headroom, the costliest left out first, until the
 * processor time and the time of each frame suffice. Sizes that were not measured are reckoned by
 * their pixels from the nearest that was.
 */
export function pickRungs(
  measure: MachineMeasure,
  rungs: readonly Rung[],
  budget: EncodeBudget,
): readonly Rung[] {
  const dearFirst = rungs.toSorted(
    (left, right) =>
      coresFor(measure, right, budget.source) - coresFor(measure, left, budget.source),
  );
  const dropped = new Set<Rung>();
  const keeps = (): readonly Rung[] => rungs.filter((rung) => !dropped.has(rung));
  for (const rung of dearFirst) {
    if (isHeld(measure, keeps(), budget)) break;
    dropped.add(rung);
  }
  return keeps();
}

/** Cores that a rung keeps busy at real time, its share of decoding not counted. */
export function coresFor(measure: MachineMeasure, rung: Rung, source: SourcePicture): number {
  const frameRate = rung.frameRate ?? source.frameRate ?? USUAL_FRAME_RATE;
  return costOf(measure, rung).cpuS * frameRate;
}

/** Cores that one FFmpeg with these rungs keeps busy at real time, decoding counted. */
export function coresOf(
  measure: MachineMeasure,
  rungs: readonly Rung[],
  source: SourcePicture,
): number {
  const decode = decodeCost(measure, source).cpuS * (source.frameRate ?? USUAL_FRAME_RATE);
  return rungs.reduce((sum, rung) => sum + coresFor(measure, rung, source), decode);
}

function decodeCost(measure: MachineMeasure, source: SourcePicture): FrameCost {
  return scaled(measure.decode, pixelsOf(source) / pixelsOf(MEASURED_PICTURE));
}

function isHeld(measure: MachineMeasure, rungs: readonly Rung[], budget: EncodeBudget): boolean {
  const { source, coresTaken = 0 } = budget;
  const frameRate = source.frameRate ?? USUAL_FRAME_RATE;
  const cores = coresOf(measure, rungs, source) + coresTaken;
  if (cores > measure.key.cores * CORE_SHARE) return false;
  const stepsS = rungs.map((rung) => {
    const share = (rung.frameRate ?? frameRate) / frameRate;
    return costOf(measure, rung).wallS * share;
  });
  return (
    frameTimeS(measure, [decodeCost(measure, source).wallS, ...stepsS]) * frameRate <= TIME_SHARE
  );
}

/** Older FFmpeg does one step after another for each frame; newer does them at once. */
function frameTimeS(measure: MachineMeasure, stepsS: readonly number[]): number {
  const major = Number(/\d+/.exec(measure.key.ffmpeg)?.[0] ?? 0);
  return major >= PARALLEL_FFMPEG
    ? Math.max(...stepsS)
    : stepsS.reduce((sum, each) => sum + each, 0);
}

function costOf(measure: MachineMeasure, rung: Rung): FrameCost {
  const sameCodec = measure.rungs.filter(({ codec }) => codec === rung.codec);
  const distance = (size: { width: number; height: number }): number =>
    Math.abs(Math.log(pixelsOf(size) / pixelsOf(rung)));
  const [nearest] = sameCodec.toSorted((left, right) => distance(left) - distance(right));
  // A codec that could not be measured in time is one that this machine cannot hold.
  if (nearest === undefined) return { cpuS: Infinity, wallS: Infinity };
  return scaled(nearest, pixelsOf(rung) / pixelsOf(nearest));
}

function scaled({ cpuS, wallS }: FrameCost, factor: number): FrameCost {
  return { cpuS: cpuS * factor, wallS: wallS * factor };
}

function pixelsOf({ width, height }: { readonly width: number; readonly height: number }): number {
  return width * height;
}
