import pino from 'pino';
import type { Log } from '../../base/index.ts';
import { type LogLevel, LogThreshold, withThreshold } from './log-level.ts';
import { createRedactor } from './log-redactor.ts';
import { textLine } from './log-text.ts';

/** Standard output. */
const STDOUT = 1;
/** What waits for a reader of the log that does not read; more is dropped rather than kept. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** What takes the lines; a `Writable` does. */
export interface LogSink {
  write(line: string): void;
}

/** How the server logs. */
export interface LogSettings {
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
  /** Colours in text. */
  readonly colours?: boolean;
  /** Values that must appear in no line, such as API_TOKEN. */
  readonly secrets?: readonly string[];
  /** Default: standard output, without ever blocking on it; flushed when the process exits. */
  readonly sink?: LogSink;
}

/** A log that can be told otherwise while it is used, it and all its children. */
export interface ServerLog extends Log {
  /** From now on logs what is at least so severe. */
  setLevel(level: LogLevel): void;
  /** From now on also keeps these values out of every line. */
  hide(secrets: readonly string[]): void;
}

/** The server's log: pino, behind the one redactor. */
export function createLog(settings: LogSettings): ServerLog {
  const { level, format, colours = false } = settings;
  const hidden = new Set<string>();
  const hide = (secrets: readonly string[]): void => {
    for (const secret of secrets) if (secret !== '') hidden.add(secret);
  };
  hide(settings.secrets ?? []);
  const clean = createRedactor(hidden);
  const sink = settings.sink ?? standardOutput();
  const write =
    format === 'json'
      ? (line: string): void => sink.write(clean(line))
      : (line: string): void => sink.write(textLine(clean(line), { colours }));
  const { err: error } = pino.stdSerializers;
  const options = { level: 'debug', base: null, serializers: { error, err: error } } as const;
  const threshold = new LogThreshold(level);
  return Object.assign(withThreshold(pino(options, { write }), threshold), {
    setLevel: (next: LogLevel) => threshold.set(next),
    hide,
  });
}

function standardOutput(): LogSink {
  const output = pino.destination({ dest: STDOUT, sync: false, maxLength: MAX_WAITING_BYTES });
  return { write: (line) => void output.write(line) };
}
