import { DEFAULT_LADDER_TEXT } from '../../pipeline/transcode/index.ts';
import {
  addressRanges,
  choice,
  databaseAddress,
  host,
  integer,
  ladder,
  onOff,
  path,
  redisAddress,
  type SettingKind,
  seconds,
  token,
  webAddress,
} from './setting-kind.ts';

/** One thing the server can be told. */
export interface Setting<T> {
  readonly kind: SettingKind<T>;
  /** As it would be written; undefined: without it the setting has no value. */
  readonly fallback: string | undefined;
  /** The default in words, where it depends on something. */
  readonly fallbackWords?: string;
  readonly meaning: string;
  readonly topic: Topic;
}

/** What the settings are grouped by, in the order of the reference. */
export const TOPICS = [
  'Addresses',
  'Playlists',
  'Transcoding',
  'Access',
  'Limits',
  'Operation',
] as const;

/** One group of settings. */
export type Topic = (typeof TOPICS)[number];

/** A setting that always has a value. */
type Given<T> = Setting<T> & { readonly fallback: string };
/** A setting that may have none. */
type Optional<T> = Setting<T> & { readonly fallback: undefined };

const port = integer(0, 65_535);

/**
 * Every setting by its environment variable. The flag is the same word in lower case with hyphens.
 * Help and reference are written from this table.
 */
export const SETTINGS = {
  PORT: given(port, '8080', {
    topic: 'Addresses',
    meaning: 'Port of the pages, the playlists and the APIs; 0 takes a free one.',
  }),
  HOST: given(host, '::', {
    topic: 'Addresses',
    fallbackWords: 'all, IPv6 and IPv4',
    meaning: 'Address to listen on, for HTTP and RTMP.',
  }),
  RTMP_PORT: given(port, '1935', {
    topic: 'Addresses',
    meaning: 'Port that encoders publish to; 0 takes a free one.',
  }),
  IRC_PORT: optional(port, {
    topic: 'Addresses',
    fallbackWords: 'no IRC but at /irc',
    meaning:
      'Port on which chat speaks IRC, for bots and clients: over TLS with TLS_CERT and TLS_KEY, ' +
      'without them to programs on this machine alone; 0 takes a free one.',
  }),
  PUBLIC_URL: optional(webAddress, {
    topic: 'Addresses',
    meaning: 'Address that people use, when it is another than this machine knows: behind a proxy.',
  }),
  TLS_CERT: optional(path, {
    topic: 'Addresses',
    meaning: 'File of the certificate chain (PEM). With TLS_KEY, PORT speaks HTTPS and HTTP/2.',
  }),
  TLS_KEY: optional(path, {
    topic: 'Addresses',
    meaning: 'File of the private key (PEM).',
  }),
  SEGMENT_DURATION: given(seconds(0.5, 10), '2', {
    topic: 'Playlists',
    meaning: 'Length of segments; they are cut at the keyframes nearest to it.',
  }),
  PART_DURATION: given(seconds(0.1, 2), '0.333', {
    topic: 'Playlists',
    meaning: 'Length of parts, at most half a segment. Shorter is less latency, more requests.',
  }),
  SLIDING_WINDOW_SIZE: given(integer(1, 1000), '6', {
    topic: 'Playlists',
    meaning:
      'Segments that a live playlist lists, which is how far viewers can go back; three target ' +
      'durations stay in any case. A stream fed over HTTP keeps the number it began with.',
  }),
  GAP_TIMEOUT: optional(seconds(0, 86_400), {
    topic: 'Playlists',
    fallbackWords: '3 target durations',
    meaning:
      'How long a missing segment of a transcoder is waited for before it is listed as a gap; ' +
      '0 waits for ever.',
  }),
  RECONNECT_WINDOW: given(seconds(0, 3_600), '60', {
    topic: 'Playlists',
    meaning:
      'How long a broadcast waits for an encoder whose connection was lost; one that stops by ' +
      'itself ends it at once. 0 never waits.',
  }),
  TRANSCODE: given(choice('off', 'auto', 'full'), 'auto', {
    topic: 'Transcoding',
    meaning:
      'Which rungs of the ladder are made: none, those that this machine holds at real time, ' +
      'or all.',
  }),
  LADDER: given(ladder, DEFAULT_LADDER_TEXT, {
    topic: 'Transcoding',
    fallbackWords: '1080p to 240p in H.264',
    meaning:
      'The qualities below the source: name=WIDTHxHEIGHT@BITRATE and, each behind a colon, ' +
      'codec, preset and highest frame rate.',
  }),
  API_TOKEN: optional(token, {
    topic: 'Access',
    fallbackWords: 'only this machine may manage',
    meaning: 'Bearer token for management: writing requests and /metrics.',
  }),
  TRUSTED_PROXIES: optional(addressRanges, {
    topic: 'Access',
    meaning:
      'Proxies whose X-Forwarded-For is believed: with it, limits, sessions and the audit log know ' +
      'who asks behind them.',
  }),
  WEBHOOK_ALLOW_LOCAL: given(onOff, '0', {
    topic: 'Access',
    meaning:
      'Whether webhooks may lead to this machine, also without TLS: for development, never where ' +
      'others have accounts.',
  }),
  MAX_CONNECTIONS: given(integer(1, 1_000_000), '16384', {
    topic: 'Limits',
    meaning: 'HTTP connections at once; the process needs a file descriptor for each.',
  }),
  MAX_PUBLISHERS: given(integer(1, 10_000), '200', {
    topic: 'Limits',
    meaning: 'RTMP connections at once.',
  }),
  DATA_DIR: given(path, './data', {
    topic: 'Operation',
    meaning: 'Folder of everything that is kept: streams, the secret under their keys, journals.',
  }),
  DATABASE_URL: optional(databaseAddress, {
    topic: 'Operation',
    fallbackWords: 'a database inside DATA_DIR',
    meaning: 'PostgreSQL server, 15 or newer, that keeps accounts, streams and events.',
  }),
  REDIS_URL: optional(redisAddress, {
    topic: 'Operation',
    fallbackWords: 'this server is alone',
    meaning: 'Redis or Valkey server, 6.2 or newer, through which several servers share chat.',
  }),
  DEMO: optional(onOff, {
    topic: 'Operation',
    fallbackWords: '1, in production 0',
    meaning: 'Whether a server that began without streams broadcasts a test picture.',
  }),
  FFMPEG_PATH: given(path, 'ffmpeg', {
    topic: 'Operation',
    meaning: 'The FFmpeg program.',
  }),
  LOG_LEVEL: given(choice('debug', 'info', 'warn', 'error', 'silent'), 'info', {
    topic: 'Operation',
    meaning: 'The least severe messages that are logged.',
  }),
  LOG_FORMAT: optional(choice('json', 'text'), {
    topic: 'Operation',
    fallbackWords: 'text, in production json',
    meaning: 'Logs for machines or for people.',
  }),
  NODE_ENV: given(choice('development', 'production', 'test'), 'development', {
    topic: 'Operation',
    meaning: 'Where the server runs; decides other defaults.',
  }),
} as const;

/** The environment variable of a setting. */
export type SettingName = keyof typeof SETTINGS;

/** All settings in the order of the table. */
export const SETTING_NAMES = Object.keys(SETTINGS).filter((name) => isSettingName(name));

/** Whether a variable is one of ours. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** The command-line flag of a setting, such as `--part-duration`. */
export function flagOf(name: SettingName): string {
  return `--${name.toLowerCase().replaceAll('_', '-')}`;
}

type Wording = Omit<Setting<unknown>, 'kind' | 'fallback'>;

function given<T>(kind: SettingKind<T>, fallback: string, wording: Wording): Given<T> {
  return { kind, fallback, ...wording };
}

function optional<T>(kind: SettingKind<T>, wording: Wording): Optional<T> {
  return { kind, fallback: undefined, ...wording };
}
