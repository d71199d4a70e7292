/** @module Feeds a parser deterministic hostile bytes and keeps every input that breaks it. */

import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { Violation } from '../../server/base/index.ts';
import { Corpus } from './corpus.ts';
import { mutate } from './mutation.ts';
import { Random } from './random.ts';

/** Cases of one target in the ordinary test run. */
const CASES_DEFAULT = 100_000;
/** Fixed, so that two runs of the same sources try the same inputs. */
const SEED_DEFAULT = 0x5eed;
/** Largest input when a target names none, in bytes. */
const SIZE_DEFAULT_BYTES = 4096;
/** One case that takes longer than this has found a way to stall the server. */
const CASE_MAX_MS = 1000;
/** Time after which a running batch is interrupted, in milliseconds. */
const BATCH_MAX_MS = 3 * CASE_MAX_MS;
/** Cases between two looks at the clock. */
const BATCH_CASES = 500;
/** Attempts to make a failing input smaller before it is kept. */
const SHRINK_TRIES_MAX = 2000;
/** Bytes of the input that are shown in the failure's message; the file holds all of them. */
const SHOWN_BYTES = 256;

/** What to fuzz, and what counts as a proper answer to hostile bytes. */
export interface FuzzOptions {
  /** Well-formed inputs to start from; the more features they show, the deeper a run gets. */
  readonly seeds: readonly Uint8Array[];
  /** Runs the code under test to its end. Must be synchronous; it may keep or change the bytes. */
  readonly target: (bytes: Uint8Array) => void;
  /** Whether a thrown value is a proper refusal; a `Violation` always is. */
  readonly allowed?: (error: unknown) => boolean;
  /** Largest input in bytes; 4,096 when left out. */
  readonly maxSize?: number;
}

/** How long, from which seed, and where failing inputs are kept. */
export interface FuzzRun {
  readonly cases: number;
  readonly seed: number;
  /** When given, the run ends after this many seconds instead of after `cases`. */
  readonly seconds?: number;
  /** Folder of kept inputs. */
  readonly corpusFolder: string;
}

/** What a run without failure did. */
export interface FuzzResult {
  readonly cases: number;
  readonly refused: number;
  readonly slowestMs: number;
}

/**
 * Registers a test that runs FUZZ_CASES mutated inputs (100,000; or FUZZ_SECONDS of them) from
 * FUZZ_SEED through a target. Anything thrown but a `Violation` or an allowed error, a case above
 * one second, or an endless loop fails the test; the input is then kept in `corpus/<name>` and
 * tried first from then on.
 */
export function fuzz(name: string, options: FuzzOptions): void {
  test(`fuzz ${name}`, (context) => {
    const result = runFuzz(options, runFromEnvironment(name));
    const slowest = result.slowestMs.toFixed(1);
    context.diagnostic(
      `${name}: ${result.cases} cases, ${result.refused} refused, slowest ${slowest} ms`,
    );
  });
}

/** The same run without a test around it; throws on the first failing input. */
export function runFuzz(options: FuzzOptions, run: FuzzRun): FuzzResult {
  return new Fuzzer(options, run).run();
}

function runFromEnvironment(name: string): FuzzRun {
  const seconds = readNumber('FUZZ_SECONDS', 0);
  return {
    cases: readNumber('FUZZ_CASES', CASES_DEFAULT),
    seed: readNumber('FUZZ_SEED', SEED_DEFAULT),
    ...(seconds > 0 ? { seconds } : {}),
    corpusFolder: fileURLToPath(new URL(`corpus/${name}`, import.meta.url)),
  };
}

function readNumber(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`Cannot read ${name}: "${text}" is not a whole number`);
}

class Fuzzer {
  readonly #options: FuzzOptions;
  readonly #run: FuzzRun;
  readonly #corpus: Corpus;
  /** Kept inputs, then the target's seeds: tried as they are, then mutated. */
  readonly #known: readonly Uint8Array[];
  #next = 0;
  #refused = 0;
  #slowestMs = 0;
  /** The input on trial, since when, and the best of those that fail; read after an interrupt. */
  #input: Uint8Array = new Uint8Array(0);
  #startedMs = 0;
  #error: { readonly value: unknown } | undefined;

  constructor(options: FuzzOptions, run: FuzzRun) {
    this.#options = options;
    this.#run = run;
    this.#corpus = new Corpus(run.corpusFolder);
    this.#known = [...this.#corpus.read(), ...options.seeds];
  }

  run(): FuzzResult {
    const deadlineMs = performance.now() + 1000 * (this.#run.seconds ?? Number.POSITIVE_INFINITY);
    const cases = this.#run.seconds === undefined ? this.#run.cases : Number.MAX_SAFE_INTEGER;
    const end = Math.min(this.#known.length + cases, Number.MAX_SAFE_INTEGER);
    while (this.#next < end && performance.now() < deadlineMs) {
      const ended = runInterruptibly(() => this.#batch(Math.min(this.#next + BATCH_CASES, end)));
      if (!ended) this.#judgeInterrupted();
      if (this.#error !== undefined) this.#fail(this.#error.value);
    }
    return { cases: this.#next, refused: this.#refused, slowestMs: this.#slowestMs };
  }

  #make(caseNumber: number): Uint8Array {
    const plain = this.#known[caseNumber];
    if (plain !== undefined) return plain.slice();
    const random = new Random(this.#run.seed, caseNumber - this.#known.length);
    return mutate(this.#known, random, this.#options.maxSize ?? SIZE_DEFAULT_BYTES);
  }

  #batch(end: number): void {
    while (this.#next < end) {
      this.#input = this.#make(this.#next);
      this.#error = this.#try(this.#input);
      const tookMs = performance.now() - this.#startedMs;
      if (tookMs > CASE_MAX_MS) this.#confirmSlow(tookMs);
      if (this.#error !== undefined) return;
      if (tookMs > this.#slowestMs) this.#slowestMs = tookMs;
      this.#next++;
    }
  }

  #try(input: Uint8Array): { readonly value: unknown } | undefined {
    this.#startedMs = performance.now();
    try {
      const result: unknown = this.#options.target(input.slice());
      if (result instanceof Promise) throw new TypeError('a fuzz target must be synchronous');
    } catch (error) {
      if (!(error instanceof Violation || this.#options.allowed?.(error))) return { value: error };
      this.#refused++;
    }
    return undefined;
  }

  /** A busy machine can stall any case once; only one that is slow again is at fault. */
  #confirmSlow(firstMs: number): void {
    const fault = this.#try(this.#input);
    const againMs = performance.now() - this.#startedMs;
    if (fault !== undefined || againMs <= CASE_MAX_MS) return;
    const took = `took ${Math.round(firstMs)} ms, then ${Math.round(againMs)} ms`;
    this.#error = { value: new Error(took) };
  }

  /** A batch can be interrupted for its length alone; then it goes on with the case it was at. */
  #judgeInterrupted(): void {
    const tookMs = performance.now() - this.#startedMs;
    if (tookMs <= CASE_MAX_MS) return;
    this.#report(new Error(`no end after ${Math.round(tookMs)} ms`));
  }

  #fail(error: unknown): never {
    const unshrunk = this.#input;
    runInterruptibly(() => this.#shrink(unshrunk, signature(error)));
    this.#report(error);
  }

  #report(error: unknown): never {
    const input = this.#input;
    const path = this.#corpus.keep(input);
    const shown = Buffer.from(input.subarray(0, SHOWN_BYTES)).toString('hex');
    const more = input.length > SHOWN_BYTES ? `… (${input.length} bytes)` : '';
    throw new Error(
      `Fuzz case ${this.#next} of seed ${this.#run.seed} failed: ${describe(error)}\n` +
        `input: ${shown}${more}\nkept as ${path}`,
      { cause: error },
    );
  }

  /** Cuts ever smaller blocks out of the input for as long as it fails in the same way. */
  #shrink(input: Uint8Array, wanted: string): void {
    let best = input;
    let tries = 0;
    for (let block = best.length >> 1; block >= 1; block >>= 1) {
      for (let start = 0; start < best.length && tries < SHRINK_TRIES_MAX; tries++) {
        const smaller = new Uint8Array(Math.max(start, best.length - block));
        smaller.set(best.subarray(0, start));
        smaller.set(best.subarray(start + block), start);
        const fault = this.#try(smaller);
        if (fault !== undefined && signature(fault.value) === wanted) best = smaller;
        else start += block;
        this.#input = best;
      }
    }
  }
}

/** The door through which a script without a scope of its own reaches the batch. */
const BATCH_SLOT: { run: () => void } = { run: () => undefined };
Object.defineProperty(globalThis, Symbol.for('millrace.fuzz.batch'), { value: BATCH_SLOT });
const BATCH_SCRIPT = new Script(`globalThis[Symbol.for('millrace.fuzz.batch')].run()`);

/**
 * Runs to the end, or gives up after BATCH_MAX_MS and returns false. `vm` is what can end an
 * endless loop inside this process, so that the input that caused it is reported like any other.
 */
function runInterruptibly(work: () => void): boolean {
  BATCH_SLOT.run = work;
  try {
    BATCH_SCRIPT.runInThisContext({ timeout: BATCH_MAX_MS });
    return true;
  } catch (error) {
    if (isTimeout(error)) return false;
    throw error;
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

/** Errors of one kind from one line are the same fault, whatever values their text names. */
function signature(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return `${error.name} ${frames[0] ?? ''}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
