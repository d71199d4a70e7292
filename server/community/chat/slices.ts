/**
 * Does one thing for each of many, a slice of them at a time: between two slices the process answers
 * others. What is many bytes in sum can be spread over a time as well.
 */
import type { Clock } from '../../base/index.ts';

/** Readers written to in one go, and bytes: both take less than half a millisecond. */
const SLICE_READERS = 48;
const SLICE_BYTES = 256 * 1024;
/** With more bytes in sum they are spread. Less is through in some milliseconds. */
const SPREAD_BYTES = 4 * 1024 * 1024;
/** Timers are no finer. */
const SHORTEST_WAIT_MS = 1;

/** One thing to do for many. */
export interface SlicedWork<T> {
  readonly all: readonly T[];
  /** Bytes that each is written. */
  readonly sizeBytes: number;
  /** Milliseconds over which many bytes are spread; 0: as soon as others had their turn. */
  readonly spreadMs: number;
  readonly task: (each: T) => void;
  /** Whether it is still of use: the rest is left out where not. */
  readonly isWanted: () => boolean;
  /** All have had it, or it is of no use any more. */
  readonly done: () => void;
}

/** What slices need of their owner. */
export interface SliceSettings {
  readonly clock: Clock;
  /** Runs a task after others had their turn. */
  readonly yieldTo: (task: () => void) => void;
}

/** See the top of the file. The first slice is done at once. */
export function inSlices<T>(work: SlicedWork<T>, { clock, yieldTo }: SliceSettings): void {
  const { all, sizeBytes, task, isWanted, done } = work;
  const slice = Math.max(1, Math.min(SLICE_READERS, Math.floor(SLICE_BYTES / sizeBytes)));
  const spreadMs = sizeBytes * all.length > SPREAD_BYTES ? work.spreadMs : 0;
  const beganMs = clock.monotonicMs();
  const from = (begin: number): void => {
    if (!isWanted()) {
      done();
      return;
    }
    const end = Math.min(all.length, begin + slice);
    for (const each of all.slice(begin, end)) task(each);
    if (end === all.length) {
      done();
      return;
    }
    const dueMs = beganMs + (spreadMs * end) / all.length;
    const waitMs = dueMs - clock.monotonicMs();
    if (waitMs < SHORTEST_WAIT_MS) yieldTo(() => from(end));
    else clock.after(waitMs, () => yieldTo(() => from(end)));
  };
  from(0);
}
