/** Accounts for tests: nobody has one yet, and passwords are hashed at once. */
import { randomBytes } from 'node:crypto';
import { type Clock, silentLog } from '../base/index.ts';
import { clear, testDatabase } from '../store/sql/database.test-support.ts';
import { Accounts } from './accounts.ts';
import { LoginLimits } from './login-limits.ts';

/** Empties the test file's database. */
export async function emptyAccounts({
  clock,
  operatorToken,
}: {
  readonly clock: Clock;
  readonly operatorToken?: string | undefined;
}): Promise<Accounts> {
  const database = await testDatabase();
  await clear(database);
  return Accounts.open({
    ...{ database, clock, randomBytes, log: silentLog, operatorToken },
    limits: new LoginLimits(),
    algorithm: {
      hash: async (password) => `kept ${password}`,
      verify: async (kept, password) => kept === `kept ${password}`,
    },
  });
}
