/** Looks at every broadcast again and again, and tells their owners when something is wrong. */
import type { HealthChange, HealthCode, HealthFinding } from '../../../contract/index.ts';
import type { Cancel, Clock } from '../../base/index.ts';
import type { Broadcast, OnAir } from '../../live/index.ts';
import { findingsOf, type Look, SPAN_MS } from './findings.ts';
import { HealthLedger } from './health-ledger.ts';

const LOOK_MS = 1_000;

/** What the watch works with. */
export interface HealthWatchSettings {
  readonly onAir: OnAir;
  readonly clock: Clock;
  /** Whether the stream's encoder is lost, which its owner is told in another way. */
  readonly isWaiting: (streamId: string) => boolean;
  readonly changed: (broadcast: Broadcast, change: HealthChange) => void;
}

interface Watched {
  readonly ledger: HealthLedger;
  looks: readonly Look[];
  isSilent: boolean;
}

/** See the top of the file. */
export class HealthWatch {
  readonly #settings: HealthWatchSettings;
  readonly #watched = new Map<Broadcast, Watched>();
  #cancelLook: Cancel | undefined;
  /** Qualities of a broadcast that were to be made and are not. */
  missingQualities: (broadcast: Broadcast) => readonly string[] = () => [];

  constructor(settings: HealthWatchSettings) {
    this.#settings = settings;
  }

  /** Looks from now on. */
  start(): void {
    this.#cancelLook = this.#settings.clock.after(LOOK_MS, () => {
      this.look();
      this.start();
    });
  }

  /** What is wrong with the broadcast of a stream that is on air; nothing when none is. */
  readonly findingsOf = (streamId: string): readonly HealthFinding[] => {
    const broadcast = this.#settings.onAir.live(streamId);
    if (broadcast === undefined) return [];
    return this.#watched.get(broadcast)?.ledger.findings ?? [];
  };

  /** How many findings of each kind are raised now. */
  get tally(): ReadonlyMap<HealthCode, number> {
    const counts = new Map<HealthCode, number>();
    for (const { ledger } of this.#watched.values()) {
      for (const { code } of ledger.findings) counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    return counts;
  }

  /** Looks at all that is on air. */
  look(): void {
    const { onAir, clock, changed } = this.#settings;
    const [atMs, epochMs] = [clock.monotonicMs(), clock.epochMs()];
    for (const broadcast of onAir.all()) {
      if (broadcast.endedAtMs !== undefined) continue;
      const watched = this.#watchedOf(broadcast);
      this.#see(broadcast, watched, atMs);
      const findings = findingsOf(watched.looks);
      for (const change of watched.ledger.take(findings, atMs, epochMs)) changed(broadcast, change);
      const isSilent = findings.has('source_silent');
      // A silence that was told of is not told of again as slowness.
      if (watched.isSilent && !isSilent) watched.looks = watched.looks.slice(-1);
      watched.isSilent = isSilent;
    }
    for (const broadcast of this.#watched.keys()) {
      if (broadcast.endedAtMs !== undefined) this.#end(broadcast);
    }
  }

  /** Looks no more; nothing is on air any more. */
  close(): void {
    this.#cancelLook?.();
    for (const broadcast of this.#watched.keys()) this.#end(broadcast);
  }

  #watchedOf(broadcast: Broadcast): Watched {
    const known = this.#watched.get(broadcast);
    if (known !== undefined) return known;
    const made: Watched = { ledger: new HealthLedger(), looks: [], isSilent: false };
    this.#watched.set(broadcast, made);
    return made;
  }

  /** The broadcast is over, and nothing is wrong with it any more. */
  #end(broadcast: Broadcast): void {
    const watched = this.#watched.get(broadcast);
    this.#watched.delete(broadcast);
    for (const change of watched?.ledger.end() ?? []) this.#settings.changed(broadcast, change);
  }

  #see(broadcast: Broadcast, watched: Watched, atMs: number): void {
    const { isWaiting } = this.#settings;
    const { renditions } = broadcast.presentation;
    const look: Look = {
      atMs,
      videoS: renditions.get('video')?.takenS,
      audioS: renditions.get('audio')?.takenS,
      missingQualities: this.missingQualities(broadcast),
      advice: broadcast.advice,
    };
    // Time without an encoder must not count as its slowness afterwards.
    const before = isWaiting(broadcast.streamId) ? [] : watched.looks;
    watched.looks = [...before.filter((each) => atMs - each.atMs <= SPAN_MS), look];
  }
}
