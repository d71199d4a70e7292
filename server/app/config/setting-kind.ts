/** What a value may be: how it is written, read and described. */
import { isAddressRange } from '../../channel/index.ts';
import { LadderError, parseLadder, type RungProfile } from '../../pipeline/transcode/index.ts';

/** A value read from text, or why it could not be. */
export type Reading<T> = { readonly value: T } | { readonly mismatch: string };

/** One kind of value. */
export interface SettingKind<T> {
  /** What is allowed, as the end of "must be ...". */
  readonly allowed: string;
  /** Its unit, such as `s`; empty for none. */
  readonly unit: string;
  /** Whether the flag may stand alone, as `--demo` or `--no-demo`. */
  readonly isSwitch: boolean;
  /** Whether the value must never be shown. */
  readonly isSecret: boolean;
  read(text: string): Reading<T>;
}

const NUMBER = /^(?:\d+(?:\.\d*)?|\.\d+)$/;
const PLAIN = { unit: '', isSwitch: false, isSecret: false };

/** A whole number from `least` to `most`. */
export function integer(least: number, most: number): SettingKind<number> {
  const kind = number({ least, most, unit: '' });
  const allowed = `a whole number from ${least} to ${most}`;
  return {
    ...PLAIN,
    allowed,
    read(text) {
      const reading = kind.read(text);
      const isWhole = 'value' in reading && Number.isInteger(reading.value);
      return isWhole ? reading : { mismatch: allowed };
    },
  };
}

/** A duration from `least` to `most` seconds. */
export function seconds(least: number, most: number): SettingKind<number> {
  return { ...number({ least, most, unit: 's' }), unit: 's' };
}

function number(range: {
  readonly least: number;
  readonly most: number;
  readonly unit: string;
}): SettingKind<number> {
  const { least, most, unit } = range;
  const allowed = `a number from ${least} to ${most}${unit === 's' ? ' seconds' : ''}`;
  return {
    ...PLAIN,
    allowed,
    read(text) {
      const value = NUMBER.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? { value } : { mismatch: allowed };
    },
  };
}

/** One of a few words. */
export function choice<const T extends string>(...words: readonly T[]): SettingKind<T> {
  const allowed = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  return {
    ...PLAIN,
    allowed,
    read(text) {
      const value = words.find((word) => word === text.toLowerCase());
      return value === undefined ? { mismatch: allowed } : { value };
    },
  };
}

const ON_OFF: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['true', true],
  ['yes', true],
  ['on', true],
  ['0', false],
  ['false', false],
  ['no', false],
  ['off', false],
]);

/** On or off. */
export const onOff: SettingKind<boolean> = {
  ...PLAIN,
  allowed: '1 or 0',
  isSwitch: true,
  read(text) {
    const value = ON_OFF.get(text.toLowerCase());
    return value === undefined ? { mismatch: '1 or 0' } : { value };
  },
};

/** A path or the name of a program. */
export const path: SettingKind<string> = {
  ...PLAIN,
  allowed: 'a path without control characters',
  read(text) {
    return /\p{Cc}/u.test(text) ? { mismatch: this.allowed } : { value: text };
  },
};

/** A name or address to bind to. */
export const host: SettingKind<string> = {
  ...PLAIN,
  allowed: 'an IP address or a host name, without port',
  read(text) {
    const isHost = /^[A-Za-z0-9._:%-]{1,253}$/.test(text) && !/^[^:]*:\d*$/.test(text);
    return isHost ? { value: text } : { mismatch: this.allowed };
  },
};

/** Addresses and ranges of them. */
export const addressRanges: SettingKind<readonly string[]> = {
  ...PLAIN,
  allowed: 'addresses or CIDR ranges such as 10.0.0.0/8, parted by commas',
  read(text) {
    const ranges = text.split(',').map((each) => each.trim());
    return ranges.every(isAddressRange) ? { value: ranges } : { mismatch: this.allowed };
  },
};

/** The address that people use, without a trailing slash. */
export const webAddress: SettingKind<string> = {
  ...PLAIN,
  allowed: 'an address such as https://live.example.org, without path, query or password',
  read(text) {
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return { mismatch: this.allowed };
    const { origin, href, username } = new URL(text);
    return href === `${origin}/` && username === ''
      ? { value: origin }
      : { mismatch: this.allowed };
  },
};

/** The qualities that are made of a source. */
export const ladder: SettingKind<readonly RungProfile[]> = {
  ...PLAIN,
  allowed: 'rungs such as 720p=1280x720@2800k:h264:veryfast:30fps, parted by commas',
  read(text) {
    try {
      return { value: parseLadder(text) };
    } catch (error) {
      if (!(error instanceof LadderError)) throw error;
      return { mismatch: `${this.allowed}; ${error.problems.join('; ')}` };
    }
  },
};

/** Where a PostgreSQL server is, with the name and password for it. */
export const databaseAddress: SettingKind<string> = {
  ...PLAIN,
  allowed: 'an address such as postgres://user:password@host:5432/database',
  isSecret: true,
  read(text) {
    const isAddress =
      /^postgres(ql)?:\/\/[^\s/]/i.test(text) &&
      URL.canParse(text) &&
      new URL(text).pathname.length > 1;
    return isAddress ? { value: text } : { mismatch: this.allowed };
  },
};

/** Where a Redis server is, with the name and password for it. */
export const redisAddress: SettingKind<string> = {
  ...PLAIN,
  allowed: 'an address such as redis://user:password@host:6379/0, or rediss:// for TLS',
  isSecret: true,
  read(text) {
    if (!/^rediss?:\/\/[^\s?#]+$/i.test(text) || !URL.canParse(text)) {
      return { mismatch: this.allowed };
    }
    const { hostname, pathname } = new URL(text);
    const isAddress = hostname !== '' && /^(\/\d{0,5})?$/.test(pathname);
    return isAddress ? { value: text } : { mismatch: this.allowed };
  },
};

/** Fewer characters could be guessed. */
const TOKEN_LENGTH_MIN = 16;

/** A bearer token in the alphabet of RFC 6750, so that it never needs quoting or escaping. */
export const token: SettingKind<string> = {
  ...PLAIN,
  allowed: `at least ${TOKEN_LENGTH_MIN} of the characters A-Z a-z 0-9 . _ ~ + / = -`,
  isSecret: true,
  read(text) {
    const isToken = text.length >= TOKEN_LENGTH_MIN && /^[A-Za-z0-9._~+/=-]{1,512}$/.test(text);
    return isToken ? { value: text } : { mismatch: this.allowed };
  },
};
