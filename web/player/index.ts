/** @module The player of the watch page: joins a broadcast, stays near live, and comes back by itself. */
export { afterPicture } from './after-picture.ts';
export { latencyText } from './latency-meter.ts';
export { Player } from './player.tsx';
export { askIngest, askLiveStreams } from './stream-status.ts';
export { loadEngine, WatchSession } from './watch-session.ts';
export type { WatchPhase } from './watch-state.ts';
