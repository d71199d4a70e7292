/**
 * The life of a stream, in one table.
 *
 *      schedule            connect, start                lose
 *   idle <----> scheduled ----------------> live <----------------> reconnecting
 *     |  unschedule                        ^   |        resume          |
 *     +------------------------------------+   | end, expire            | end, expire
 *                connect, start            |   v                        v
 *                                         ended <-----------------------+
 *
 * `connect` is media that comes: it begins a broadcast, and ends one that it finds on air. `start`
 * is somebody with the key who says so: the broadcast waits for its media, which `join`s it.
 * Whether a stream is disabled, or over for good, is asked beside the table.
 */
import type { Refusal, StreamStatus } from '../../contract/index.ts';

/** What can happen to a stream, and where it leads. */
export const ACTION_TARGET = {
  schedule: 'scheduled',
  unschedule: 'idle',
  connect: 'live',
  start: 'live',
  join: 'live',
  lose: 'reconnecting',
  resume: 'live',
  expire: 'ended',
  end: 'ended',
} as const satisfies Readonly<Record<string, StreamStatus>>;

/** See `ACTION_TARGET`. */
export type StreamAction = keyof typeof ACTION_TARGET;

/** What becomes of the broadcast. */
export type BroadcastEffect = 'none' | 'begins' | 'goes on' | 'ends';

/** What an action does in a state; null where it cannot be. */
export const LIFECYCLE: Readonly<
  Record<StreamStatus, Readonly<Record<StreamAction, BroadcastEffect | null>>>
> = {
  scheduled: {
    ...nothing(),
    schedule: 'none',
    unschedule: 'none',
    connect: 'begins',
    start: 'begins',
  },
  idle: { ...nothing(), schedule: 'none', connect: 'begins', start: 'begins' },
  live: {
    ...nothing(),
    connect: 'begins',
    join: 'goes on',
    lose: 'goes on',
    expire: 'ends',
    end: 'ends',
  },
  reconnecting: {
    ...nothing(),
    connect: 'begins',
    resume: 'goes on',
    expire: 'ends',
    end: 'ends',
  },
  ended: { ...nothing(), schedule: 'none', connect: 'begins', start: 'begins' },
};

/** The refusal of an action that is not in the table; undefined for one that is. */
export function refuseTransition(
  { id, status }: { readonly id: string; readonly status: StreamStatus },
  action: StreamAction,
): Refusal | undefined {
  if (LIFECYCLE[status][action] !== null) return undefined;
  const target = ACTION_TARGET[action];
  const why = status === target ? `it is ${status} already` : `a stream that is ${status} cannot`;
  return {
    refused: 'invalid_transition',
    detail: `Cannot ${action} stream ${id}: ${why}${status === target ? '' : ` become ${target}`}`,
  };
}

function nothing(): Record<StreamAction, null> {
  return {
    schedule: null,
    unschedule: null,
    connect: null,
    start: null,
    join: null,
    lose: null,
    resume: null,
    expire: null,
    end: null,
  };
}
