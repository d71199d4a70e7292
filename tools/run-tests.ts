/**
 * Runs all tests, or the files that are named: `node_modules/.bin/node tools/run-tests.ts [FILE ...]`.
 * What is measured in real time has the machine to itself, behind all others.
 */
import { globSync } from 'node:fs';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import report from './test-reporter.ts';

const ALL = '{contract,server,web,tools,test}/**/*.test.ts';
/** What tests install brings tests of its own. */
const OTHERS = '**/node_modules/**';
/** Browsers draw there while encoders run: a neighbour that takes a processor is seen in the picture. */
const ALONE = /^(?:\.\/)?test\/playback\//;
/** More than processors: half of their time tests wait. */
const AT_ONCE = 3;
/** For one file. */
const PATIENCE_MS = 180_000;

const [, , ...named] = process.argv;
const files = (named.length > 0 ? named : globSync(ALL, { exclude: [OTHERS] })).toSorted();

async function* events(): AsyncGenerator<TestEvent> {
  const isAlone = (file: string): boolean => ALONE.test(file);
  const turns = [
    { files: files.filter((file) => !isAlone(file)), concurrency: AT_ONCE },
    { files: files.filter(isAlone), concurrency: 1 },
  ];
  for (const turn of turns) {
    // With no files it would look for some by itself.
    if (turn.files.length === 0) continue;
    for await (const event of run({ ...turn, timeout: PATIENCE_MS })) {
      if (event.type === 'test:fail') process.exitCode = 1;
      yield event;
    }
  }
}

for await (const text of report(events())) process.stdout.write(text);
