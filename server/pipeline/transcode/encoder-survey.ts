/** What this machine can encode with, and how much of it. */
import type { EncoderFamily } from './encoder-arguments.ts';
import { detectFamilies, type FamilyFinding } from './hardware.ts';
import type { RungProfile } from './ladder.ts';
import { type MachineMeasure, machineMeasure } from './machine-measure.ts';

/** What a survey found. */
export interface EncoderSurvey {
  /** Every family, the preferred first. */
  readonly families: readonly FamilyFinding[];
  /** The first of them that works; undefined: nothing can be transcoded. */
  readonly family: EncoderFamily | undefined;
  /** What its encoders take; undefined when nothing works, or too slowly to be measured. */
  readonly measure: MachineMeasure | undefined;
}

/**
 * Tries every family of encoders and measures the preferred one that works, at most some ten
 * seconds of work, of which a measure kept in `dataDir` saves the longer part.
 */
export async function surveyEncoders(request: {
  readonly ffmpegPath: string;
  readonly ladder: readonly RungProfile[];
  readonly dataDir: string;
}): Promise<EncoderSurvey> {
  const families = await detectFamilies(request.ffmpegPath);
  const family = families.find(({ works }) => works)?.family;
  const measure = family === undefined ? undefined : await machineMeasure({ ...request, family });
  return { families, family, measure };
}
