import pino from 'pino';
import type { Log } from '../base/index.ts';
import { createRedactor } from './log-redactor.ts';
import { textLine } from './log-text.ts';

export { redact } from './log-redactor.ts';

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
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly format: 'json' | 'text';
  /** Colours in text. */
  readonly colours?: boolean;
  /** Values that must appear in no line, such as API_TOKEN. */
  readonly secrets?: readonly string[];
  /** Default: standard output, without ever blocking on it; flushed when the process exits. */
  readonly sink?: LogSink;
}

/** The server's log: pino, behind the one redactor. */
export function createLog(settings: LogSettings): Log {
  const { level, format, colours = false } = settings;
  const clean = createRedactor((settings.secrets ?? []).filter((secret) => secret !== ''));
  const sink = settings.sink ?? standardOutput();
  const write =
    format === 'json'
      ? (line: string): void => sink.write(clean(line))
      : (line: string): void => sink.write(textLine(clean(line), { colours }));
  const { err: error } = pino.stdSerializers;
  return pino({ level, base: null, serializers: { error, err: error } }, { write });
}

function standardOutput(): LogSink {
  const output = pino.destination({ dest: STDOUT, sync: false, maxLength: MAX_WAITING_BYTES });
  return { write: (line) => void output.write(line) };
}
