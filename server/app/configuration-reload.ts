/** Reads the settings anew while the server runs, and lets count what can: all of it or nothing. */
import type { Log } from '../base/index.ts';
import {
  type Asked,
  type Configuration,
  RunningSettings,
  type RunRequest,
  type SettingChanges,
  type SettingName,
  type SettingView,
} from './config/index.ts';
import { readTlsFiles, TlsFilesError } from './tls-files.ts';

/** Contents of TLS_CERT and TLS_KEY. */
type TlsPair = Awaited<ReturnType<typeof readTlsFiles>>;

/** What a reload came to. */
export type ReloadOutcome =
  | {
      readonly kind: 'reloaded';
      /** Changed and counting. */
      readonly applied: readonly SettingName[];
      /** Changed, and as they were until the server is started again. */
      readonly needRestart: readonly SettingName[];
      /** Whether TLS_CERT and TLS_KEY were read; new connections get what is in them. */
      readonly isCertificateRead: boolean;
    }
  /** Everything is as it was; a sentence for each reason, without secrets. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/** Whatever of the running server has to be told; the rest asks for the settings of the moment. */
export interface ReloadTarget {
  /** Called with settings that are all usable; it must not fail. */
  configured(configuration: Configuration): void;
  /** New connections are to be shown this certificate. */
  renewTls(pair: TlsPair): void;
}

/** What it needs of the process. */
export interface ReloadSettings {
  /** What the server was started with. */
  readonly started: RunRequest;
  /** Reads all settings again. */
  readonly read: () => Promise<Asked>;
  readonly log: Log;
}

/** See the top of the file. */
export class ConfigurationReload {
  readonly #settings: ReloadSettings;
  readonly #running: RunningSettings;
  /** One reload at a time: each compares with what the one before has left. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(settings: ReloadSettings) {
    this.#settings = settings;
    this.#running = new RunningSettings(settings.started);
  }

  /** What counts now. */
  get current(): Configuration {
    return this.#running.current;
  }

  /** Every setting, without secrets. */
  view(): readonly SettingView[] {
    return this.#running.view();
  }

  /** Reads everything again, and tells `target` and the log what came of it. */
  reload(target: ReloadTarget): Promise<ReloadOutcome> {
    const outcome = this.#last.then(() => this.#reload(target));
    this.#last = outcome.catch(() => {});
    return outcome;
  }

  async #reload(target: ReloadTarget): Promise<ReloadOutcome> {
    const { log, read } = this.#settings;
    let asked: Asked;
    let pair: TlsPair | undefined;
    let changes: SettingChanges;
    try {
      asked = await read();
      if (asked.kind !== 'run') {
        return this.#refuse(asked.kind === 'problems' ? asked.problems : []);
      }
      changes = this.#running.compare(asked);
      pair = await readCertificate(changes.after);
    } catch (error) {
      // A file of TLS, or .env itself, that cannot be read.
      if (error instanceof TlsFilesError || (error instanceof Error && 'syscall' in error)) {
        return this.#refuse([error.message]);
      }
      throw error;
    }
    this.#apply(target, { asked, changes, pair });
    const { applied, needRestart } = changes;
    const isCertificateRead = pair !== undefined;
    log.info({ applied, needRestart, isCertificateRead }, 'configuration reloaded');
    return { kind: 'reloaded', applied, needRestart, isCertificateRead };
  }

  #apply(
    target: ReloadTarget,
    result: {
      readonly asked: RunRequest;
      readonly changes: SettingChanges;
      readonly pair: TlsPair | undefined;
    },
  ): void {
    const { asked, changes, pair } = result;
    if (pair !== undefined) target.renewTls(pair);
    this.#running.take(changes, asked);
    target.configured(changes.after);
  }

  #refuse(problems: readonly string[]): ReloadOutcome {
    this.#settings.log.error({ problems }, 'configuration not reloaded');
    return { kind: 'refused', problems };
  }
}

async function readCertificate({ TLS_CERT, TLS_KEY }: Configuration): Promise<TlsPair | undefined> {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return undefined;
  return readTlsFiles({ cert: TLS_CERT, key: TLS_KEY });
}
