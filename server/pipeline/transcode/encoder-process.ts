/**
 * One FFmpeg: how it is started, fed, listened to and ended. Whatever becomes of it, no process and
 * no descriptor is left behind.
 *
 *   running -- endInput --> draining -- closes its pipes --> ended
 *   running, draining -- kill, output that is no MP4, our own end --> SIGKILL to its group --> ended
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { Readable, Writable } from 'node:stream';
import { type Cancel, type Clock, childEnvironment, Violation } from '../../base/index.ts';
import { type FragmentEvent, FragmentReader } from '../../format/cmaf/index.ts';
import { FIRST_RUNG_PIPE } from './encode-arguments.ts';

/** The kindness of encoders to everything else on the machine: delivery comes first. */
export const ENCODER_NICENESS = 5;
/** Text about a failure that is kept; its end says why. */
export const MAX_LAST_WORDS = 2_048;
/** How long pipes may stay open behind a process that is gone. */
const CLOSE_PATIENCE_MS = 1_000;

/** How an encoder ended. */
export interface EncoderEnd {
  /** Whether the program is there and could be started at all. */
  readonly wasStarted: boolean;
  readonly code: number | null;
  readonly signal: string | null;
  /** Code of the violation in its output for which it was killed. */
  readonly violation: string | undefined;
  /** The last that it wrote about itself. */
  readonly lastWords: string;
}

/** Who hears what comes out of an encoder. */
export interface EncoderObserver {
  /** What rung number `rung` wrote, in order. */
  output(rung: number, event: FragmentEvent): void;
  /** Reading its output, or `output`, threw `error`, which no peer is to blame for; it is killed. */
  failed(error: unknown): void;
  /** Nothing follows: the process and its pipes are gone. */
  ended(end: EncoderEnd): void;
}

/** Starts a program; `spawn` of Node itself but for tests. */
export type SpawnEncoder = (
  program: string,
  args: readonly string[],
  options: SpawnOptions,
) => ChildProcess;

/** What of the machine an encoder process uses; the real thing but for tests. */
export interface ProcessHost {
  readonly spawn: SpawnEncoder;
  /** Sends `signal` to the group of processes led by `pid`. */
  signalGroup(pid: number, signal: NodeJS.Signals): void;
  setPriority(pid: number, niceness: number): void;
}

/** The machine itself. */
export const systemHost: ProcessHost = {
  spawn,
  signalGroup: (pid, signal) => process.kill(-pid, signal),
  setPriority,
};

/** What is to be run. */
export interface EncoderProcessSettings {
  readonly program: string;
  readonly args: readonly string[];
  /** Descriptors from `FIRST_RUNG_PIPE` on that carry fragmented MP4. */
  readonly rungCount: number;
  /** Descriptors after those; their readers have to keep up, or the encoder waits for them. */
  readonly extraCount: number;
  readonly clock: Clock;
  readonly host: ProcessHost;
  readonly observer: EncoderObserver;
}

/** See the top of the file. */
export class EncoderProcess {
  readonly #settings: EncoderProcessSettings;
  readonly #child: ChildProcess;
  readonly #unwritten: Uint8Array[] = [];
  #unwrittenBytes = 0;
  #isWriting = false;
  #inputEnded = false;
  #lastWords = '';
  #violation: string | undefined;
  #exited = false;
  #ended = false;
  #killed = false;
  #cancelGrace: Cancel | undefined;
  readonly #killWithUs = (): void => this.#signal('SIGKILL');

  constructor(settings: EncoderProcessSettings) {
    this.#settings = settings;
    const { program, args, host, rungCount, extraCount } = settings;
    const pipes = Array.from({ length: rungCount + extraCount }, () => 'pipe' as const);
    this.#child = host.spawn(program, args, {
      stdio: ['pipe', 'ignore', 'pipe', ...pipes],
      env: childEnvironment(process.env),
      // A group of its own: an interrupt typed at our terminal is ours to hand on, and a kill
      // reaches whatever FFmpeg may have started.
      detached: true,
      shell: false,
    });
    this.#listen();
    const { pid } = this.#child;
    if (pid === undefined) return;
    whenWeEnd(this.#killWithUs);
    try {
      host.setPriority(pid, ENCODER_NICENESS);
    } catch {
      // It has ended already, or the system has no priorities: it runs as it is.
    }
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Bytes written that the pipe has not taken. */
  get waitingBytes(): number {
    return this.#unwrittenBytes;
  }

  /** Descriptors after those of the rungs, as they are. */
  get extras(): readonly Readable[] {
    return this.#readables().slice(this.#settings.rungCount);
  }

  /** Hands `bytes` to the encoder after all that was written before. */
  write(bytes: Uint8Array): void {
    if (this.#inputEnded || this.#exited) return;
    this.#unwritten.push(bytes);
    this.#unwrittenBytes += bytes.length;
    this.#writeOn();
  }

  /** Nothing more will be written: the encoder finishes what it has and ends. */
  endInput(): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    this.#writeOn();
  }

  /** Ends the encoder by force, now or when it has not ended by itself after `graceMs`. */
  kill(graceMs = 0): void {
    if (this.#exited) return;
    if (graceMs > 0) {
      this.#cancelGrace ??= this.#settings.clock.after(graceMs, () => this.kill());
      return;
    }
    this.#killed = true;
    this.#signal('SIGKILL');
  }

  #listen(): void {
    const child = this.#child;
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      this.#lastWords = error.message;
      this.#end({ wasStarted: false, code: null, signal: null });
    });
    child.once('exit', (code, signal) => this.#exit(code, signal));
    child.once('close', (code, signal) => this.#end({ wasStarted: true, code, signal }));
    child.stderr?.on('data', (text: Uint8Array) => {
      this.#lastWords = (this.#lastWords + text.toString()).slice(-MAX_LAST_WORDS);
    });
    child.stderr?.on('error', () => {});
    // A pipe breaks when the process goes; its end is told by `exit`.
    child.stdin?.on('error', () => {});
    for (const [index, pipe] of this.#readables().entries()) {
      pipe.on('error', () => {});
      if (index < this.#settings.rungCount) this.#read(index, pipe);
    }
  }

  #readables(): Readable[] {
    const pipes = this.#pipes().slice(FIRST_RUNG_PIPE);
    return pipes.filter((pipe) => pipe instanceof Readable);
  }

  /** None where the system had no descriptors left for them. */
  #pipes(): ChildProcess['stdio'][number][] {
    return [...(this.#child.stdio ?? [])];
  }

  #read(rung: number, pipe: Readable): void {
    const reader = new FragmentReader();
    pipe.on('data', (bytes: Uint8Array) => {
      if (this.#killed || this.#ended) return;
      try {
        for (const event of reader.push(bytes)) this.#settings.observer.output(rung, event);
      } catch (error) {
        this.kill();
        if (error instanceof Violation) {
          this.#violation = error.code;
          this.#lastWords = error.message;
        } else this.#settings.observer.failed(error);
      }
    });
  }

  /** One piece at a time, so that what the pipe took is known to the sample. */
  #writeOn(): void {
    const { stdin } = this.#child;
    if (this.#isWriting || !(stdin instanceof Writable)) return;
    const bytes = this.#unwritten[0];
    if (bytes === undefined) {
      if (this.#inputEnded) stdin.end();
      return;
    }
    this.#isWriting = true;
    stdin.write(bytes, (error) => {
      this.#isWriting = false;
      if (error) return;
      this.#unwritten.shift();
      this.#unwrittenBytes -= bytes.length;
      this.#writeOn();
    });
  }

  #exit(code: number | null, signal: string | null): void {
    this.#exited = true;
    this.#cancelGrace?.();
    endings.delete(this.#killWithUs);
    // What it wrote last may still be in the pipes; `close` comes when they are read.
    this.#cancelGrace = this.#settings.clock.after(CLOSE_PATIENCE_MS, () => {
      this.#end({ wasStarted: true, code, signal });
    });
  }

  #end(end: Pick<EncoderEnd, 'wasStarted' | 'code' | 'signal'>): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#exited = true;
    this.#cancelGrace?.();
    this.#unwritten.length = 0;
    this.#unwrittenBytes = 0;
    for (const pipe of this.#pipes()) pipe?.destroy();
    const lastWords = this.#lastWords.trim();
    this.#settings.observer.ended({ ...end, violation: this.#violation, lastWords });
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#exited) return;
    try {
      this.#settings.host.signalGroup(pid, signal);
    } catch {
      // The group is gone: `exit` is on its way.
    }
  }
}

/** What is to be done when our own process ends; one listener however many encoders run. */
const endings = new Set<() => void>();
let isWatching = false;

function whenWeEnd(task: () => void): void {
  endings.add(task);
  if (isWatching) return;
  isWatching = true;
  process.once('exit', () => {
    for (const each of endings) each();
  });
}
