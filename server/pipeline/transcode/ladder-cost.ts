/** Which rung an encoder is relieved of first. */
import type { EncodeJob } from './encode-arguments.ts';
import type { Rung } from './ladder.ts';

/** Frames per second of a rung that has as many as its source. */
const USUAL_FRAME_RATE = 30;
/** Time that a frame takes, in that of the same picture in H.264; rough, only the order counts. */
const CODEC_COST = { h264: 1, h265: 4, av1: 4 } as const;

/** Names of a job's rungs, the one that costs most to encode first, and the leading one last. */
export function namesByCost({ rungs, leading }: EncodeJob): readonly string[] {
  const isLeading = ({ name }: Rung): number => Number(name === leading);
  return rungs
    .toSorted((a, b) => isLeading(a) - isLeading(b) || costOf(b) - costOf(a))
    .map(({ name }) => name);
}

function costOf({ width, height, frameRate, codec }: Rung): number {
  return width * height * (frameRate ?? USUAL_FRAME_RATE) * CODEC_COST[codec];
}
