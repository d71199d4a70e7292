/** The program: reads what it was told, starts one server, and stops it when asked to. */
import { readFile } from 'node:fs/promises';
import { PepperError } from '../account/index.ts';
import { systemClock } from '../base/index.ts';
import { CorruptStoreError } from '../store/streams/index.ts';
import { type Configuration, readConfiguration, writeHelp } from './config/index.ts';
import { FolderInUseError } from './data-folder.ts';
import { firstStream } from './first-stream.ts';
import { ListenError } from './http/index.ts';
import { createLog } from './log.ts';
import { Millrace } from './millrace.ts';

/** What an encoder assumes when an address names no port. */
const RTMP_DEFAULT_PORT = 1935;
/** Exit codes of sysexits.h: a setting cannot be used; a resource cannot be had. */
const EXIT_USAGE = 64;
const EXIT_UNAVAILABLE = 69;
/** The whole of a graceful end; after it the process leaves as it is. */
const SHUTDOWN_DEADLINE_MS = 10_000;

await main();

async function main(): Promise<void> {
  const asked = readConfiguration({
    args: process.argv.slice(2),
    env: process.env,
    envFile: await readOptional('.env'),
  });
  switch (asked.kind) {
    case 'help':
      process.stdout.write(writeHelp());
      return;
    case 'version':
      process.stdout.write(`millrace ${await version()}\n`);
      return;
    case 'problems':
      leave(EXIT_USAGE, ['Millrace cannot start:', ...asked.problems.map((each) => `  ${each}`)]);
      return;
    case 'run':
      await run(asked.configuration);
  }
}

async function run(configuration: Configuration): Promise<void> {
  const { LOG_LEVEL: level, LOG_FORMAT: format, API_TOKEN } = configuration;
  const secrets = API_TOKEN === undefined ? [] : [API_TOKEN];
  const log = createLog({ level, format, secrets, colours: process.stdout.isTTY === true });
  let millrace: Millrace;
  try {
    const tls = await readTls(configuration);
    millrace = await Millrace.start({
      configuration,
      tls,
      version: await version(),
      clock: systemClock,
      log,
    });
  } catch (error) {
    if (!isPlain(error)) throw error;
    leave(EXIT_UNAVAILABLE, [`Millrace cannot start: ${error.message}`]);
    return;
  }
  await welcome(configuration, millrace);
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // A terminal's Ctrl-C arrives twice when npm passes it on, so a second one means nothing.
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(
      () => leave(1, ['Millrace stops: something did not end in time']),
      SHUTDOWN_DEADLINE_MS,
    ).unref();
    void millrace.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** What a person needs next, where a person is likely to be looking. */
async function welcome(configuration: Configuration, millrace: Millrace): Promise<void> {
  if (configuration.NODE_ENV === 'production') return;
  const first = await firstStream(millrace.directory, configuration.DATA_DIR);
  const scheme = configuration.TLS_CERT === undefined ? 'http' : 'https';
  const page = configuration.PUBLIC_URL ?? `${scheme}://localhost:${millrace.port}`;
  const rtmpPort = millrace.rtmpPort === RTMP_DEFAULT_PORT ? '' : `:${millrace.rtmpPort}`;
  const lines = ['', `  Watch        ${page}`, `  OBS server   rtmp://localhost${rtmpPort}/live`];
  if (first === undefined) lines.push('  Stream key   as given when the stream was made');
  else {
    lines.push(`  Stream key   ${first.streamKey}`);
    lines.push(`  Your page    ${page}/watch/${first.stream.id}`);
  }
  process.stdout.write(`${[...lines, '', '  Stop with Ctrl-C', '', ''].join('\n')}`);
}

async function readTls({ TLS_CERT, TLS_KEY }: Configuration) {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return undefined;
  return { cert: await readFile(TLS_CERT), key: await readFile(TLS_KEY) };
}

/** Whether the message says all that a person needs; others come with their stack. */
function isPlain(error: unknown): error is Error {
  return (
    error instanceof ListenError ||
    error instanceof FolderInUseError ||
    error instanceof PepperError ||
    error instanceof CorruptStoreError ||
    (error instanceof Error && 'syscall' in error)
  );
}

function leave(code: number, lines: readonly string[]): never {
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(code);
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
