import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/index.ts';
import { DatabaseUnavailableError } from './database.ts';
import { runTransaction } from './transaction.ts';

const HOUR_MS = 3_600_000;

test('runTransaction() takes as long as it does without a limit, and no longer with one', async () => {
  const clock = new ManualClock();
  const ran: string[] = [];
  const run = async (text: string): Promise<object[]> => {
    ran.push(text);
    clock.advance(HOUR_MS);
    return [];
  };
  const work = (): Promise<string> => Promise.resolve('done');
  const { promise: never } = Promise.withResolvers<string>();
  assert.equal(await runTransaction(run, work, { clock, limitMs: undefined }), 'done');
  assert.deepEqual(ran.splice(0), ['begin', 'commit']);
  const late = runTransaction(run, () => never, { clock, limitMs: 10_000 });
  const refused = assert.rejects(late, DatabaseUnavailableError);
  await new Promise(setImmediate);
  clock.advance(10_000);
  await refused;
  assert.deepEqual(ran, ['begin', 'rollback']);
});
