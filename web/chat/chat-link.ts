/**
 * When the panel connects, and as what: a pure step function.
 *
 *   connecting --welcome--> joined --closed--> waiting --wake, nudge--> connecting
 *        |                                        ^
 *        +----------------closed------------------+
 *   any --closed for good--> stopped
 *
 * It knows no socket and no clock: it is told what was seen, and says what to do. Where the client
 * was is remembered as frames arrive, so that whatever follows a break is neither lost nor repeated.
 */
import { CHAT_CLOSE, type ChatFrame, type ChatPosition } from '../../contract/index.ts';

/** The first wait after a break, and the longest, before chance halves or half again lengthens it. Milliseconds. */
const FIRST_MS = 500;
const LONGEST_MS = 6_000;
/** The least wait where the server had asked for rest. Milliseconds. */
const REST_MS = 5_000;
const TOO_BIG = 1009;

/** Why there is no use in coming back. */
export type StopReason = 'outdated' | 'closed';

/** Where the connection stands. */
export interface LinkState {
  readonly phase: 'connecting' | 'joined' | 'waiting' | 'stopped';
  /** Breaks since the last welcome. */
  readonly failures: number;
  /** Of the last welcome. */
  readonly epoch: string | null;
  /** The last number that was told; null before the first. */
  readonly seq: number | null;
  /** What a guest shows to be the same again. */
  readonly guest: string | null;
  /** Whether the session has ended, so that a ticket is not to be had any more. */
  readonly isSignedOut: boolean;
  readonly stopped: StopReason | null;
}

/** What was seen. */
export type LinkEvent =
  | { readonly kind: 'frame'; readonly frame: ChatFrame }
  /** The socket is closed, or could not be opened (1006). */
  | { readonly kind: 'closed'; readonly code: number }
  /** The wait is over. */
  | { readonly kind: 'wake' }
  /** The network is back, or somebody looks at the page again. */
  | { readonly kind: 'nudge' };

/** What is to be done. */
export type LinkEffect =
  | {
      readonly kind: 'connect';
      readonly resume: ChatPosition | null;
      readonly guest: string | null;
      /** Whether to come as a guest although somebody was signed in. */
      readonly asGuest: boolean;
    }
  /** Send `wake` after this long, in place of any wake-up that is pending. */
  | { readonly kind: 'wake'; readonly afterMs: number };

/** The state after an event, and what to do about it. */
export interface LinkStep {
  readonly state: LinkState;
  readonly effect: LinkEffect | null;
}

/** The opening step. `guest` is what an earlier visit was told. */
export function openLink(guest: string | null): LinkStep {
  return connect({
    ...{ phase: 'connecting', failures: 0, epoch: null, seq: null },
    ...{ guest, isSignedOut: false, stopped: null },
  });
}

/** What follows from an event. `chance` is in [0, 1): a crowd that was cut off does not come back at once. */
export function stepLink(state: LinkState, event: LinkEvent, chance: number): LinkStep {
  if (state.phase === 'stopped') return keep(state);
  switch (event.kind) {
    case 'frame':
      return keep(afterFrame(state, event.frame));
    case 'closed':
      return state.phase === 'waiting' ? keep(state) : afterClose(state, event.code, chance);
    case 'wake':
    case 'nudge':
      return state.phase === 'waiting' ? connect({ ...state, phase: 'connecting' }) : keep(state);
  }
}

/** Milliseconds to wait after so many breaks in a row, 1 being the first. */
export function comeBackMs(failures: number, chance: number): number {
  const doublings = Math.min(Math.max(failures, 1) - 1, 10);
  return Math.round(Math.min(FIRST_MS * 2 ** doublings, LONGEST_MS) * (0.5 + chance));
}

function afterFrame(state: LinkState, frame: ChatFrame): LinkState {
  switch (frame.type) {
    case 'welcome':
      return {
        ...state,
        phase: 'joined',
        failures: 0,
        epoch: frame.epoch,
        // Without history, which comes next, nothing was told yet.
        seq: frame.isResumed ? state.seq : null,
        guest: frame.guest ?? state.guest,
      };
    case 'history':
    case 'entries':
      return { ...state, seq: frame.seq };
    default:
      return state;
  }
}

function afterClose(state: LinkState, code: number, chance: number): LinkStep {
  if (code === TOO_BIG || code === CHAT_CLOSE.bad_frame) return stop(state, 'outdated');
  if (code === CHAT_CLOSE.closed) return stop(state, 'closed');
  const failures = state.failures + 1;
  const isSignedOut = state.isSignedOut || code === CHAT_CLOSE.signed_out;
  const needsRest = code === CHAT_CLOSE.flood || code === CHAT_CLOSE.unavailable;
  const waitMs = comeBackMs(failures, chance);
  const afterMs = needsRest ? waitMs + REST_MS : waitMs;
  const waiting: LinkState = { ...state, phase: 'waiting', failures, isSignedOut };
  return { state: waiting, effect: { kind: 'wake', afterMs } };
}

function connect(state: LinkState): LinkStep {
  const { epoch, seq, guest, isSignedOut: asGuest } = state;
  const resume = epoch === null || seq === null ? null : { epoch, seq };
  return { state, effect: { kind: 'connect', resume, guest, asGuest } };
}

function stop(state: LinkState, stopped: StopReason): LinkStep {
  return keep({ ...state, phase: 'stopped', stopped });
}

function keep(state: LinkState): LinkStep {
  return { state, effect: null };
}
