/** Channels over a database of their own, for tests. */
import { randomBytes } from 'node:crypto';
import { ManualClock, silentLog } from '../base/index.ts';
import { clear, testDatabase } from '../store/sql/database.test-support.ts';
import {
  type Actor,
  type Database,
  type Databases,
  DatabaseUnavailableError,
  type Queryable,
} from '../store/sql/index.ts';
import { Channels, type ChannelsSettings } from './channels.ts';
import { StreamKeys } from './stream-key.ts';

/** Somebody who asks from outside. */
export const ANNA: Actor = { kind: 'user', id: 'usr_anna', remoteAddress: '192.0.2.1' };

/** The keys of all channels of `openChannels`. */
export const testKeys = new StreamKeys(Buffer.alloc(32, 7), randomBytes);

/** A database that can be away. */
export class SwitchedDatabase implements Database {
  /** Asked for, but away. */
  refused = 0;
  isAway = false;
  /** While set, questions wait for it. */
  hold: Promise<void> | undefined;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async query<Row extends object>(
    text: string,
    values?: readonly unknown[],
  ): Promise<readonly Row[]> {
    await this.#pass();
    return this.#database.query<Row>(text, values);
  }

  async transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T> {
    await this.#pass();
    return this.#database.transaction(work);
  }

  async close(): Promise<void> {}

  async #pass(): Promise<void> {
    await this.hold;
    if (!this.isAway) return;
    this.refused += 1;
    throw new DatabaseUnavailableError('Cannot ask: the database is away');
  }
}

/** Channels over an empty database, or over `database`, which is left as it is. */
export async function openChannels(
  options: Partial<ChannelsSettings> & { readonly database?: SwitchedDatabase } = {},
) {
  const { database: given, ...settings } = options;
  const database = given ?? new SwitchedDatabase(await testDatabase());
  if (given === undefined) await clear(database);
  const clock = new ManualClock();
  const close = async () => {};
  const databases: Databases = { control: database, admission: database, close };
  const channels = await Channels.open({
    ...{ databases, keys: testKeys, clock, log: silentLog, randomBytes },
    ...settings,
  });
  return { channels, clock, database };
}
