/** What the normaliser had to do to a sample's time. */
export type RepairReason =
  /** A stamp far from its neighbours was replaced by the time expected there. */
  | 'wild_restamped'
  /** The source went on elsewhere by more than 5 s; joined behind a discontinuity. */
  | 'jump_joined'
  /** The source went back by 1 to 5 s and stayed there; joined without a discontinuity. */
  | 'step_back_joined'
  /** The source left out 1 to 5 s; the hole is kept, so that the tracks stay together. */
  | 'gap_kept'
  /** A track took over the timeline that the other one had moved to. */
  | 'track_followed'
  /** A video stamp not after the one before it became one tick more than it. */
  | 'backwards_clamped'
  /** Late stamps lasted, so both tracks were moved on together. */
  | 'timeline_slid'
  /** Missing audio frames: the count went on by whole frames. */
  | 'audio_gap'
  /** An audio stamp more than the tolerance before the end of the frame before it. */
  | 'audio_overlap'
  /** A frame to be shown before it is decoded (NVENC, encoders without a composition delay). */
  | 'negative_offset'
  /** A composition offset that no encoder's delay explains was replaced by the one before it. */
  | 'wild_offset'
  /** A rung's sample that lies beside nothing of the leading video was left out. */
  | 'rung_sample_dropped';

/** Counts repairs by reason. */
export class Repairs {
  readonly #counts = new Map<RepairReason, number>();

  /** The counts so far; a reason that never occurred is absent. */
  get counts(): ReadonlyMap<RepairReason, number> {
    return this.#counts;
  }

  /** One more repair for `reason`. */
  add(reason: RepairReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }
}
