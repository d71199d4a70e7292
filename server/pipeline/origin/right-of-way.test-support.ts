import type { RightOfWay } from '../../base/index.ts';

/** Whether what gives way to viewers may go now; `way` runs what may at once. */
export function isClear(way: RightOfWay): boolean {
  let isGone = false;
  way.yieldTo(() => {
    isGone = true;
  });
  return isGone;
}
