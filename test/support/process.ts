import { type ChildProcess, spawn } from 'node:child_process';
import type { Cleaning } from './place.ts';

/** Output that is kept for a failure's message; the end says what went wrong. */
const OUTPUT_MAX_CHARACTERS = 64 * 1024;
const READY_DEFAULT_MS = 15_000;
const STOP_DEFAULT_MS = 12_000;

/** How a program is started and when it counts as started. */
export interface ProcessOptions {
  /** Printed by the program, on either stream, when it can be used. Without it: when it runs. */
  readonly ready?: RegExp;
  /** Time until `ready` in milliseconds; 15 s when left out. */
  readonly readyWithinMs?: number;
  readonly cwd?: string;
  /** Runs the program as somebody else, where we are root. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Added to the environment of the test; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Starts a program, waits until it says that it is ready, and stops it when the test is over. A
 * program that ends or stays silent instead fails the test with what it printed.
 */
export async function startProcess(
  context: Cleaning,
  command: readonly [program: string, ...args: string[]],
  options: ProcessOptions = {},
): Promise<RunningProcess> {
  const running = new RunningProcess(command, options);
  context.after(() => running.dispose());
  await running.waitReady(options);
  return running;
}

/** A program under test, or one that a test needs. */
export class RunningProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #watchers = new Set<() => void>();
  #output = '';
  #exit: Exit | undefined;
  #failure: Error | undefined;
  /** Resolves when the program has ended and all its output is read; never rejects. */
  readonly exited: Promise<Exit>;

  constructor([program, ...args]: readonly [string, ...string[]], options: ProcessOptions) {
    this.#name = [program, ...args].join(' ');
    const env = { ...process.env, ...options.env };
    const { cwd, user } = options;
    this.#child = spawn(program, args, {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(cwd ? { cwd } : {}),
      ...user,
    });
    this.#child.stdout?.on('data', (chunk) => this.#collect(String(chunk)));
    this.#child.stderr?.on('data', (chunk) => this.#collect(String(chunk)));
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        this.#exit = exit;
        this.#wake();
        resolve(exit);
      };
      this.#child.once('close', (code, signal) => end({ code, signal }));
      this.#child.once('error', (error) => {
        this.#failure = error;
        end({ code: null, signal: null });
      });
    });
  }

  /** The process id; for measuring it or killing it without warning. */
  get pid(): number {
    const pid = this.#child.pid;
    if (pid === undefined) throw this.#explain('never ran');
    return pid;
  }

  /** The end of what the program printed on both streams. */
  get output(): string {
    return this.#output;
  }

  /** The program's standard input. */
  get stdin(): NodeJS.WritableStream {
    if (this.#child.stdin === null) throw this.#explain('has no standard input');
    return this.#child.stdin;
  }

  /** Waits until the program has printed a text; throws when it ends or the time is over. */
  async waitFor(pattern: RegExp, withinMs = READY_DEFAULT_MS): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(withinMs);
    for (;;) {
      const found = pattern.exec(this.#output);
      if (found !== null) return found;
      if (this.#exit !== undefined) throw this.#explain(`ended before it printed ${pattern}`);
      if (deadline.aborted) throw this.#explain(`did not print ${pattern} within ${withinMs} ms`);
      await this.#nextChange(deadline);
    }
  }

  /** Waits as the options say; called once by `startProcess`. */
  async waitReady({ ready, readyWithinMs }: ProcessOptions): Promise<void> {
    if (ready !== undefined) await this.waitFor(ready, readyWithinMs);
    else await Promise.race([this.exited, new Promise((run) => this.#child.once('spawn', run))]);
    if (this.#failure !== undefined) throw this.#explain('could not be started');
  }

  /** Sends a signal and waits for the end; throws when the program does not end in time. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', withinMs = STOP_DEFAULT_MS): Promise<Exit> {
    if (this.#exit === undefined) this.#child.kill(signal);
    const timeout = AbortSignal.timeout(withinMs);
    const late = new Promise<undefined>((resolve) => {
      timeout.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const exit = await Promise.race([this.exited, late]);
    if (exit === undefined) throw this.#explain(`did not end ${withinMs} ms after ${signal}`);
    return exit;
  }

  /** Ends the program whatever state it is in. */
  async dispose(): Promise<void> {
    if (this.#exit !== undefined) return;
    try {
      await this.stop('SIGTERM', 3000);
    } finally {
      if (this.#exit === undefined) await this.stop('SIGKILL');
    }
  }

  #collect(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_MAX_CHARACTERS);
    this.#wake();
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
    this.#watchers.clear();
  }

  #nextChange(deadline: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#watchers.add(resolve);
      deadline.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #explain(what: string): Error {
    const ended = this.#exit === undefined ? '' : ` (exit ${this.#exit.code ?? this.#exit.signal})`;
    const cause = this.#failure === undefined ? {} : { cause: this.#failure };
    return new Error(`${this.#name} ${what}${ended}; it printed:\n${this.#output}`, cause);
  }
}
