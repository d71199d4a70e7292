/**
 * Where a bar shows what the engine tells. A live window moves on by whole segments and the live edge by whole parts,
 * so that a bar drawn from them would tremble: here the right end is live, the left one stays where the window
 * always reaches, and a playhead that keeps its distance stands still.
 */
import type { Place } from './place.ts';

/** What a bar shows. Shares are of its width, from its left. */
export interface SeekView {
  /** Seconds from the left end to the right one. */
  readonly spanS: number;
  /** Whole seconds behind live, or before the end of what is over. */
  readonly behindS: number;
  readonly playedShare: number;
  /** Where what is buffered ahead ends. */
  readonly bufferedShare: number;
  readonly isLive: boolean;
}

/** Looks remembered at most; of long segments a shorter while is. */
const MOST_LOOKS = 200;
/** Target durations over which the window is watched: one in which it moves, and one to spare. */
const WATCHED_STEPS = 2;
/** More than this, in seconds, off what was to be expected is a seek and no tremble. */
const SEEK_S = 0.75;
/** How much of a smaller difference is taken over at each look. */
const TAKEN = 0.2;
/** How far the distance must have moved, in seconds, before another number is shown. */
const NEXT_NUMBER_S = 0.7;

/** See the top of the file. One for each playback. */
export class SeekScale {
  #spans: { readonly atS: number; readonly earliestS: number; readonly spanS: number }[] = [];
  #behindS: number | null = null;
  #shownS = 0;
  #lookedAtS = 0;

  /** `nowS` is the caller's monotonic clock; `isAtLive` pins the playhead to the right end. */
  look(nowS: number, place: Place, isAtLive: boolean): SeekView {
    const { latestS, bufferedToS, isLive } = place;
    const spanS = this.#span(nowS, place);
    const behindS = isAtLive ? 0 : this.#steady(nowS, place);
    this.#lookedAtS = nowS;
    this.#behindS = behindS;
    if (Math.abs(behindS - this.#shownS) > NEXT_NUMBER_S) this.#shownS = Math.round(behindS);
    const playedShare = shareOf(behindS, spanS);
    const bufferedShare = Math.max(playedShare, shareOf(latestS - bufferedToS, spanS));
    return { spanS, behindS: this.#shownS, playedShare, bufferedShare, isLive };
  }

  /** The least that a window that moves reached back lately: it does so until the next segment leaves. */
  #span(nowS: number, { latestS, earliestS, stepS, isLive }: Place): number {
    const spanS = Math.max(0, latestS - earliestS);
    const sinceS = nowS - WATCHED_STEPS * stepS;
    const recent = this.#spans.filter(({ atS }) => atS > sinceS).slice(1 - MOST_LOOKS);
    this.#spans = isLive ? [...recent, { atS: nowS, earliestS, spanS }] : [];
    const isMoving = this.#spans.some((look) => look.earliestS !== earliestS);
    return isMoving ? Math.min(...this.#spans.map((look) => look.spanS)) : spanS;
  }

  #steady(nowS: number, { latestS, positionS, rate, isLive }: Place): number {
    const measuredS = Math.max(0, latestS - positionS);
    if (this.#behindS === null) return measuredS;
    const driftS = ((isLive ? 1 : 0) - rate) * (nowS - this.#lookedAtS);
    const expectedS = this.#behindS + driftS;
    const offS = measuredS - expectedS;
    return Math.abs(offS) > SEEK_S ? measuredS : expectedS + offS * TAKEN;
  }
}

/** How far behind live, in seconds, a place on the bar is. */
export function behindAt(share: number, { spanS }: Pick<SeekView, 'spanS'>): number {
  return (1 - Math.min(1, Math.max(0, share))) * spanS;
}

function shareOf(behindS: number, spanS: number): number {
  return spanS > 0 ? Math.min(1, Math.max(0, 1 - behindS / spanS)) : 1;
}
