/**
 * What the watch page does when something happens: a pure step function, total over every phase and event.
 *
 *   starting --picture--> live --playlistEnded--> closing --off air--> ended --live again--> starting
 *      |                   |  \                      |                    ^
 *   notLive              failed \--new broadcast     +--no answer--> away |--live again--> starting
 *      v                   v              |                               |
 *   waiting            reconnecting       +--> starting                notLive
 *
 * A playlist that is closed does not say why. The last picture stays until the server has said that the broadcast is
 * over (`ended`), or that it only stopped itself and the encoder is expected back (`away`); no answer means the same.
 *
 * From every phase, a status that says that the encoder was lost leads to `interrupted`: nothing is loaded, because
 * nothing new is there, until the status says that it is back. A picture says nothing then: it may be the last one
 * from before, and behind it lies a hole as long as the silence, which a player that is loaded afresh never meets.
 *
 * It knows no clock, no network and no element: it is told what was seen and returns what to do. At most one wake-up
 * is pending at any time; a later `wake` replaces an earlier one, so two failures seen at once cost one retry.
 */
import { missingDelayMs, pollDelayMs, retryDelayMs, soonDelayMs } from './retry-delay.ts';

/** Where a watch page stands, as its viewer would put it. */
export type WatchPhase =
  | 'starting'
  | 'live'
  | 'reconnecting'
  | 'interrupted'
  | 'closing'
  | 'away'
  | 'waiting'
  | 'ended'
  | 'missing'
  | 'unsupported';

/** Everything the next step depends on. */
export interface WatchState {
  readonly phase: WatchPhase;
  /** Failures since a picture was last seen, or answers that there is no such stream; sets the next wait. */
  readonly failures: number;
  /** Whether the decoder was already restarted since playback was last steady. */
  readonly mediaRecovered: boolean;
  /** The broadcast the server named last; null before the first answer and before the first broadcast. */
  readonly broadcastId: string | null;
  /** A broadcast whose playlists are closed: never worth loading again. */
  readonly finishedBroadcastId: string | null;
}

/** Something the page saw. */
export type WatchEvent =
  /** The first frame of a load, or of a rejoin, is on screen. */
  | { readonly kind: 'picture' }
  /** Ten seconds of undisturbed playback. */
  | { readonly kind: 'steady' }
  /** The player gave up: the network or the server failed it, or playback stood still. */
  | { readonly kind: 'failed' }
  /** The broadcast has begun, but its playlist does not hold enough to start with. */
  | { readonly kind: 'tooEarly' }
  /** The browser's decoder gave up. */
  | { readonly kind: 'mediaFailed' }
  /** The server answered that nothing is live at the playback address. */
  | { readonly kind: 'notLive' }
  /** The broadcast's playlist is closed and what it held has been played. */
  | { readonly kind: 'playlistEnded' }
  /** Playback ran dry. */
  | { readonly kind: 'stalled' }
  /**
   * The server described the stream; `interrupted`: its encoder was lost and is waited for; `returning`: the server
   * stopped, and the encoder is expected to begin another broadcast.
   */
  | {
      readonly kind: 'status';
      readonly air: 'live' | 'interrupted' | 'returning' | 'off';
      readonly broadcastId: string | null;
    }
  /** The server knows no such stream. */
  | { readonly kind: 'unknownStream' }
  /** The server could not be asked. */
  | { readonly kind: 'statusFailed' }
  /** The wake-up asked for has come. */
  | { readonly kind: 'wake' }
  /** This browser cannot play any broadcast. */
  | { readonly kind: 'unsupported' };

/** Something the page is to do. */
export type WatchEffect =
  /** Drop the player if there is one, forget a pending wake-up, and load the multivariant playlist afresh. */
  | { readonly kind: 'load' }
  /** Drop the player. */
  | { readonly kind: 'unload' }
  /** Have the player restart the browser's decoder. */
  | { readonly kind: 'recoverMedia' }
  /** Ask the server about the stream. */
  | { readonly kind: 'poll' }
  /** Send `wake` after this long, in place of any wake-up still pending. */
  | { readonly kind: 'wake'; readonly afterMs: number };

/** The state after an event and what to do about it, in order. */
export interface WatchStep {
  readonly state: WatchState;
  readonly effects: readonly WatchEffect[];
}

/** Failures in a row before a start is called a reconnection. */
const STARTING_TRIES = 2;

const LOAD: WatchEffect = { kind: 'load' };
const UNLOAD: WatchEffect = { kind: 'unload' };
const POLL: WatchEffect = { kind: 'poll' };

/**
 * The opening step: the playlist and the status are asked for at once, neither waits for the other. Of a stream that
 * was not on air when the page was sent, there is no playlist to ask for.
 */
export function openWatch(isOnAir: boolean): WatchStep {
  const state: WatchState = {
    phase: isOnAir ? 'starting' : 'waiting',
    failures: 0,
    mediaRecovered: false,
    broadcastId: null,
    finishedBroadcastId: null,
  };
  return isOnAir ? keep(state, LOAD, POLL) : keep(state, POLL);
}

/** The state and effects that follow from one event. `chance` in [0, 1) spreads the waits of many viewers. */
export function stepWatch(state: WatchState, event: WatchEvent, chance: number): WatchStep {
  if (state.phase === 'unsupported') return keep(state);
  switch (event.kind) {
    case 'picture':
      return keep(isPlaying(state) ? onScreen(state) : state);
    case 'steady':
      return keep(state.phase === 'live' ? { ...state, mediaRecovered: false } : state);
    case 'stalled':
      return state.phase === 'live' ? keep(state, POLL) : keep(state);
    case 'failed':
      return isPlaying(state) ? retry(state, chance) : keep(state);
    case 'tooEarly':
      return isPlaying(state) ? keep(state, wake(soonDelayMs(chance))) : keep(state);
    case 'mediaFailed':
      return isPlaying(state) ? recover(state, chance) : keep(state);
    case 'notLive':
      return isShowing(state) ? missPlaylist(state, chance) : keep(state);
    case 'playlistEnded':
      return isShowing(state) ? close(state) : keep(state);
    case 'status':
      return onStatus(state, event, chance);
    case 'unknownStream':
      return miss(state, chance);
    case 'statusFailed':
      return isPlaying(state) ? keep(state) : unanswered(state, chance);
    case 'wake':
      return onWake(state);
    case 'unsupported':
      return keep({ ...state, phase: 'unsupported' }, UNLOAD);
  }
}

/** Whether a player may be loaded that is to go on. */
function isShowing(state: WatchState): boolean {
  return isPlaying(state) || state.phase === 'interrupted';
}

/** Whether a player is loaded, or about to be, and is to play: the phases in which its failures count. */
function isPlaying({ phase }: WatchState): boolean {
  return phase === 'starting' || phase === 'live' || phase === 'reconnecting';
}

function onScreen(state: WatchState): WatchState {
  return { ...state, phase: 'live', failures: 0 };
}

/**
 * The last picture stays on screen while the wait runs: `load` drops the old player, this does not. A start that
 * needs a second try is still a start to its viewer.
 */
function retry(state: WatchState, chance: number): WatchStep {
  const failures = state.failures + 1;
  const starting = state.phase === 'starting' && failures <= STARTING_TRIES;
  const phase: WatchPhase = starting ? 'starting' : 'reconnecting';
  return keep(
    { ...state, phase, failures, mediaRecovered: false },
    wake(retryDelayMs(failures, chance)),
  );
}

/** A broadcast that has just begun is told of a moment before it has a playlist. */
function missPlaylist(state: WatchState, chance: number): WatchStep {
  const isTold = state.phase === 'starting' && state.broadcastId !== null;
  return isTold ? retry(state, chance) : rest(state, restPhase(state.broadcastId), chance);
}

function recover(state: WatchState, chance: number): WatchStep {
  if (state.mediaRecovered) return retry(state, chance);
  return keep({ ...state, mediaRecovered: true }, { kind: 'recoverMedia' });
}

/** The player stays with its last picture until it is known why nothing more comes. */
function close(state: WatchState): WatchStep {
  const closing: WatchState = {
    ...state,
    phase: 'closing',
    failures: 0,
    finishedBroadcastId: state.broadcastId,
  };
  return keep(closing, POLL);
}

function unanswered(state: WatchState, chance: number): WatchStep {
  if (state.phase !== 'closing') return sleep(state, state.failures + 1, chance);
  return keep({ ...state, phase: 'away', failures: 1 }, UNLOAD, wake(retryDelayMs(1, chance)));
}

/** A stream that has been on air once has ended; one that never was is yet to start. */
function restPhase(broadcastId: string | null): WatchPhase {
  return broadcastId === null ? 'waiting' : 'ended';
}

function rest(state: WatchState, phase: WatchPhase, chance: number): WatchStep {
  const resting: WatchState = { ...state, phase, failures: 0, mediaRecovered: false };
  return keep(resting, UNLOAD, wake(pollDelayMs(chance)));
}

/** A mistyped address stays one: it is asked about again, but less and less often. */
function miss(state: WatchState, chance: number): WatchStep {
  const times = state.phase === 'missing' ? state.failures + 1 : 1;
  const missing: WatchState = {
    ...state,
    phase: 'missing',
    failures: times,
    mediaRecovered: false,
  };
  return keep(missing, UNLOAD, wake(missingDelayMs(times, chance)));
}

function sleep(state: WatchState, failures: number, chance: number): WatchStep {
  const afterMs = failures > 0 ? retryDelayMs(failures, chance) : pollDelayMs(chance);
  return keep({ ...state, failures }, wake(afterMs));
}

function onStatus(
  state: WatchState,
  { air, broadcastId }: Extract<WatchEvent, { kind: 'status' }>,
  chance: number,
): WatchStep {
  const named: WatchState = { ...state, broadcastId };
  if (air === 'interrupted') {
    return keep({ ...named, phase: 'interrupted', failures: 0 }, wake(pollDelayMs(chance)));
  }
  if (air === 'off' || air === 'returning') {
    // Who is behind sees what is left: the playlist is closed by now, or gone, and the player comes to know that.
    if (state.phase === 'live') return keep(named);
    const phase = air === 'returning' ? 'away' : restPhase(broadcastId);
    const isLoaded = isShowing(state) || state.phase === 'closing';
    return isLoaded ? rest(named, phase, chance) : sleep({ ...named, phase }, 0, chance);
  }
  if (isPlaying(state)) {
    const replaced = state.broadcastId !== null && broadcastId !== state.broadcastId;
    return replaced && state.phase === 'live' ? start(named) : keep(named);
  }
  return broadcastId === state.finishedBroadcastId ? sleep(named, 0, chance) : start(named);
}

function start(state: WatchState): WatchStep {
  return keep({ ...state, phase: 'starting', failures: 0, mediaRecovered: false }, LOAD);
}

function onWake(state: WatchState): WatchStep {
  if (state.phase === 'live') return keep(state);
  return isPlaying(state) ? keep(state, LOAD, POLL) : keep(state, POLL);
}

function keep(state: WatchState, ...effects: readonly WatchEffect[]): WatchStep {
  return { state, effects };
}

function wake(afterMs: number): WatchEffect {
  return { kind: 'wake', afterMs };
}
