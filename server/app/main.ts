/** The program: reads what it was told, starts one server, and stops it when asked to. */
import { readFile } from 'node:fs/promises';
import { type Log, systemClock, systemCodeOf } from '../base/index.ts';
import { PepperError, type Stream, StreamsFileError } from '../channel/index.ts';
import { RedisUnavailableError } from '../store/shared/index.ts';
import {
  DatabaseFolderError,
  DatabaseUnavailableError,
  MigrationError,
} from '../store/sql/index.ts';
import {
  type Asked,
  type Configuration,
  type RunRequest,
  readConfiguration,
  writeHelp,
} from './config/index.ts';
import { ConfigurationReload, type ReloadTarget } from './configuration-reload.ts';
import { DataFolderError, FolderInUseError } from './data-folder.ts';
import { Demo, demoStream } from './demo.ts';
import { examine, writeDiagnosis } from './doctor/index.ts';
import { firstStream } from './first-stream.ts';
import { onHangUp } from './hang-up.ts';
import { ListenError } from './http/index.ts';
import { listenHost } from './listen-host.ts';
import { createLog, redact, type ServerLog } from './log/index.ts';
import { Millrace } from './millrace.ts';
import { setupAddress } from './people.ts';
import { secretsOf } from './secrets.ts';
import { readTlsFiles, TlsFilesError } from './tls-files.ts';

/** What an encoder assumes when an address names no port. */
const RTMP_DEFAULT_PORT = 1935;
/** Hosts that mean all addresses, this machine's own among them. */
const EVERY_ADDRESS: readonly string[] = ['::', '0.0.0.0'];
/** Exit codes of sysexits.h: a setting cannot be used; a resource cannot be had. */
const EXIT_USAGE = 64;
const EXIT_UNAVAILABLE = 69;
const EXIT_FAULT = 70;
/** The whole of a graceful end; after it the process leaves as it is. */
const SHUTDOWN_DEADLINE_MS = 10_000;

await main();

async function main(): Promise<void> {
  const [command, ...flags] = process.argv.slice(2);
  const isDoctor = command === 'doctor';
  const wantsJson = isDoctor && flags.includes('--json');
  const args = isDoctor ? flags.filter((flag) => flag !== '--json') : process.argv.slice(2);
  const asked = await readSettings(args);
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
      if (isDoctor) await doctor(asked.configuration, wantsJson);
      else await run(asked, args);
  }
}

async function doctor(configuration: Configuration, wantsJson: boolean): Promise<void> {
  const diagnosis = await examine(configuration, await version());
  const json = `${JSON.stringify(diagnosis, undefined, 2)}\n`;
  process.stdout.write(wantsJson ? json : writeDiagnosis(diagnosis));
  process.exitCode = diagnosis.checks.some(({ outcome }) => outcome === 'fail') ? 1 : 0;
}

async function readSettings(args: readonly string[]): Promise<Asked> {
  return readConfiguration({ args, env: process.env, envFile: await readOptional('.env') });
}

async function run(started: RunRequest, args: readonly string[]): Promise<void> {
  const { configuration } = started;
  const { LOG_LEVEL: level, LOG_FORMAT: format } = configuration;
  const secrets = secretsOf(configuration);
  const log = createLog({ level, format, secrets, colours: process.stdout.isTTY === true });
  const reload = new ConfigurationReload({ started, read: () => readSettings(args), log });
  const end = awaitEnd(log);
  let isStarting = true;
  // Nothing is served yet, and what is being opened bears being killed; a database may be waited for.
  void end.then((code) => {
    if (isStarting) process.exit(code);
  });
  let millrace: Millrace | undefined;
  const target = reloadTarget(log, (pair) => millrace?.renewTls(pair));
  onHangUp(() => void reload.reload(target));
  try {
    const tls = await readTls(configuration);
    millrace = await Millrace.start({
      configuration: { ...configuration, HOST: await listenHost(configuration.HOST) },
      current: () => reload.current,
      desk: { view: () => reload.view(), reload: () => reload.reload(target) },
      tls,
      version: await version(),
      clock: systemClock,
      log,
    });
    isStarting = false;
  } catch (error) {
    isStarting = false;
    if (isPlain(error)) leave(EXIT_UNAVAILABLE, [`Millrace cannot start: ${error.message}`]);
    log.error({ error }, 'start failed');
    // What was opened already would hold the process, and no supervisor would start another.
    process.exit(EXIT_FAULT);
  }
  const forDemo = configuration.DEMO ? await demoStream(millrace.channels) : undefined;
  await welcome({ configuration, millrace, demoId: forDemo?.id });
  const demo =
    forDemo === undefined
      ? undefined
      : startDemo({ configuration, millrace, log, stream: forDemo });
  const code = await end;
  const endingMs = performance.now();
  try {
    await Promise.all([demo?.close(), millrace.close()]);
  } catch (error) {
    log.error({ error }, 'stopping failed');
    process.exit(EXIT_FAULT);
  }
  log.info({ tookMs: Math.round(performance.now() - endingMs) }, 'stopped');
  process.exit(code);
}

function reloadTarget(log: ServerLog, renewTls: ReloadTarget['renewTls']): ReloadTarget {
  return {
    configured(configuration) {
      log.hide(secretsOf(configuration));
      log.setLevel(configuration.LOG_LEVEL);
    },
    renewTls,
  };
}

/**
 * Resolves with the exit code at the first signal, or at a fault that no broadcast or request
 * owns. Called before anything is started, so that no moment is left in which a signal ends us
 * ungracefully. A terminal's Ctrl-C arrives twice when npm passes it on: a second one means
 * nothing.
 */
function awaitEnd(log: Log): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const stop = (code: number): void => {
    // Also while something is still being started that never ends.
    const overdue = ['Millrace stops: something did not end in time'];
    setTimeout(() => leave(1, overdue), SHUTDOWN_DEADLINE_MS).unref();
    resolve(code);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'stopping');
      stop(0);
    });
  }
  process.on('uncaughtException', (error) => {
    log.error({ error }, 'stopping because of a fault');
    stop(EXIT_FAULT);
  });
  return promise;
}

/** What is running, for whoever adds to it. */
interface Running {
  readonly configuration: Configuration;
  readonly millrace: Millrace;
}

function startDemo({
  configuration,
  millrace,
  log,
  stream,
}: Running & { readonly log: Log; readonly stream: Stream }): Demo {
  const { FFMPEG_PATH: ffmpegPath, HOST } = configuration;
  const host = EVERY_ADDRESS.includes(HOST) ? '127.0.0.1' : HOST;
  const demo = new Demo({
    ffmpegPath,
    rtmp: { host, port: millrace.rtmpPort },
    issueKey: (lifetimeMs) => millrace.channels.issueOneTimeKey(stream, lifetimeMs),
    log,
  });
  // On a first start the machine is being measured, and the demo's own encoder would be in the way.
  void millrace.surveyed().then(() => demo.start());
  return demo;
}

/** What a person needs next, where a person is likely to be looking. */
async function welcome({
  configuration,
  millrace,
  demoId,
}: Running & { readonly demoId: string | undefined }): Promise<void> {
  const { NODE_ENV, DATA_DIR: dataDir, TLS_CERT, PUBLIC_URL } = configuration;
  const scheme = TLS_CERT === undefined ? 'http' : 'https';
  const page = PUBLIC_URL ?? `${scheme}://localhost:${millrace.port}`;
  const setup = await setupAddress(millrace.accounts, new URL(page).origin);
  const reach =
    PUBLIC_URL === undefined ? ' (on this machine; elsewhere set PUBLIC_URL first)' : '';
  if (NODE_ENV === 'production') {
    // Not a line of the log, whose redactor hides such secrets, and which is kept for long.
    if (setup !== undefined) process.stderr.write(`First administrator: ${setup}${reach}\n`);
    return;
  }
  const first = await firstStream(millrace.channels, { dataDir, demoId });
  const rtmpPort = millrace.rtmpPort === RTMP_DEFAULT_PORT ? '' : `:${millrace.rtmpPort}`;
  const lines = [['Page', page]];
  if (demoId !== undefined) lines.push(['Demo', `${page}/watch/${demoId}`]);
  if (first !== undefined) lines.push(['Your page', `${page}/watch/${first.stream.id}`]);
  const host = PUBLIC_URL === undefined ? 'localhost' : new URL(PUBLIC_URL).hostname;
  lines.push(['OBS server', `rtmp://${host}${rtmpPort}/live`]);
  lines.push(['Stream key', first?.streamKey ?? 'as given when the stream was made']);
  if (setup !== undefined) lines.push(['Set-up', `${setup} (makes the first account, once)`]);
  lines.push(['Stop', 'Ctrl-C']);
  const text = lines.map(([name = '', value = '']) => `  ${name.padEnd(12)}${value}`);
  process.stdout.write(`\n${text.join('\n')}\n\n`);
}

async function readTls({ TLS_CERT, TLS_KEY }: Configuration) {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return undefined;
  return readTlsFiles({ cert: TLS_CERT, key: TLS_KEY });
}

/** Whether the message says all that a person needs; others come with their stack. */
function isPlain(error: unknown): error is Error {
  return (
    error instanceof ListenError ||
    error instanceof FolderInUseError ||
    error instanceof DataFolderError ||
    error instanceof TlsFilesError ||
    error instanceof PepperError ||
    error instanceof DatabaseUnavailableError ||
    error instanceof DatabaseFolderError ||
    error instanceof RedisUnavailableError ||
    error instanceof MigrationError ||
    error instanceof StreamsFileError ||
    (error instanceof Error && 'syscall' in error)
  );
}

function leave(code: number, lines: readonly string[]): never {
  process.stderr.write(`${redact(lines.join('\n'))}\n`);
  process.exit(code);
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
