/**
 * @module Reports a run of hundreds of test files so that a person can read it: one line a file,
 * failures and skipped tests in full, and the runner's own totals, summed, as the closing lines.
 */
import { relative } from 'node:path';
import type { EventData } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

/** Totals as the runner names them; a diagnostic of a test may not pass for one of them. */
const TOTALS = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;
/** How the runner marks a test that failed only because one inside it did. */
const FAILED_INSIDE = 'subtestsFailed';

/** The reporter that `node --test --test-reporter` and `run-tests.ts` are given. */
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failures: string[] = [];
  const totals = new Map<string, number>();
  for await (const event of source) {
    if (event.type === 'test:fail' && !isFailedInside(event.data)) {
      failures.push(describeFailure(event.data));
    }
    const total = event.type === 'test:diagnostic' ? totalIn(event.data) : undefined;
    if (total === undefined) yield describe(event);
    else totals.set(total.name, (totals.get(total.name) ?? 0) + total.count);
  }
  if (failures.length > 0) yield `\nFailed tests:\n\n${failures.join('\n')}`;
  yield `\n${[...totals].map(([name, count]) => `# ${name} ${count}\n`).join('')}`;
}

function describe(event: TestEvent): string {
  switch (event.type) {
    case 'test:pass':
      return event.data.skip === undefined ? '' : describeSkip(event.data);
    case 'test:fail':
      return isFailedInside(event.data) ? '' : `  ✖ ${event.data.name}\n`;
    case 'test:stdout':
    case 'test:stderr':
      return event.data.message;
    case 'test:diagnostic':
      return `  ${event.data.message}\n`;
    case 'test:summary':
      return event.data.file === undefined ? '' : describeFile(event.data, event.data.file);
    default:
      return '';
  }
}

/** Only the runner itself reports without a file, and only the totals are counts; each of its turns has some. */
function totalIn({ file, message }: EventData.TestDiagnostic) {
  const [, name, count] = (file === undefined && TOTALS.exec(message)) || [];
  return name === undefined ? undefined : { name, count: Number(count) };
}

function isFailedInside({ details }: EventData.TestFail): boolean {
  return 'failureType' in details.error && details.error.failureType === FAILED_INSIDE;
}

function describeSkip({ name, skip }: EventData.TestPass): string {
  return `  ﹣ skipped: ${name}${typeof skip === 'string' ? ` (${skip})` : ''}\n`;
}

function describeFile(summary: EventData.TestSummary, file: string): string {
  const { counts, success } = summary;
  const mark = success ? '✔' : '✖';
  const took = `${(summary.duration_ms / 1000).toFixed(1)} s`;
  const few = counts.tests === 1 ? '1 test' : `${counts.tests} tests`;
  return `${mark} ${relative('.', file)}  ${few}, ${took}\n`;
}

function describeFailure({ name, file, line, details }: EventData.TestFail): string {
  const place = file === undefined ? '' : ` (${relative('.', file)}:${line ?? 1})`;
  const reason = inspect(details.error.cause ?? details.error);
  return `✖ ${name}${place}\n${reason.replaceAll(/^/gm, '  ')}\n`;
}
