/** What stands before anything is served: the database, and who and what is in it. */
import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Accounts } from '../account/index.ts';
import { type Clock, type Log, RightOfWay } from '../base/index.ts';
import {
  Channels,
  hasStreamKeys,
  importStreamsFile,
  loadNodeId,
  loadPepper,
  StreamKeys,
} from '../channel/index.ts';
import { OnAir } from '../live/index.ts';
import { RedisLink } from '../store/shared/index.ts';
import { type Databases, openDatabases } from '../store/sql/index.ts';
import { ChatFace, ChatFollower, IrcFace } from './chat/index.ts';
import type { Configuration } from './config/index.ts';
import { claimDataFolder } from './data-folder.ts';
import { HealthWatch } from './health/index.ts';
import type { TlsKeyPair } from './http/index.ts';
import { Notices } from './notices.ts';
import { openAccounts } from './people.ts';
import { assertPortsFree } from './port-check.ts';
import { ViewersFace } from './viewers.ts';

/** See the top of the file. */
export interface Ground {
  readonly channels: Channels;
  readonly accounts: Accounts;
  readonly databases: Databases;
  /** Undefined where this server is alone. */
  readonly redis: RedisLink | undefined;
  readonly notices: Notices;
  /** Seals kept answers. A key of its own: nothing made with it can stand for a stream key's hash. */
  readonly answerRoot: Uint8Array;
  readonly chat: ChatFace;
  readonly irc: IrcFace;
  readonly follower: ChatFollower;
  readonly viewers: ViewersFace;
  readonly onAir: OnAir;
  readonly health: HealthWatch;
  /** Chat gives way by it to viewers who waited for media. */
  readonly rightOfWay: RightOfWay;
  /** Leaves Redis, and gives the data folder back. */
  readonly release: () => Promise<void>;
}

/** What the ground is prepared from. */
export interface GroundSettings {
  readonly configuration: Configuration;
  /** What counts by now, as far as it may change while the server runs. */
  readonly current: () => Configuration;
  /** Contents of TLS_CERT and TLS_KEY. */
  readonly tls: TlsKeyPair | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Takes the data folder and opens what is in it. Throws the parts' own errors; whatever was opened
 * before is closed again.
 */
export async function prepareGround(settings: GroundSettings): Promise<Ground> {
  const { configuration, current, clock, log } = settings;
  const { DATA_DIR: folder, DATABASE_URL: url, REDIS_URL } = configuration;
  const release = await claimDataFolder(folder);
  let redis: RedisLink | undefined;
  const leave = (): Promise<void> => {
    redis?.close();
    return release();
  };
  try {
    if (REDIS_URL !== undefined) redis = await RedisLink.open({ url: REDIS_URL, clock, log });
    // Before the database, which takes seconds to make, and which nobody wants of a failed start.
    await assertPortsFree(configuration);
    const databases = await openDatabases({ url, folder, log, clock });
    try {
      const database = databases.control;
      await importStreamsFile({ path: join(folder, 'streams.json'), database, randomBytes, log });
      const hasKeys = await hasStreamKeys(database);
      const pepper = await loadPepper({ folder, hasKeys, randomBytes });
      const keys = new StreamKeys(pepper, randomBytes);
      const nodeId = await loadNodeId(folder, clock.epochMs(), randomBytes);
      const channels = await Channels.open({
        ...{ nodeId, databases, keys, clock, log, randomBytes },
        reconnectWindowMs: () => current().RECONNECT_WINDOW * 1000,
      });
      const accounts = await openAccounts({ databases, current, clock, log });
      const { WEBHOOK_ALLOW_LOCAL: allowsLoopback } = configuration;
      const notices = new Notices({ database, pepper, allowsLoopback, clock, log });
      channels.watchChanges(() => notices.wake());
      const answerRoot = createHmac('sha256', pepper).update('kept answers').digest();
      const onAir = new OnAir();
      const rightOfWay = new RightOfWay(clock, setImmediate);
      const publicUrl = configuration.PUBLIC_URL;
      const trustedProxies = () => current().TRUSTED_PROXIES;
      const chat = new ChatFace({
        ...{ database, redis, pepper, onAir, accounts, channels, publicUrl, clock, log },
        ...{ rightOfWay, trustedProxies },
      });
      const irc = new IrcFace({
        ...{ chat: chat.chat, channels, accounts, database, clock, log },
        ...{ configuration, tls: settings.tls, rightOfWay, trustedProxies },
      });
      const follower = new ChatFollower({
        ...{ database, accounts, chat: chat.chat, clock, log },
        attendants: () => [...chat.attendants(), ...irc.attendants()],
      });
      const viewers = new ViewersFace({
        ...{ database, link: redis, pepper, onAir, channels, clock, log },
        trustedProxies,
        tell: (streamId, count) => chat.chat.tellHere(streamId, { type: 'viewers', count }),
      });
      const health = new HealthWatch({
        ...{ onAir, clock },
        isWaiting: (streamId) => channels.onAir(streamId)?.status === 'reconnecting',
        changed: ({ streamId, id }, change) => channels.noteHealth(streamId, id, change),
      });
      const stores = { databases, redis, release: leave };
      const people = { channels, accounts, notices, chat, irc, follower, viewers };
      return { ...stores, ...people, onAir, health, rightOfWay, answerRoot };
    } catch (error) {
      await databases.close();
      throw error;
    }
  } catch (error) {
    await leave();
    throw error;
  }
}
