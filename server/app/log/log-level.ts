import type { Log, LogFields } from '../../base/index.ts';

/** How severe a line must be to be logged. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const RANKS: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
  silent: 4,
};

/** What a log and all its children measure lines by; pino's own children keep what they began with. */
export class LogThreshold {
  #rank: number;

  constructor(level: LogLevel) {
    this.#rank = RANKS[level];
  }

  /** Takes another level from now on. */
  set(level: LogLevel): void {
    this.#rank = RANKS[level];
  }

  /** Whether a line of `level` is logged. */
  lets(level: LogLevel): boolean {
    return RANKS[level] >= this.#rank;
  }
}

/** A log that hands on to `target` what `threshold` lets through. */
export function withThreshold(target: Log, threshold: LogThreshold): Log {
  const hand = (level: 'debug' | 'info' | 'warn' | 'error') => {
    return (fields: LogFields, message: string): void => {
      if (threshold.lets(level)) target[level](fields, message);
    };
  };
  return {
    debug: hand('debug'),
    info: hand('info'),
    warn: hand('warn'),
    error: hand('error'),
    child: (fields) => withThreshold(target.child(fields), threshold),
  };
}
