import type { SettingName } from './settings.ts';

/**
 * When a changed setting counts after a reload: for everything from then on, for broadcasts and
 * streams that begin from then on, or only after a restart.
 */
export type SettingEffect = 'at once' | 'next broadcast' | 'restart';

/** For every setting; the reference is written from this table. */
export const SETTING_EFFECTS: Readonly<Record<SettingName, SettingEffect>> = {
  PORT: 'restart',
  HOST: 'restart',
  RTMP_PORT: 'restart',
  IRC_PORT: 'restart',
  PUBLIC_URL: 'restart',
  TLS_CERT: 'at once',
  TLS_KEY: 'at once',
  // Encoders that run are told their segments' length, and all of a broadcast must agree on it.
  SEGMENT_DURATION: 'restart',
  PART_DURATION: 'restart',
  SLIDING_WINDOW_SIZE: 'next broadcast',
  GAP_TIMEOUT: 'next broadcast',
  RECONNECT_WINDOW: 'at once',
  // The machine is measured for it when the server starts.
  TRANSCODE: 'restart',
  LADDER: 'next broadcast',
  API_TOKEN: 'at once',
  TRUSTED_PROXIES: 'at once',
  WEBHOOK_ALLOW_LOCAL: 'restart',
  MAX_CONNECTIONS: 'restart',
  MAX_PUBLISHERS: 'restart',
  DATA_DIR: 'restart',
  DATABASE_URL: 'restart',
  REDIS_URL: 'restart',
  DEMO: 'restart',
  FFMPEG_PATH: 'restart',
  LOG_LEVEL: 'at once',
  LOG_FORMAT: 'restart',
  NODE_ENV: 'restart',
};
