import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type CertificatePair, trusting } from './certificate.ts';
import { freePort } from './place.ts';
import { cpuSecondsOf } from './process-tree.ts';

/** The program that `npm start` runs. */
export const SERVER_PROGRAM = join(import.meta.dirname, '../../server/app/main.ts');
/** A first start makes the database, on a loaded machine for many seconds. */
const READY_TIMEOUT_MS = 60_000;
/** Output that is kept; the end of it says what went wrong. */
const OUTPUT_MAX_CHARACTERS = 1024 * 1024;

type Ports = readonly [http: number, rtmp: number];

/** How a server is started. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Pins the process to one processor. */
  readonly cpu?: number;
  /** Speaks HTTPS with this pair. */
  readonly tls?: CertificatePair;
}

/** A Millrace of its own for one test or bench: own ports, own data folder, no demo. */
export class ServerProcess {
  readonly port: number;
  readonly rtmpPort: number;
  readonly #child: ChildProcess;
  /** Where its data is kept. */
  readonly folder: string;
  readonly #options: StartOptions;
  readonly #exited: Promise<number | null>;
  #output = '';

  constructor(
    child: ChildProcess,
    place: { readonly ports: Ports; readonly folder: string },
    options: StartOptions,
  ) {
    this.#child = child;
    [this.port, this.rtmpPort] = place.ports;
    this.folder = place.folder;
    this.#options = options;
    this.#exited = new Promise((resolve) => child.once('close', (code) => resolve(code)));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_MAX_CHARACTERS);
      });
    }
  }

  /** Starts the server and waits until it is ready. */
  static async start(options: StartOptions = {}): Promise<ServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
    return ServerProcess.#spawn([await freePort(), await freePort()], folder, options);
  }

  static async #spawn(ports: Ports, folder: string, options: StartOptions): Promise<ServerProcess> {
    const settings = {
      PORT: String(ports[0]),
      RTMP_PORT: String(ports[1]),
      DATA_DIR: folder,
      // Not the developer's own; empty counts as not set.
      DATABASE_URL: '',
      REDIS_URL: '',
      DEMO: '0',
      // Encoding costs more than all else together: who needs it asks for it.
      TRANSCODE: 'off',
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'json',
      ...(options.tls === undefined
        ? {}
        : { TLS_CERT: options.tls.certPath, TLS_KEY: options.tls.keyPath }),
    };
    const pin = options.cpu === undefined ? [] : ['taskset', '-c', String(options.cpu)];
    const [command = '', ...args] = [...pin, process.execPath, SERVER_PROGRAM];
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Away from the checkout, whose .env is somebody's own.
      cwd: folder,
      env: { ...process.env, ...settings, ...options.env },
    });
    const server = new ServerProcess(child, { ports, folder }, options);
    await server.#ready();
    return server;
  }

  get url(): string {
    return `${this.#options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What the server has printed so far, logs and errors alike. */
  get output(): string {
    return this.#output;
  }

  /** Creates a stream and returns its id and key. */
  async createStream(title: string): Promise<{ id: string; streamKey: string }> {
    const response = await fetch(`${this.url}/api/streams`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ broadcasterId: 'bench', title }),
    });
    if (response.status !== 201) throw new Error(`Cannot create stream: ${await response.text()}`);
    return (await response.json()) as { id: string; streamKey: string };
  }

  /** The secret of the one-time link for the first account, which the server prints at its start. */
  async setupSecret(): Promise<string> {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    for (;;) {
      const secret = /\/setup#([a-z2-7]+)/.exec(this.#output)?.[1];
      if (secret !== undefined) return secret;
      if (performance.now() > deadline) {
        throw new Error(`Cannot set up: the server printed no link:\n${this.#output}`);
      }
      await wait(20);
    }
  }

  /** Processor seconds, user and system, that the server has used so far. */
  cpuSeconds(): number {
    return cpuSecondsOf(this.pid);
  }

  /** Resident memory in MiB. */
  residentMiB(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  }

  /** Ends the process by `signal` and gives its exit code; the data folder stays. */
  async kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.#runs()) this.#child.kill(signal);
    return this.#exited;
  }

  /** Ends the process and removes its data. */
  async stop(): Promise<void> {
    await this.kill('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts another process on the same ports and data, after this one was killed. */
  async restart(): Promise<ServerProcess> {
    return ServerProcess.#spawn([this.port, this.rtmpPort], this.folder, this.#options);
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    while (performance.now() < deadline) {
      if (await this.#isReady()) return;
      if (!this.#runs()) break;
      await wait(50);
    }
    await this.kill('SIGKILL');
    throw new Error(`Cannot start server: it did not become ready; it printed:\n${this.#output}`);
  }

  async #isReady(): Promise<boolean> {
    const { tls } = this.#options;
    try {
      const ask = tls === undefined ? fetch : trusting(tls);
      return (await ask(`${this.url}/ready`)).status === 200;
    } catch {
      // Nobody listens yet.
      return false;
    }
  }

  #runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
}

/** The value below which `share` (0 to 1) of `values` lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
