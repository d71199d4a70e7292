import { parseEnv } from 'node:util';
import { readCommandLine } from './command-line.ts';
import { flagOf, SETTING_NAMES, SETTINGS, type Setting, type SettingName } from './settings.ts';

type ValueOf<S> =
  S extends Setting<infer T>
    ? S extends { readonly fallback: string }
      ? T
      : T | undefined
    : never;

/** Settings whose default depends on others. */
interface Derived {
  readonly DEMO: boolean;
  readonly LOG_FORMAT: 'json' | 'text';
}

/** Every setting, read and checked. Durations are in seconds. */
export type Configuration = Readonly<
  { [Name in Exclude<SettingName, keyof Derived>]: ValueOf<(typeof SETTINGS)[Name]> } & Derived
>;

/** Where settings come from. A flag goes before the environment, that before the `.env` file. */
export interface Sources {
  /** The command line after the program's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of `.env` in the working directory; undefined when there is none. */
  readonly envFile: string | undefined;
}

/** What to run with. */
export interface RunRequest {
  readonly configuration: Configuration;
  readonly written: WrittenSettings;
}

/** How each setting was written that was given at all. */
export type WrittenSettings = ReadonlyMap<SettingName, Written>;

/** What the server was asked to do. */
export type Asked =
  | ({ readonly kind: 'run' } & RunRequest)
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  /** It cannot start as asked; a sentence for each reason. */
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

/** A setting as somebody wrote it. */
interface Written {
  /** How the person named it: the variable or the flag. */
  readonly as: string;
  readonly source: 'flag' | 'environment' | 'file';
  readonly text: string;
}

/** Reads all settings. Every problem is told at once, not the first one alone. */
export function readConfiguration({ args, env, envFile }: Sources): Asked {
  const line = readCommandLine(args);
  if (line.wantsHelp) return { kind: 'help' };
  if (line.wantsVersion) return { kind: 'version' };
  const file = envFile === undefined ? {} : parseEnv(envFile);
  const problems = [...line.problems];
  const values: Partial<Record<SettingName, unknown>> = {};
  const given = new Map<SettingName, Written>();
  for (const name of SETTING_NAMES) {
    const written = find(name, { flags: line.values, env, file });
    if (written !== undefined) given.set(name, written);
    const setting: Setting<unknown> = SETTINGS[name];
    const text = written?.text ?? setting.fallback;
    if (text === undefined) continue;
    const reading = setting.kind.read(text);
    if ('value' in reading) values[name] = reading.value;
    else
      problems.push(
        misfit({ as: name, ...written, text }, setting.kind.isSecret, reading.mismatch),
      );
  }
  const configuration = complete(values);
  problems.push(...contradictions(configuration));
  return problems.length > 0
    ? { kind: 'problems', problems }
    : { kind: 'run', configuration, written: given };
}

function find(
  name: SettingName,
  sources: {
    readonly flags: ReadonlyMap<SettingName, string>;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly file: Readonly<Record<string, string | undefined>>;
  },
): Written | undefined {
  const flag = sources.flags.get(name);
  if (flag !== undefined) return { as: flagOf(name), source: 'flag', text: flag.trim() };
  // An empty variable is how compose files and shells say "not set".
  const [env, file] = [sources.env[name]?.trim(), sources.file[name]?.trim()];
  if (env !== undefined && env !== '') return { as: name, source: 'environment', text: env };
  if (file !== undefined && file !== '') {
    return { as: `${name} in .env`, source: 'file', text: file };
  }
  return undefined;
}

function misfit(
  { as, text }: Pick<Written, 'as' | 'text'>,
  isSecret: boolean,
  mismatch: string,
): string {
  const found = isSecret ? 'not usable' : JSON.stringify(text);
  return `${as} is ${found}: it must be ${mismatch}`;
}

/** What each setting is when its text could not be read: only the problems are told then. */
function complete(values: Partial<Record<SettingName, unknown>>): Configuration {
  const read = values as Partial<Configuration>;
  const isProduction = read.NODE_ENV === 'production';
  return {
    ...(read as Configuration),
    DEMO: read.DEMO ?? !isProduction,
    LOG_FORMAT: read.LOG_FORMAT ?? (isProduction ? 'json' : 'text'),
  };
}

/** Settings that are right by themselves but not together. */
function contradictions(configuration: Partial<Configuration>): string[] {
  const problems: string[] = [];
  const { TLS_CERT, TLS_KEY, SEGMENT_DURATION, PART_DURATION } = configuration;
  if ((TLS_CERT === undefined) !== (TLS_KEY === undefined)) {
    const [given, missing] = TLS_KEY === undefined ? ['CERT', 'KEY'] : ['KEY', 'CERT'];
    problems.push(`TLS_${given} is set without TLS_${missing}: set both or neither`);
  }
  if (
    PART_DURATION !== undefined &&
    SEGMENT_DURATION !== undefined &&
    PART_DURATION > SEGMENT_DURATION / 2
  ) {
    problems.push(
      `PART_DURATION is ${PART_DURATION}: it must be at most half of SEGMENT_DURATION, ` +
        `which is ${SEGMENT_DURATION}`,
    );
  }
  return [...problems, ...equalPorts(configuration)];
}

function equalPorts(configuration: Partial<Configuration>): string[] {
  const pairs = [
    ['PORT', 'RTMP_PORT'],
    ['PORT', 'IRC_PORT'],
    ['RTMP_PORT', 'IRC_PORT'],
  ] as const;
  return pairs.flatMap(([one, other]) => {
    const port = configuration[one];
    const isSame = port !== undefined && port !== 0 && port === configuration[other];
    return isSame ? [`${one} and ${other} are both ${port}: they must differ`] : [];
  });
}
