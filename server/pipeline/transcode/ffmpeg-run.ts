/** A short run of FFmpeg for a question about the machine: no shell, a deadline, bounded output. */
import { spawn } from 'node:child_process';
import { childEnvironment } from '../../base/index.ts';

/** How a run ended. */
export interface FfmpegRun {
  /** Whether it ended by itself, without error and in time. */
  readonly succeeded: boolean;
  /** Why it did not, in FFmpeg's own words where it had some. */
  readonly problem: string | undefined;
  readonly stdout: Buffer;
  /** Seconds of processor time, and of time, that it took; NaN without `-benchmark`. */
  readonly cpuS: number;
  readonly wallS: number;
}

/** What is to be run. */
export interface FfmpegTask {
  readonly program: string;
  readonly args: readonly string[];
  /** Written to its standard input. */
  readonly input?: Uint8Array;
  /** Descriptors from 3 on that it writes to; what comes is thrown away. */
  readonly pipes?: number;
  /** Milliseconds after which it is killed. */
  readonly deadlineMs: number;
  /** Kills it when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Enough for a clip of a second and a half; a program that writes more is none of ours. */
const MAX_STDOUT_BYTES = 64 * 1024 * 1024;
const MAX_STDERR_LENGTH = 16_384;

/**
 * Runs FFmpeg to its end; a failure is told in the result. Rejects with the reason of the task's
 * signal, after it has ended.
 */
export function runFfmpeg(task: FfmpegTask): Promise<FfmpegRun> {
  const { signal } = task;
  const { promise, resolve, reject } = Promise.withResolvers<FfmpegRun>();
  if (signal?.aborted) return Promise.reject(signal.reason);
  const extra = Array.from({ length: task.pipes ?? 0 }, () => 'pipe' as const);
  const child = spawn(task.program, task.args, {
    stdio: [task.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...extra],
    env: childEnvironment(process.env),
  });
  const [stdout, outLimit]: [Buffer[], { left: number }] = [[], { left: MAX_STDOUT_BYTES }];
  const kill = (): unknown => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill);
  let text = '';
  let wasLate = false;
  const deadline = setTimeout(() => {
    wasLate = true;
    kill();
  }, task.deadlineMs);
  child.stdout?.on('data', (bytes: Buffer) => {
    outLimit.left -= bytes.length;
    if (outLimit.left < 0) kill();
    else stdout.push(bytes);
  });
  child.stderr?.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(0, MAX_STDERR_LENGTH);
  });
  for (const pipe of child.stdio.slice(3)) {
    if (pipe !== null && pipe !== undefined && 'resume' in pipe) pipe.resume();
  }
  // It may end before it has read all; its exit code tells what that means.
  child.stdin?.on('error', () => undefined).end(task.input);
  const end = (code: number | null, failure: string | undefined): void => {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', kill);
    if (signal?.aborted) reject(signal.reason);
    const late = wasLate ? `no answer within ${task.deadlineMs / 1000} s` : undefined;
    const said = code === 0 ? undefined : (firstLine(text) ?? `it ended with code ${code}`);
    const problem = failure ?? late ?? said;
    const times = timesOf(text);
    resolve({ succeeded: problem === undefined, problem, stdout: Buffer.concat(stdout), ...times });
  };
  child.once('error', (error) => {
    if (child.pid === undefined) end(null, error.message);
  });
  child.once('close', (code) => end(code, undefined));
  return promise;
}

/** The first thing that FFmpeg said is the cause; what follows are its consequences. */
function firstLine(text: string): string | undefined {
  const line = text.split('\n').find((each) => each.trim() !== '');
  return line?.replace(/^(\[[^\]]* @ 0x[0-9a-f]+\] )+/, '').trim();
}

function timesOf(text: string): Pick<FfmpegRun, 'cpuS' | 'wallS'> {
  const [, user, system, wall] = /utime=([\d.]+)s stime=([\d.]+)s rtime=([\d.]+)s/.exec(text) ?? [];
  return { cpuS: Number(user) + Number(system), wallS: Number(wall) };
}
