/** The people of this server: their accounts, and the link by which the first one comes. */
import { randomBytes } from 'node:crypto';
import { Accounts, LoginLimits } from '../account/index.ts';
import type { Clock, Log } from '../base/index.ts';
import type { Databases } from '../store/sql/index.ts';
import type { Configuration } from './config/index.ts';
import type { GuardSettings } from './http/index.ts';

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

/** Who manages without an account: by token, or from this machine; as the settings are now. */
export function managementOf({
  configuration,
  current,
}: {
  readonly configuration: Configuration;
  readonly current: () => Configuration;
}): GuardSettings {
  return {
    host: configuration.HOST,
    publicUrl: configuration.PUBLIC_URL,
    get token() {
      return current().API_TOKEN;
    },
    get trustedProxies() {
      return current().TRUSTED_PROXIES;
    },
  };
}

/**
 * What to print at start while the server has no account: where the first administrator makes one.
 * Undefined once there is one. Each start makes a new link and forgets the one before.
 */
export async function setupAddress(accounts: Accounts, page: string): Promise<string | undefined> {
  const secret = await accounts.invitations.openSetup();
  return secret === undefined ? undefined : `${page}/setup#${secret}`;
}
