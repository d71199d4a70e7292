/** The chat of this server: its rooms, and what they need of the rest. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Accounts } from '../../account/index.ts';
import type { Clock, Log, RightOfWay } from '../../base/index.ts';
import type { Channels } from '../../channel/index.ts';
import {
  type Bus,
  Chat,
  ChatDoor,
  type ChatPlace,
  ChatReplay,
  type CommandCall,
  LocalBus,
  type MediaMoment,
  MessageKeeper,
  type PostOutcome,
  RedisBus,
  type Room,
  SqlChatStore,
} from '../../community/chat/index.ts';
import { Moderation } from '../../community/moderation/index.ts';
import type { OnAir } from '../../live/index.ts';
import type { RedisLink } from '../../store/shared/index.ts';
import type { Database } from '../../store/sql/index.ts';
import { clientAddress, type UpgradeHandler } from '../http/index.ts';
import { chatCommands } from './all-commands.ts';
import { ChatDesk } from './chat-desk.ts';
import type { Attendant } from './chat-follower.ts';
import { ChatStage } from './chat-stage.ts';
import { runOf } from './command.ts';
import type { CommandTable } from './command-table.ts';
import { accountRoles } from './people.ts';

const EPOCH_BYTES = 9;
/** How long readers may take to close their side when the server stops. */
const GOODBYE_MS = 1_000;

/** What chat needs of the application. */
export interface ChatFaceSettings {
  readonly database: Database;
  /** Undefined where this server is alone. */
  readonly redis: RedisLink | undefined;
  /** The secret that the server keeps outside of its database. */
  readonly pepper: Uint8Array;
  readonly onAir: OnAir;
  readonly channels: Channels;
  readonly accounts: Accounts;
  readonly publicUrl: string | undefined;
  /** Addresses of proxies whose word is taken for who asks, in CIDR. */
  readonly trustedProxies: () => readonly string[] | undefined;
  readonly rightOfWay: RightOfWay;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is told to metrics. */
export type ChatTally = Chat['tally'] & {
  readonly closes: ChatDoor['closes'];
  /** Undefined: this server is alone. */
  readonly isRedisUp: boolean | undefined;
};

/** See the top of the file. */
export class ChatFace {
  readonly chat: Chat;
  readonly replay: ChatReplay;
  readonly stage: ChatStage;
  readonly placeOf: (streamId: string) => Promise<ChatPlace | undefined>;
  readonly commands: CommandTable;
  readonly desk: ChatDesk;
  readonly #door: ChatDoor;
  readonly #redis: RedisLink | undefined;

  constructor(settings: ChatFaceSettings) {
    const { database, pepper, onAir, accounts, channels, publicUrl, clock, log } = settings;
    this.#redis = settings.redis;
    const store = new SqlChatStore(database);
    this.replay = new ChatReplay(database);
    const stage = new ChatStage({
      ...{ database, clock, log },
      roomOf: (streamId) => this.chat.room(streamId),
      liveStream: (streamId) => {
        const stream = channels.onAir(streamId);
        return stream && { streamId: stream.id, title: stream.title };
      },
    });
    this.stage = stage;
    this.chat = new Chat({
      bus: busOf(settings),
      redis: settings.redis,
      store,
      keeper: new MessageKeeper({ store, clock, log }),
      ...{ clock, log, randomBytes },
      random: Math.random,
      nextTurn: setImmediate,
      yieldTo: (task) => settings.rightOfWay.yieldTo(task),
      openWard: (streamId) => this.desk.moderation.openWard(streamId),
      mayPost: (attempt) => stage.filters.mayPost(attempt),
      stage,
      runCommand: (call) => this.#command(call),
      emoteOf: () => undefined,
      onAir: (streamId) => momentOf(onAir, streamId, clock),
      guestKey: createHmac('sha256', pepper).update('chat guests').digest(),
    });
    const placeOf = (streamId: string) => chatPlaceOf(channels, streamId);
    this.placeOf = placeOf;
    const addressKey = createHmac('sha256', pepper).update('chat addresses').digest();
    const roomOf = (streamId: string) => this.#roomOf(streamId);
    const moderation = new Moderation({ database, clock, log, addressKey, roomOf });
    this.desk = new ChatDesk({ chat: this.chat, moderation, accounts, placeOf });
    this.commands = chatCommands(this.desk, stage);
    this.#door = new ChatDoor({
      ...{ chat: this.chat, clock, log, placeOf, publicUrl },
      addressOf: ({ headers, socket: { remoteAddress } }) =>
        clientAddress({ remoteAddress, headers }, settings.trustedProxies()),
    });
  }

  /** What takes the WebSockets. */
  get upgrade(): UpgradeHandler {
    return {
      matches: ChatDoor.accepts,
      handle: (request, socket, head) => this.#door.upgrade(request, socket, head),
    };
  }

  /** Whoever has a socket. */
  *attendants(): Iterable<Attendant> {
    for (const reader of this.#door.readers) {
      yield {
        ...{ bearer: reader.bearer, streamId: reader.streamId },
        signOut: () => reader.close('signed_out'),
        restate: (account, ownerId) =>
          reader.restate(accountRoles(account, ownerId), account.role === 'admin'),
        sendAway: () => reader.close('closed'),
      };
    }
  }

  async #command(call: CommandCall): Promise<PostOutcome> {
    return this.commands.run(runOf(call, await this.#roomOf(call.streamId)));
  }

  async #roomOf(streamId: string): Promise<Room> {
    const room = await this.chat.room(streamId);
    if (room === undefined) throw new Error('Too many rooms are open');
    return room;
  }

  /** What is told to metrics. */
  get tally(): ChatTally {
    const isRedisUp = this.#redis?.isUp;
    return { ...this.chat.tally, closes: this.#door.closes, isRedisUp };
  }

  /** Sends readers away; to be called before the HTTP server closes. */
  async leave(): Promise<void> {
    try {
      await this.stage.leave();
    } finally {
      await this.#door.close(GOODBYE_MS);
    }
  }

  /** Keeps what is not kept yet; to be called before the database closes. */
  async close(): Promise<void> {
    await this.stage.close();
    await this.chat.close();
  }
}

function busOf({ redis, clock, log }: ChatFaceSettings): Bus {
  if (redis !== undefined) return new RedisBus({ link: redis, clock, log, randomBytes });
  return new LocalBus(() => randomBytes(EPOCH_BYTES).toString('base64url'));
}

function momentOf(onAir: OnAir, streamId: string, clock: Clock): MediaMoment | undefined {
  const broadcast = onAir.live(streamId);
  if (broadcast === undefined) return undefined;
  const { id: broadcastId, zeroEpochMs, startedEpochMs } = broadcast;
  // Before the first segment is dated, media time is about the time since the beginning.
  return { broadcastId, streamTimeMs: clock.epochMs() - (zeroEpochMs ?? startedEpochMs) };
}

/** A stream's chat, from memory while it is on air. */
async function chatPlaceOf(channels: Channels, streamId: string): Promise<ChatPlace | undefined> {
  const stream = channels.onAir(streamId) ?? (await channels.get(streamId));
  if (stream === undefined) return undefined;
  return { ownerId: stream.broadcasterId, isOpen: stream.chatEnabled };
}
