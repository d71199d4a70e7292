import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Violation } from '../../server/base/index.ts';
import { Corpus } from './corpus.ts';
import { type FuzzOptions, type FuzzRun, runFuzz } from './harness.ts';
import { mutate } from './mutation.ts';
import { Random } from './random.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-fuzz-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const seeds = [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), new TextEncoder().encode('{"sequence":1}')];

function run(options: Partial<FuzzOptions>, changes: Partial<FuzzRun> = {}) {
  const target = options.target ?? (() => undefined);
  const settings = { cases: 5000, seed: 1, corpusFolder: folder, ...changes };
  return runFuzz({ seeds, ...options, target }, settings);
}

test('runFuzz() makes the same inputs from the same seed and others from another', () => {
  const trace = (seed: number): string[] => {
    const inputs: string[] = [];
    run(
      { target: (bytes) => inputs.push(Buffer.from(bytes).toString('hex')) },
      { seed, cases: 500 },
    );
    return inputs;
  };
  assert.deepEqual(trace(1), trace(1));
  assert.notDeepEqual(trace(1), trace(2));
  assert.ok(new Set(trace(1)).size > 400, 'nearly every input is a new one');
});

test('runFuzz() takes a Violation and an allowed error for a proper answer', () => {
  const violating = run({
    target: () => {
      throw new Violation('test_code', 'no');
    },
  });
  assert.equal(violating.refused, 5000 + seeds.length);
  const allowed = (error: unknown): boolean => error instanceof SyntaxError;
  assert.ok(run({ target: (bytes) => JSON.parse(String(bytes)), allowed }).refused > 0);
});

test('runFuzz() fails on any other throw, shrinks the input and keeps it', () => {
  const target = (bytes: Uint8Array): void => {
    if (bytes.includes(0xff)) throw new RangeError('found');
  };
  assert.throws(() => run({ target }), /seed 1 failed: RangeError: found.*input: ff\n/s);
  assert.deepEqual(new Corpus(folder).read(), [Uint8Array.of(0xff)]);
});

test('runFuzz() tries kept inputs before anything else', () => {
  new Corpus(folder).keep(Uint8Array.of(42));
  const first: Uint8Array[] = [];
  run({ target: (bytes) => first.push(bytes) }, { cases: 10 });
  assert.deepEqual(first[0], Uint8Array.of(42));
});

test('runFuzz() reports the input of a target that never ends', { timeout: 60_000 }, () => {
  const target = (bytes: Uint8Array): void => {
    while (bytes.length > 0);
  };
  assert.throws(() => run({ target }), /no end after \d+ ms.*input: 0102030405060708\n/s);
  assert.equal(readdirSync(folder).length, 1);
});

test('runFuzz() refuses a target that returns a promise', () => {
  const later: () => unknown = () => Promise.resolve();
  assert.throws(() => run({ target: () => later() as undefined }), /must be synchronous/);
});

test('runFuzz() runs 100,000 cases of a trivial target in seconds at most', () => {
  const startedMs = performance.now();
  const result = run({}, { cases: 100_000 });
  assert.equal(result.cases, 100_000 + seeds.length);
  assert.ok(performance.now() - startedMs < 10_000);
});

test('runFuzz() ends after the seconds it was given', () => {
  assert.ok(run({}, { seconds: 0.05 }).cases > 100);
});

test('mutate() keeps to the largest size and copes with no and with empty seeds', () => {
  for (let number = 0; number < 3000; number++) {
    assert.ok(mutate(seeds, new Random(3, number), 5).length <= 5);
    mutate([], new Random(3, number), 64);
    mutate([new Uint8Array(0)], new Random(3, number), 64);
  }
});

test('Corpus gives back what it kept, however long', () => {
  const corpus = new Corpus(join(folder, 'deep', 'down'));
  const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index & 0xff);
  assert.deepEqual(corpus.read(), []);
  assert.equal(corpus.keep(bytes), corpus.keep(bytes));
  assert.deepEqual(corpus.read(), [bytes]);
});
