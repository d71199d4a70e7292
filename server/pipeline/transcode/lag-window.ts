/** How an encoder keeps up: what went in and came out over the last ten seconds. */

/** How long an encoder has to be slow before anything is done about it. */
export const SLOW_WINDOW_MS = 10_000;
/** Seconds of media that have to come out in a second. */
export const LEAST_SPEED = 0.98;
/** An encoder this many seconds behind, and further than before, is not waited for. */
export const MOST_LAG_S = 1.5;
/** Below it slowness is jitter: output that was early at one end of the window and late at the other. */
const LEAST_SLOW_LAG_S = 0.5;
/** Lag that has not become more for this long does not grow. */
const GROWTH_MS = 2_000;
/** An encoder that is less behind than this has room. */
const EASY_LAG_S = 0.4;
/** More than the looks of one window, whatever the caller's pace. */
const MAX_LOOKS = 128;

/** What has gone in and come out by `nowMs`, in seconds of media. */
interface Look {
  readonly nowMs: number;
  readonly inputS: number;
  readonly outputS: number;
}

/** What there is to say about an encoder's pace. */
export interface LagReading {
  /** Seconds of media made in a second, of those that there were to make; undefined: too early. */
  readonly speed: number | undefined;
  /** Seconds of media that the output is behind the input. */
  readonly lagS: number;
}

/** See the top of the file. Slowness of the source itself is none of the encoder's. */
export class LagWindow {
  #looks: Look[] = [];

  /** Forgets everything: another encoder, or the first input of this one. */
  clear(): void {
    this.#looks = [];
  }

  /** Takes a look; `nowMs` does not go back. */
  add(look: Look): void {
    this.#looks.push(look);
    // One look older than the window is kept, so that the window is covered whole.
    while (
      (this.#looks[1]?.nowMs ?? look.nowMs) <= look.nowMs - SLOW_WINDOW_MS ||
      this.#looks.length > MAX_LOOKS
    ) {
      this.#looks.shift();
    }
  }

  /**
   * Less came out than went in, in either half of the window, or the lag is long and becomes
   * longer. A single standstill lies in one half, and is made up for in the other.
   */
  isSlow(nowMs: number): boolean {
    const { lagS, speed } = this.reading(nowMs);
    if (lagS > MOST_LAG_S && lagS > this.#lagAt(nowMs - GROWTH_MS)) return true;
    if (speed === undefined || lagS <= LEAST_SLOW_LAG_S) return false;
    const middle = this.#looks.find((look) => look.nowMs >= nowMs - SLOW_WINDOW_MS / 2);
    const halves = [speedOf(this.#looks[0], middle), speedOf(middle, this.#looks.at(-1))];
    return halves.every((half) => half !== undefined && half < LEAST_SPEED);
  }

  /** The last look saw hardly any lag. */
  get isEasy(): boolean {
    return lagOf(this.#looks.at(-1)) < EASY_LAG_S;
  }

  /** See `LagReading`. */
  reading(nowMs: number): LagReading {
    const first = this.#looks[0];
    const last = this.#looks.at(-1);
    const lagS = lagOf(last);
    if (first === undefined || nowMs - first.nowMs < SLOW_WINDOW_MS) {
      return { speed: undefined, lagS };
    }
    return { speed: speedOf(first, last), lagS };
  }

  /** The lag of then; endless where it is not known, so that no growth is seen. */
  #lagAt(nowMs: number): number {
    const look = this.#looks.findLast((each) => each.nowMs <= nowMs);
    return look === undefined ? Number.POSITIVE_INFINITY : lagOf(look);
  }
}

function lagOf(look: Look | undefined): number {
  return look === undefined ? 0 : Math.max(0, look.inputS - look.outputS);
}

/** Of the media that there was to make between two looks, how much was made. */
function speedOf(first: Look | undefined, last: Look | undefined): number | undefined {
  if (first === undefined || last === undefined) return undefined;
  // An encoder cannot make what its source did not send, and need not catch up faster than time.
  const thereWasS = Math.min(last.inputS - first.inputS, (last.nowMs - first.nowMs) / 1_000);
  return thereWasS > 0 ? (last.outputS - first.outputS) / thereWasS : undefined;
}
