/** What commands take: how each is typed, and what is read. */
import type { CommandLine } from './command-line.ts';

/** One argument. */
export interface Argument<Value> {
  /** As help shows it: `<name>`, or `[reason]` when it may be left out. */
  readonly usage: string;
  /** Reads it; an Error says in words what is wrong. */
  readonly read: (line: CommandLine) => Value | Error;
}

const DURATION =
  /^(\d{1,9})(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?)?$/i;
/** What is meant as a time and is none, so that it is no word of what comes next. */
const NO_DURATION = /^(?:[-+]\d|\d+[.,]\d)/;
const SECONDS_PER_UNIT: Readonly<Record<string, number>> = {
  ...{ s: 1, m: 60, h: 3_600 },
  ...{ d: 86_400, w: 604_800 },
};

/** Somebody, by a name or an id, with or without `@`. A name with spaces stands in quotes. */
export function person(): Argument<string> {
  return {
    usage: '<name>',
    read: (line) => line.take()?.replace(/^@/, '') || new Error('the name is missing'),
  };
}

/** One word; undefined when it is left out. */
export function optionalWord(name: string): Argument<string | undefined> {
  return { usage: `[${name}]`, read: (line) => line.take() };
}

/** One word. */
export function word(name: string): Argument<string> {
  return {
    usage: `<${name}>`,
    read: (line) => line.take() ?? new Error(`the ${name} is missing`),
  };
}

/** All that is left; it must not be empty. `called`: what is missing then, unless that is `name`. */
export function text(name: string, called = name): Argument<string> {
  return {
    usage: `<${name}>`,
    read: (line) => line.rest() || new Error(`the ${called} is missing`),
  };
}

/** All that is left; empty when there is nothing. */
export function optionalText(name: string): Argument<string> {
  return { usage: `[${name}]`, read: (line) => line.rest() };
}

/**
 * A time in seconds, or with a unit: `90`, `10m`, `2h`, `1d`. Words are left for the next argument,
 * and `otherwise` stands for them; a number below zero or with a fraction is refused.
 */
export function optionalSeconds(range: {
  readonly min: number;
  readonly max: number;
  readonly otherwise: number;
}): Argument<number> {
  return {
    usage: '[seconds]',
    read: (line) => {
      const next = line.peek() ?? '';
      const seconds = secondsIn(next, 's');
      if (seconds === undefined) return NO_DURATION.test(next) ? noTime(next) : range.otherwise;
      line.take();
      return within(seconds, range, 'seconds');
    },
  };
}

/** A whole number of minutes, or a time with a unit. */
export function optionalMinutes(range: {
  readonly min: number;
  readonly max: number;
  readonly otherwise: number;
}): Argument<number> {
  return {
    usage: '[minutes]',
    read: (line) => {
      const typed = line.take();
      if (typed === undefined) return range.otherwise;
      const seconds = secondsIn(typed, 'm');
      if (seconds === undefined) return noTime(typed);
      return within(Math.floor(seconds / 60), range, 'minutes');
    },
  };
}

/** `on` or `off`; on when it is left out. */
export function onOff(): Argument<boolean> {
  return {
    usage: '[on|off]',
    read: (line) => {
      const typed = (line.take() ?? 'on').toLowerCase();
      return typed === 'on' || typed === 'off'
        ? typed === 'on'
        : new Error(`${JSON.stringify(typed)} is neither on nor off`);
    },
  };
}

/** How long `word` says, a number alone in `unit`; undefined: it is no time. */
function secondsIn(word: string, unit: 's' | 'm'): number | undefined {
  const [, count, own = unit] = DURATION.exec(word) ?? [];
  return count === undefined
    ? undefined
    : Number(count) * (SECONDS_PER_UNIT[own.charAt(0).toLowerCase()] ?? 1);
}

function noTime(typed: string): Error {
  return new Error(`${JSON.stringify(typed)} is no time`);
}

function within(
  value: number,
  { min, max }: { readonly min: number; readonly max: number },
  unit: string,
): number | Error {
  return value >= min && value <= max ? value : new Error(`it must be ${min} to ${max} ${unit}`);
}
