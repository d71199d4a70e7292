import { effect } from '@preact/signals';
import type { WatchSession } from './watch-session.ts';

/** Longest wait for a picture, in milliseconds. */
const LATEST_MS = 1_500;

/**
 * Runs `task` once when a picture no longer has to come first: it is there, there is none to wait for, or it takes too
 * long. Gives what calls that off.
 */
export function afterPicture(session: WatchSession, task: () => void): () => void {
  const called = new AbortController();
  const run = (): void => {
    if (called.signal.aborted) return;
    called.abort();
    task();
  };
  const timer = setTimeout(run, LATEST_MS);
  const stop = effect(() => {
    if (!session.isPictureFirst.value) run();
  });
  return () => {
    called.abort();
    clearTimeout(timer);
    stop();
  };
}
