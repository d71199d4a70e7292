import type { Sample } from '../../media/index.ts';
import type { EncodeJob } from './encode-arguments.ts';
import type { Relay } from './relay.ts';
import type { ReplayGop } from './replay-gop.ts';

/** What an encoder that is started in the middle of things is given before all else. */
export interface ReplayPlan {
  readonly samples: readonly Sample[];
  /** Set when it goes on exactly where the rungs end: see `EncodeJob`. */
  readonly madeUntil: EncodeJob['madeUntil'];
}

/**
 * Decides it for an encoder of `rungs`. Where nothing that is missing of them is lost, it is all of
 * that. Else what was published is not published again, so where keyframes are the source's, the
 * next one is the first that can be: all an encoder has to do until then is to be there.
 */
export function planReplay(
  rungs: readonly string[],
  known: {
    readonly relay: Relay;
    readonly gop: ReplayGop;
    readonly keyframes: EncodeJob['keyframes'] | undefined;
  },
): ReplayPlan {
  const { relay, gop, keyframes } = known;
  const madeUntil = relay.publishedUntil(rungs);
  // Where the first frame is of no use, that has to be the last one that was made.
  const missing = madeUntil && gop.after(Math.min(...madeUntil.values()), keyframes !== 'source');
  if (missing !== undefined) return { samples: missing, madeUntil };
  const isOfUse = keyframes !== 'source' || relay.isAhead(rungs, gop.samples[0]?.pts ?? 0);
  return { samples: isOfUse ? gop.samples : [], madeUntil: undefined };
}
