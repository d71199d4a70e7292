/** What is told to be wrong with one broadcast: nothing is raised by a blink, nor cleared by one. */
import type { HealthChange, HealthCode, HealthFinding } from '../../../contract/index.ts';
import type { Findings } from './findings.ts';

/** A finding is raised when it has lasted so long, and cleared when it has been gone so long. */
const RAISE_MS = 2_000;
const CLEAR_MS = 10_000;

interface Entry {
  detail: string;
  /** Monotonic milliseconds. */
  readonly sinceMs: number;
  seenMs: number;
  /** Once it is raised. */
  raised: HealthFinding | undefined;
}

/** See the top of the file. */
export class HealthLedger {
  readonly #entries = new Map<HealthCode, Entry>();

  /** What is raised now. */
  get findings(): readonly HealthFinding[] {
    return [...this.#entries.values()].flatMap(({ raised }) => raised ?? []);
  }

  /** Takes what a look at `atMs` (monotonic) and `epochMs` found. */
  take(findings: Findings, atMs: number, epochMs: number): readonly HealthChange[] {
    const changes: HealthChange[] = [];
    for (const [code, detail] of findings) {
      const entry = this.#entries.get(code) ?? {
        detail,
        sinceMs: atMs,
        seenMs: atMs,
        raised: undefined,
      };
      this.#entries.set(code, entry);
      entry.seenMs = atMs;
      entry.detail = detail;
      if (entry.raised !== undefined || atMs - entry.sinceMs < RAISE_MS) continue;
      const since = new Date(epochMs - (atMs - entry.sinceMs)).toISOString();
      entry.raised = { code, detail, since };
      changes.push({ type: 'raised', finding: entry.raised });
    }
    for (const [code, { raised, seenMs }] of this.#entries) {
      if (findings.has(code)) continue;
      // What was not raised yet was a blink.
      if (raised !== undefined && atMs - seenMs < CLEAR_MS) continue;
      this.#entries.delete(code);
      if (raised !== undefined) changes.push({ type: 'cleared', finding: raised });
    }
    return changes;
  }

  /** Clears everything: the broadcast is over. */
  end(): readonly HealthChange[] {
    const { findings } = this;
    this.#entries.clear();
    return findings.map((finding) => ({ type: 'cleared' as const, finding }));
  }
}
