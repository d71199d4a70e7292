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
/** What stands behind a number that a question begins with, and behind no time: `| …`, `or …`, `+ 2`. */
const GOES_ON = /^(?:[|?!%]|(?:or|vs\.?|versus) |(?:and|to|x|[-+–*×/=<>&]) ?\d)/i;
/** An answer is one line, also on IRC. */
const MAX_QUOTED_LENGTH = 40;
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

/** How long something may be, and how long it is when nothing is said. */
interface TimeRange {
  readonly min: number;
  readonly max: number;
  readonly otherwise: number;
}

/** A time in seconds, or with a unit: `90`, `10m`, `2h`, `1d`. */
export function optionalSeconds(range: TimeRange): Argument<number> {
  return {
    usage: '[seconds]',
    read: (line) => {
      const typed = line.take();
      return typed === undefined ? range.otherwise : secondsOf(typed, range);
    },
  };
}

/**
 * The same in front of words: those are left for the next argument, and `otherwise` stands for them;
 * a number below zero or with a fraction is refused.
 */
export function secondsBeforeWords(range: TimeRange): Argument<number> {
  return {
    usage: '[seconds]',
    read: (line) => {
      const next = line.peek() ?? '';
      if (!DURATION.test(next) && !NO_DURATION.test(next)) return range.otherwise;
      line.take();
      return secondsOf(next, range);
    },
  };
}

/**
 * The same in front of a question, which may itself begin with a number: a time that the question
 * goes on from, as in `10 or 20?`, is its first word, and so is whatever is no whole time, as `1.5`.
 */
export function secondsBeforeQuestion(range: TimeRange): Argument<number> {
  return {
    usage: '[seconds]',
    read: (line) => {
      const next = line.peek() ?? '';
      if (!DURATION.test(next) || GOES_ON.test(line.behindNext())) return range.otherwise;
      line.take();
      return secondsOf(next, range);
    },
  };
}

/** A whole number of minutes, or a time with a unit. */
export function optionalMinutes(range: TimeRange): Argument<number> {
  return {
    usage: '[minutes]',
    read: (line) => {
      const typed = line.take();
      if (typed === undefined) return range.otherwise;
      const minutes = Math.floor((secondsIn(typed, 'm') ?? Number.NaN) / 60);
      return isWithin(minutes, range) ? minutes : untaken(typed, timeText(range, 'minutes'));
    },
  };
}

/** The number of one of a few things, from 1 on. */
export function ordinal(of: string): Argument<number> {
  return {
    usage: '<number>',
    read: (line) => {
      const typed = line.take();
      if (typed === undefined) return new Error('the number is missing');
      return /^[1-9]\d?$/.test(typed)
        ? Number(typed)
        : untaken(typed, `the number of ${of}, such as 1`);
    },
  };
}

/** `on` or `off`; on when it is left out. */
export function onOff(): Argument<boolean> {
  return {
    usage: '[on|off]',
    read: (line) => {
      const typed = (line.take() ?? 'on').toLowerCase();
      return typed === 'on' || typed === 'off' ? typed === 'on' : untaken(typed, 'on or off');
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

function secondsOf(typed: string, range: TimeRange): number | Error {
  const seconds = secondsIn(typed, 's') ?? Number.NaN;
  return isWithin(seconds, range) ? seconds : untaken(typed, timeText(range, 'seconds'));
}

function isWithin(value: number, { min, max }: TimeRange): boolean {
  return value >= min && value <= max;
}

function timeText({ min, max }: TimeRange, unit: string): string {
  return `a time of ${min} to ${max} ${unit}, such as 90 or 10m`;
}

function untaken(typed: string, taken: string): Error {
  return new Error(`it does not take ${quoted(typed)}, but ${taken}`);
}

/** What somebody typed, as an answer repeats it. */
export function quoted(typed: string): string {
  const isLong = typed.length > MAX_QUOTED_LENGTH;
  const shown = isLong ? `${typed.slice(0, MAX_QUOTED_LENGTH).toWellFormed()}…` : typed;
  return JSON.stringify(shown);
}
