/** Channels over a database of their own, for tests. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Refusal } from '../../contract/index.ts';
import { ManualClock, silentLog } from '../base/index.ts';
import { clear, testDatabase } from '../store/sql/database.test-support.ts';
import {
  type Actor,
  type Database,
  type Databases,
  DatabaseUnavailableError,
  type Queryable,
} from '../store/sql/index.ts';
import type { PublishGrant } from './admission.ts';
import { Channels, type ChannelsSettings } from './channels.ts';
import type { Stream, StreamDraft } from './stream.ts';
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
  options: Partial<ChannelsSettings> & {
    readonly database?: SwitchedDatabase;
    /** Another way into the same one. */
    readonly admission?: SwitchedDatabase;
  } = {},
) {
  const { database: given, admission, ...settings } = options;
  const database = given ?? new SwitchedDatabase(await testDatabase());
  if (given === undefined) await clear(database);
  const clock = new ManualClock();
  const close = async () => {};
  const databases: Databases = { control: database, admission: admission ?? database, close };
  const channels = await Channels.open({
    ...{ nodeId: 'nod_test', databases, keys: testKeys, clock, log: silentLog, randomBytes },
    ...settings,
  });
  return { channels, clock, database };
}

const DRAFT: StreamDraft = { broadcasterId: 'anna', title: 'Evening show' };

/** A stream and its key. */
export async function created(channels: Channels, draft: Partial<StreamDraft> = {}) {
  const made = await channels.create({ ...DRAFT, ...draft }, ANNA);
  assert.ok('stream' in made, JSON.stringify(made));
  return made;
}

/** An encoder whose first media came. */
export async function connected(channels: Channels, streamKey: string) {
  const answer = await authorized(channels, streamKey);
  const leave = channels.publishing(answer);
  return { broadcast: channels.beginBroadcast(answer.streamId), leave };
}

/** What a key is granted. */
export async function authorized(channels: Channels, streamKey: string): Promise<PublishGrant> {
  const answer = await channels.authorize({
    ...{ app: 'live', protocol: 'rtmp', streamKey, remoteAddress: '192.0.2.9' },
  });
  assert.ok('granted' in answer, JSON.stringify(answer));
  return answer.granted;
}

/** Why something was refused; `ok` when it was not. */
export const codeOf = (answer: object | Refusal): string =>
  'refused' in answer ? answer.refused : 'ok';

/** Where a stream stands. */
export async function status(
  channels: Channels,
  id: string,
): Promise<Stream['status'] | undefined> {
  return (await channels.get(id))?.status;
}

/** Resolves when everything decided so far is in the database. */
export async function written(channels: Channels): Promise<void> {
  while (channels.unwritten.waiting > 0) await new Promise(setImmediate);
}

/** An event in the outbox. */
export interface EventRow {
  readonly type: string;
  readonly owner_id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What others are told, in order. */
export async function eventsOf(database: SwitchedDatabase): Promise<readonly EventRow[]> {
  return database.query<EventRow>('select type, owner_id, data from events order by position');
}
