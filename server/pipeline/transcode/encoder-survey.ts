/** What this machine can encode with, and how much of it. */
import type { EncoderFamily } from './encoder-arguments.ts';
import { detectFamilies, type FamilyFinding } from './hardware.ts';
import type { RungProfile } from './ladder.ts';
import { type MachineMeasure, machineMeasure } from './machine-measure.ts';

/** What the preferred encoders that work can do. */
export interface Capacity {
  readonly family: EncoderFamily;
  /** Undefined: not asked for, or too slow to be measured. */
  readonly measure: MachineMeasure | undefined;
}

/** What a survey found. */
export interface EncoderSurvey {
  /** Every family, the preferred first. */
  readonly families: readonly FamilyFinding[];
  /** Undefined: nothing works. */
  readonly capacity: Capacity | undefined;
}

/**
 * Tries every family of encoders and, where `isMeasured`, measures the first that works: some three
 * seconds of work, of which a measure kept in `dataDir` saves most. Throws what writing to
 * `dataDir` throws. When `signal` is aborted it rejects with the reason, after what runs has ended,
 * and nothing is written any more.
 */
export async function surveyEncoders(request: {
  readonly ffmpegPath: string;
  readonly ladder: readonly RungProfile[];
  readonly dataDir: string;
  readonly isMeasured: boolean;
  readonly signal?: AbortSignal | undefined;
}): Promise<EncoderSurvey> {
  const families = await detectFamilies(request.ffmpegPath, request.signal);
  const family = families.find(({ works }) => works)?.family;
  if (family === undefined) return { families, capacity: undefined };
  const measure = request.isMeasured ? await machineMeasure({ ...request, family }) : undefined;
  request.signal?.throwIfAborted();
  return { families, capacity: { family, measure } };
}
