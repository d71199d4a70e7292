/** The people of this server: their accounts, and the link by which the first one comes. */
import { randomBytes } from 'node:crypto';
import { Accounts, LoginLimits } from '../account/index.ts';
import type { Clock, Log } from '../base/index.ts';
import type { Databases } from '../store/sql/index.ts';
import type { Configuration } from './config/index.ts';

/** Opens the accounts in the database. */
export function openAccounts({
  databases,
  current,
  clock,
  log,
}: {
  readonly databases: Databases;
  /** The settings as they are now. */
  readonly current: () => Configuration;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Accounts> {
  return Accounts.open({
    database: databases.control,
    clock,
    randomBytes,
    log,
    limits: new LoginLimits(),
    get operatorToken() {
      return current().API_TOKEN;
    },
  });
}

/**
 * What to print at start while the server has no account: where the first administrator makes one.
 * Undefined once there is one. Each start makes a new link and forgets the one before.
 */
export async function setupAddress(accounts: Accounts, page: string): Promise<string | undefined> {
  const secret = await accounts.invitations.openSetup();
  return secret === undefined ? undefined : `${page}/setup/${secret}`;
}
