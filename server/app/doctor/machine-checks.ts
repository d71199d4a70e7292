/** What the doctor finds out about the machine: its clock, memory and limits, and the certificate. */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { promisify } from 'node:util';
import { childEnvironment } from '../../base/index.ts';
import type { Configuration } from '../config/index.ts';
import { readTlsFiles, TlsFilesError } from '../tls-files.ts';
import { type Check, fail, ok, warn } from './check.ts';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
const RENEW_DAYS = 14;
/** Files, pipes to encoders and connections to the database, beside those of viewers. */
const OTHER_FILES = 256;
const MEMORY_FAIL_MIB = 128;
const MEMORY_WARN_MIB = 512;
/** systemd-timesyncd makes it once it has set the clock. */
const SYNCHRONIZED_FILE = '/run/systemd/timesync/synchronized';
/** Two clocks of one machine that differ by so much over some seconds: one of them is being set. */
const STEP_MS = 50;
const STEP_RATIO = 0.001;

/** Where both clocks stood. */
interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Reads both clocks. */
export function momentOf(): Moment {
  return { wallMs: Date.now(), monotonicMs: performance.now() };
}

/** Whether the clock is set by others, and did not jump since `since`. */
export async function clockChecks(since: Moment, now = momentOf()): Promise<readonly Check[]> {
  const passedMs = now.monotonicMs - since.monotonicMs;
  const driftMs = Math.round(Math.abs(now.wallMs - since.wallMs - passedMs));
  const seen = `the clock moved ${driftMs} ms against time itself in ${Math.round(passedMs)} ms`;
  const isStepping = driftMs > STEP_MS + passedMs * STEP_RATIO;
  const remedy = 'let one program alone set the clock, chrony or systemd-timesyncd';
  return [
    await syncCheck(),
    isStepping ? warn('clock-drift', seen, remedy) : ok('clock-drift', seen),
  ];
}

async function syncCheck(): Promise<Check> {
  if (existsSync(SYNCHRONIZED_FILE)) return ok('clock-sync', 'set by systemd-timesyncd');
  const answer = await timedatectl();
  if (answer === 'yes') return ok('clock-sync', 'synchronised');
  const remedy = 'run chrony or systemd-timesyncd, in a container on its host';
  const seen = answer === 'no' ? 'the clock is not synchronised' : 'not known whether it is set';
  return warn('clock-sync', seen, remedy);
}

async function timedatectl(): Promise<string | undefined> {
  try {
    const args = ['show', '--property=NTPSynchronized', '--value'];
    const options = { env: childEnvironment(process.env), timeout: 2_000 };
    const { stdout } = await promisify(execFile)('timedatectl', args, options);
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** Whether certificate and key can be used, and for how long. */
export async function tlsCheck(
  { TLS_CERT, TLS_KEY, PUBLIC_URL }: Pick<Configuration, 'TLS_CERT' | 'TLS_KEY' | 'PUBLIC_URL'>,
  nowMs = Date.now(),
): Promise<Check> {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return ok('tls', 'not used on PORT');
  const renewal = 'renew the certificate, then send the server SIGHUP';
  try {
    const { cert } = await readTlsFiles({ cert: TLS_CERT, key: TLS_KEY });
    const certificate = new X509Certificate(cert);
    const { validFromDate, validToDate } = certificate;
    if (validToDate.getTime() <= nowMs) {
      return fail('tls', `TLS_CERT ended on ${validToDate.toISOString()}`, renewal);
    }
    const seen = `TLS_CERT and TLS_KEY match, until ${validToDate.toISOString()}`;
    if (validFromDate.getTime() > nowMs) {
      const begins = `TLS_CERT begins on ${validFromDate.toISOString()}`;
      return fail('tls', begins, 'set the clock, or use a certificate that is valid already');
    }
    const host = PUBLIC_URL === undefined ? undefined : new URL(PUBLIC_URL).hostname;
    if (host !== undefined && certificate.checkHost(host) === undefined) {
      return warn('tls', `TLS_CERT is not for ${host}`, 'get one for the host of PUBLIC_URL');
    }
    const isEnding = validToDate.getTime() - nowMs < RENEW_DAYS * DAY_MS;
    return isEnding ? warn('tls', seen, renewal) : ok('tls', seen);
  } catch (error) {
    if (!(error instanceof TlsFilesError)) throw error;
    return fail('tls', error.message, 'set TLS_CERT and TLS_KEY to PEM files that belong together');
  }
}

/** Whether as many connections as configured may be open. */
export function openFilesCheck(
  settings: Pick<Configuration, 'MAX_CONNECTIONS' | 'MAX_PUBLISHERS'>,
  limit = openFilesLimit(),
): Check {
  if (limit === undefined) return ok('open-files', 'no limit is known');
  const needed = settings.MAX_CONNECTIONS + settings.MAX_PUBLISHERS + OTHER_FILES;
  const seen = `${limit} files may be open, MAX_CONNECTIONS and the rest need ${needed}`;
  if (limit >= needed) return ok('open-files', seen);
  return warn(
    'open-files',
    seen,
    'raise the limit (ulimit -n, LimitNOFILE) or lower MAX_CONNECTIONS',
  );
}

function openFilesLimit(): number | undefined {
  const { report } = process;
  // Else it would look up names of whoever is connected.
  Reflect.set(report, 'excludeNetwork', true);
  const { userLimits } = Object(report.getReport());
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isFinite(soft) ? soft : undefined;
}

/** Whether there is memory for the server and its encoders. */
export function memoryCheck(availableBytes = process.availableMemory?.() ?? freemem()): Check {
  const availableMib = Math.round(availableBytes / MIB);
  const seen = `${availableMib} MiB available, for ${availableParallelism()} cores`;
  const remedy = 'stop other programs, or give the machine or container more memory';
  if (availableMib < MEMORY_FAIL_MIB) return fail('memory', seen, remedy);
  return availableMib < MEMORY_WARN_MIB ? warn('memory', seen, remedy) : ok('memory', seen);
}
