/** The settings of a server that runs: what a reload may change of them, and what it may not. */
import { isDeepStrictEqual } from 'node:util';
import type { Configuration, RunRequest, WrittenSettings } from './configuration.ts';
import { SETTING_EFFECTS, type SettingEffect } from './setting-effect.ts';
import { SETTING_NAMES, SETTINGS, type SettingName } from './settings.ts';

/** What a reload comes to. */
export interface SettingChanges {
  /** The settings as they are from now on. */
  readonly after: Configuration;
  /** Changed and counting. */
  readonly applied: readonly SettingName[];
  /** Changed, and as they were until the server is started again. */
  readonly needRestart: readonly SettingName[];
}

/** One setting as it may be shown to whoever runs the server. */
export interface SettingView {
  readonly name: SettingName;
  /** As it would be written; without what is secret in it. Null: it has none. */
  readonly value: string | null;
  /** Who said so. */
  readonly source: 'flag' | 'environment' | 'file' | 'default';
  /** When a change of it counts. */
  readonly takesEffect: SettingEffect;
  /** It was changed, and the server has not been started again since. */
  readonly awaitsRestart: boolean;
}

/** Shown for a secret that is set. */
const HIDDEN = '[hidden]';

/** See the top of the file. */
export class RunningSettings {
  #current: Configuration;
  #written: WrittenSettings;
  #awaiting: readonly SettingName[] = [];

  constructor({ configuration, written }: RunRequest) {
    this.#current = configuration;
    this.#written = written;
  }

  /** What counts now. */
  get current(): Configuration {
    return this.#current;
  }

  /** What would become of these settings; changes nothing. */
  compare({ configuration: next }: RunRequest): SettingChanges {
    const changed = SETTING_NAMES.filter(
      (name) => !isDeepStrictEqual(next[name], this.#current[name]),
    );
    const applied = changed.filter((name) => this.#isReloadable(name, next));
    const entries = applied.map((name) => [name, next[name]]);
    return {
      after: { ...this.#current, ...Object.fromEntries(entries) },
      applied,
      needRestart: changed.filter((name) => !applied.includes(name)),
    };
  }

  /** Takes over what `compare` found. */
  take({ after, needRestart }: SettingChanges, { written }: RunRequest): void {
    this.#current = after;
    this.#awaiting = needRestart;
    const old = this.#written;
    this.#written = new Map(
      SETTING_NAMES.flatMap((name) => {
        const entry = (needRestart.includes(name) ? old : written).get(name);
        return entry === undefined ? [] : [[name, entry]];
      }),
    );
  }

  /** Every setting, without secrets. */
  view(): readonly SettingView[] {
    return SETTING_NAMES.map((name) => ({
      name,
      value: this.#shown(name),
      source: this.#written.get(name)?.source ?? 'default',
      takesEffect: SETTING_EFFECTS[name],
      awaitsRestart: this.#awaiting.includes(name),
    }));
  }

  #shown(name: SettingName): string | null {
    const value = this.#current[name];
    if (value === undefined) return null;
    const { kind, fallback } = SETTINGS[name];
    if (kind.isSecret) return HIDDEN;
    const plain = typeof value === 'boolean' ? String(Number(value)) : String(value);
    return this.#written.get(name)?.text ?? fallback ?? plain;
  }

  #isReloadable(name: SettingName, next: Configuration): boolean {
    // A port that speaks plain HTTP does not begin to speak TLS, nor the other way round.
    const isTls = name === 'TLS_CERT' || name === 'TLS_KEY';
    if (isTls && (next[name] === undefined || this.#current[name] === undefined)) return false;
    return SETTING_EFFECTS[name] !== 'restart';
  }
}
