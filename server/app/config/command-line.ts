import { flagOf, SETTING_NAMES, SETTINGS, type SettingName } from './settings.ts';

/** What the command line says. */
export interface CommandLine {
  /** Values as written, by setting. */
  readonly values: ReadonlyMap<SettingName, string>;
  readonly wantsHelp: boolean;
  readonly wantsVersion: boolean;
  /** What could not be understood, a sentence each. */
  readonly problems: readonly string[];
}

const NAME_BY_FLAG: ReadonlyMap<string, SettingName> = new Map(
  SETTING_NAMES.map((name) => [flagOf(name), name]),
);
const HELP = ['--help', '-h'];
const VERSION = ['--version', '-v'];
/** A mistyped flag is at most so many letters away from the one that was meant. */
const SUGGESTION_DISTANCE = 3;

/** Reads `--name value`, `--name=value`, and for switches `--name` and `--no-name`. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const values = new Map<SettingName, string>();
  const problems: string[] = [];
  let wantsHelp = false;
  let wantsVersion = false;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (HELP.includes(arg)) {
      wantsHelp = true;
      continue;
    }
    if (VERSION.includes(arg)) {
      wantsVersion = true;
      continue;
    }
    const mark = arg.indexOf('=');
    const flag = mark < 0 ? arg : arg.slice(0, mark);
    const switchedOff = mark < 0 ? nameOfSwitchedOff(flag) : undefined;
    if (switchedOff !== undefined) {
      values.set(switchedOff, '0');
      continue;
    }
    const name = NAME_BY_FLAG.get(flag);
    if (name === undefined) {
      problems.push(unknownArgument(flag));
      // Its value, if it has one, is no mistake of its own.
      if (mark < 0 && flag.startsWith('-') && isValue(args[index + 1])) index++;
    } else if (mark >= 0) {
      values.set(name, arg.slice(mark + 1));
    } else if (isValue(args[index + 1])) {
      values.set(name, args[++index] ?? '');
    } else if (SETTINGS[name].kind.isSwitch) {
      values.set(name, '1');
    } else {
      problems.push(`${flag} needs a value: ${SETTINGS[name].kind.allowed}`);
    }
  }
  return { values, wantsHelp, wantsVersion, problems };
}

function isValue(arg: string | undefined): boolean {
  return arg !== undefined && !/^--?[a-z]/i.test(arg);
}

function nameOfSwitchedOff(flag: string): SettingName | undefined {
  if (!flag.startsWith('--no-')) return undefined;
  const name = NAME_BY_FLAG.get(`--${flag.slice('--no-'.length)}`);
  return name !== undefined && SETTINGS[name].kind.isSwitch ? name : undefined;
}

function unknownArgument(flag: string): string {
  if (!flag.startsWith('-')) {
    return `${JSON.stringify(flag)} is not understood: settings are given as --name value`;
  }
  const known = [...NAME_BY_FLAG.keys(), '--help', '--version'];
  const nearest = known
    .map((candidate) => ({ candidate, distance: editDistance(flag, candidate) }))
    .sort((left, right) => left.distance - right.distance)[0];
  const hint =
    nearest !== undefined && nearest.distance <= SUGGESTION_DISTANCE
      ? `did you mean ${nearest.candidate}?`
      : '--help lists all';
  return `${flag} is no flag: ${hint}`;
}

/** Letters to insert, remove or replace to make one text of the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
