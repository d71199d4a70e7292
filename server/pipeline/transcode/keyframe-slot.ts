import type { Ticks } from '../../media/index.ts';
import type { EncodeJob } from './encode-arguments.ts';

/**
 * Where the first keyframe after `pts` is that an encoder makes by itself; undefined where its
 * keyframes are the source's.
 */
export function nextKeyframeSlot({ keyframes, source }: EncodeJob, pts: Ticks): Ticks | undefined {
  if (keyframes === 'source') return undefined;
  const slot = keyframes.everyS * source.timescale;
  return Math.round((Math.floor(pts / slot) + 1) * slot);
}
