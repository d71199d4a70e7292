/**
 * Decides when an encoder is started, replaced, made cheaper and given up. Knows no process, no
 * pipe and no clock: it is told what happened and when, and says what is to be done.
 *
 *   stopped ---- start, or ladder -----------------> running
 *   running ---- exit -----------------------------> waiting -- 0, 1, 2, 4 ... 30 s --> running
 *   running ---- nothing came out for two targets -> running, killed: its exit is on its way
 *   running ---- too slow -------------------------> running, without the costliest rung
 *                                                    resting, when that was the last one
 *   running, resting -- there was room ------------> running, with one rung more
 *   any -------- 6th crash in 10 minutes ----------> passthrough -- reset --> waiting, for nothing
 *   any -------- stop -----------------------------> stopped
 *
 * I1 `launch` is asked for only while no encoder runs, `replace` and `kill` only while one does.
 * I2 At most `MAX_CRASHES` restarts after a crash are asked for in any `CRASH_WINDOW_MS` of a source.
 * I3 Rungs are shed from the costliest on; what runs is always the cheaper end of the ladder.
 */
import { assert } from '../../base/index.ts';
import { type LagReading, LagWindow } from './lag-window.ts';

/** Crashes that are put up with in `CRASH_WINDOW_MS`; with one more the encoder is given up. */
export const MAX_CRASHES = 5;
/** See `MAX_CRASHES`. */
export const CRASH_WINDOW_MS = 600_000;
/** The longest wait before a restart. */
export const LONGEST_BACKOFF_MS = 30_000;
/** After a run of this length a crash counts as the first again: the restart is at once. */
export const HEALTHY_RUN_MS = 30_000;
/** How long the rest of the ladder has to run with ease before a shed rung is tried again. */
export const FIRST_GIVE_BACK_MS = 60_000;
/** A rung that was shed again and again is tried this seldom. */
export const LONGEST_GIVE_BACK_MS = 1_920_000;
/** Input in seconds that has to come before silence is called a hang: a frame or two may be held. */
const HANG_INPUT_S = 0.5;

/** How long the first output may take on a busy machine, where two target durations are less. */
const START_PATIENCE_MS = 8_000;
/** An encoder that says nothing for this long stands still: whether it is slow cannot be told. */
const STANDSTILL_MS = 1_000;

/** Where the supervisor is; see the top of the file. */
export type SupervisorState = 'stopped' | 'running' | 'waiting' | 'resting' | 'passthrough';

/** Why an encoder was started anew. */
export type RestartReason = 'crash' | 'hang' | 'shed' | 'give_back';

/** What is to be done. `rungs` are those to be encoded, costliest first. */
export type SupervisorAction =
  /** With `give_back` after a rest: the machine had become too busy for any. */
  | { readonly type: 'launch'; readonly rungs: readonly string[]; readonly reason?: 'give_back' }
  /** At the next keyframe another encoder takes over; with no rungs, none does. */
  | { readonly type: 'replace'; readonly rungs: readonly string[]; readonly reason: RestartReason }
  /** The encoder hangs: end it by force. */
  | { readonly type: 'kill' }
  /** The encoder is given up; viewers are left with the source. */
  | { readonly type: 'give_up' };

/** See the top of the file. */
export class Supervisor {
  readonly #hangMs: number;
  readonly #window = new LagWindow();
  #state: SupervisorState = 'stopped';
  #ladder: readonly string[] = [];
  #shedCount = 0;
  /** How long it has to go well before a rung comes back. */
  #giveBackMs = FIRST_GIVE_BACK_MS;
  #gaveBack = false;
  #easySinceMs = 0;
  #launchedMs = 0;
  #dueMs = 0;
  #crashes: number[] = [];
  #failures = 0;
  #isHanging = false;
  #inputS = 0;
  /** When and at what media time the first input came that nothing has come out after. */
  #owed: { readonly sinceMs: number; readonly fromS: number } | undefined;
  #outputsS = new Map<string, number>();
  readonly #restarts = new Map<RestartReason, number>();

  /** `targetDuration` in seconds: nothing coming out for two of them is a hang. */
  constructor(targetDuration: number) {
    this.#hangMs = 2 * targetDuration * 1_000;
  }

  get state(): SupervisorState {
    return this.#state;
  }

  /** Rungs that are encoded or would be, costliest first. */
  get rungs(): readonly string[] {
    return this.#ladder.slice(this.#shedCount);
  }

  /** Rungs that the machine was too slow for, costliest first. */
  get shed(): readonly string[] {
    return this.#ladder.slice(0, this.#shedCount);
  }

  /** Rungs that are not made now, be it that the machine is too slow or that the encoder fails. */
  get missing(): readonly string[] {
    const isMaking = this.#state === 'running' || this.#state === 'stopped';
    return isMaking ? this.shed : this.#ladder;
  }

  /** How often an encoder was started anew, by reason. */
  get restarts(): ReadonlyMap<RestartReason, number> {
    return this.#restarts;
  }

  /** How far the slowest rung is behind, and how fast it goes. */
  reading(nowMs: number): LagReading {
    return this.#window.reading(nowMs);
  }

  /** An encoder is wanted for `ladder`, costliest first. */
  start(nowMs: number, ladder: readonly string[]): readonly SupervisorAction[] {
    assert(this.#state === 'stopped', 'a supervisor that is on is not started');
    this.#state = 'waiting';
    return this.ladder(nowMs, ladder);
  }

  /**
   * The source became another: what was shed of the ladder before says nothing of this one. The
   * owner replaces a running encoder by itself.
   */
  ladder(nowMs: number, ladder: readonly string[]): readonly SupervisorAction[] {
    this.#ladder = ladder;
    this.#shedCount = 0;
    this.#giveBackMs = FIRST_GIVE_BACK_MS;
    this.#gaveBack = false;
    if (this.#state === 'resting') this.#state = 'waiting';
    if (this.#state === 'waiting' && nowMs >= this.#dueMs) return [this.#launch(nowMs)];
    if (this.#state === 'running') this.began(nowMs);
    return [];
  }

  /** Another encoder runs from now on, or none until the source goes on. */
  began(nowMs: number): void {
    this.#launchedMs = nowMs;
    this.#easySinceMs = nowMs;
    this.#isHanging = false;
    this.#owed = undefined;
    this.#outputsS = new Map();
    this.#window.clear();
  }

  /** No encoder is wanted any more. */
  stop(): void {
    this.#state = 'stopped';
    this.#dueMs = 0;
  }

  /** The source was sent up to `mediaS` seconds to the encoder, or would have been if it kept up. */
  input(nowMs: number, mediaS: number): void {
    if (this.#state !== 'running') return;
    this.#inputS = mediaS;
    this.#owed ??= { sinceMs: nowMs, fromS: mediaS };
  }

  /**
   * Rung `rung` of the encoder that runs came out up to `mediaS` seconds; undefined: a sign of life
   * of one that makes no rungs.
   */
  output(rung: string | undefined, mediaS: number): void {
    if (this.#state !== 'running') return;
    if (rung !== undefined) {
      if (!this.rungs.includes(rung)) return;
      this.#outputsS.set(rung, mediaS);
    }
    // Rungs of one encoder go together; one that is stuck will hold up the others.
    this.#owed = undefined;
  }

  /** The encoder that runs has ended without having been told to. */
  exit(nowMs: number): readonly SupervisorAction[] {
    if (this.#state !== 'running') return [];
    this.#count(this.#isHanging ? 'hang' : 'crash');
    this.#crashes = this.#crashes.filter((atMs) => nowMs - atMs < CRASH_WINDOW_MS);
    this.#crashes.push(nowMs);
    if (this.#crashes.length > MAX_CRASHES) {
      this.#state = 'passthrough';
      return [{ type: 'give_up' }];
    }
    if (nowMs - this.#launchedMs >= HEALTHY_RUN_MS) this.#failures = 0;
    this.#state = 'waiting';
    this.#dueMs = nowMs + backoffMs(this.#failures);
    this.#failures += 1;
    return this.tick(nowMs);
  }

  /** Time passes; to be called about twice a second. */
  tick(nowMs: number): readonly SupervisorAction[] {
    if (this.#state === 'waiting' && nowMs >= this.#dueMs) return [this.#launch(nowMs)];
    if (this.#state === 'resting') return this.#giveBack(nowMs);
    if (this.#state !== 'running' || this.#isHanging) return [];
    if (this.#hangs(nowMs)) {
      this.#isHanging = true;
      return [{ type: 'kill' }];
    }
    return this.#judge(nowMs);
  }

  /** Another source begins: what crashed on the one before says nothing of this one. */
  reset(): void {
    this.#crashes = [];
    this.#failures = 0;
    this.#dueMs = 0;
    if (this.#state === 'passthrough') this.#state = 'waiting';
  }

  #launch(nowMs: number): SupervisorAction & { readonly type: 'launch' } {
    this.#state = 'running';
    this.began(nowMs);
    return { type: 'launch', rungs: this.rungs };
  }

  #hangs(nowMs: number): boolean {
    const owed = this.#owed;
    if (owed === undefined) return false;
    const hasStarted = this.#outputsS.size > 0;
    const patienceMs = hasStarted ? this.#hangMs : Math.max(this.#hangMs, START_PATIENCE_MS);
    if (nowMs - owed.sinceMs < patienceMs) return false;
    return this.#inputS - owed.fromS >= HANG_INPUT_S;
  }

  #judge(nowMs: number): readonly SupervisorAction[] {
    if (this.#outputsS.size === 0) return [];
    if (this.#owed !== undefined && nowMs - this.#owed.sinceMs >= STANDSTILL_MS) {
      this.#window.clear();
      this.#easySinceMs = nowMs;
      return [];
    }
    this.#window.add({
      nowMs,
      inputS: this.#inputS,
      outputS: Math.min(...this.#outputsS.values()),
    });
    if (this.#window.isSlow(nowMs)) return this.#shedOne(nowMs);
    if (!this.#window.isEasy) this.#easySinceMs = nowMs;
    return this.#shedCount > 0 ? this.#giveBack(nowMs) : [];
  }

  #shedOne(nowMs: number): readonly SupervisorAction[] {
    if (this.#gaveBack) this.#giveBackMs = Math.min(2 * this.#giveBackMs, LONGEST_GIVE_BACK_MS);
    this.#gaveBack = false;
    this.#shedCount += 1;
    this.#count('shed');
    if (this.rungs.length === 0) this.#state = 'resting';
    this.began(nowMs);
    return [{ type: 'replace', rungs: this.rungs, reason: 'shed' }];
  }

  #giveBack(nowMs: number): readonly SupervisorAction[] {
    if (nowMs - this.#easySinceMs < this.#giveBackMs) return [];
    this.#gaveBack = true;
    this.#shedCount -= 1;
    this.#count('give_back');
    const reason = 'give_back';
    if (this.#state === 'resting') return [{ ...this.#launch(nowMs), reason }];
    this.began(nowMs);
    return [{ type: 'replace', rungs: this.rungs, reason }];
  }

  #count(reason: RestartReason): void {
    this.#restarts.set(reason, (this.#restarts.get(reason) ?? 0) + 1);
  }
}

/** 0, 1, 2, 4 ... seconds: what failed once after a good run is tried again at once. */
function backoffMs(failures: number): number {
  if (failures === 0) return 0;
  return Math.min(1_000 * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
}
