/**
 * Carries rooms between servers through Redis. Each server follows the channels of the rooms that it
 * has open, over one connection: a message reaches a server once, however many read it there.
 */
import type { Cancel, Clock, Log } from '../../base/index.ts';
import type { RedisLink } from '../../store/shared/index.ts';
import type { Bus, BusRoom, RoomListener } from './bus.ts';
import { RedisRoom } from './redis-room.ts';
import type { RedisRoomParts } from './redis-room-parts.ts';
import { RedisRooms } from './redis-rooms.ts';

/** Entries said alone that wait for Redis, in all rooms: two minutes of 500 a second. */
const MOST_UNMERGED = 60_000;
const NODE_BYTES = 9;

/** What a bus needs of the application. */
export interface RedisBusSettings {
  readonly link: RedisLink;
  readonly clock: Clock;
  readonly log: Log;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** See the top of the file. */
export class RedisBus implements Bus {
  readonly #link: RedisLink;
  readonly #parts: RedisRoomParts;
  readonly #rooms = new Set<RedisRoom>();
  readonly #cancelWatch: Cancel;
  #entrances = 0;
  #unmerged = 0;
  /** Streams whose rooms Redis says no to. */
  readonly #refused = new Set<string>();

  constructor({ link, clock, log, randomBytes }: RedisBusSettings) {
    const name = (): string => Buffer.from(randomBytes(NODE_BYTES)).toString('base64url');
    this.#link = link;
    this.#parts = {
      ...{ rooms: new RedisRooms(link), node: name(), clock, log, newEpoch: name },
      isUp: () => link.isUp,
      nextEntrance: () => {
        this.#entrances += 1;
        return this.#entrances;
      },
      publish: (channel, text) => link.send('PUBLISH', channel, text),
      takeUnmerged: () => {
        if (this.#unmerged >= MOST_UNMERGED) return false;
        this.#unmerged += 1;
        return true;
      },
      giveUnmerged: (count) => {
        this.#unmerged -= count;
      },
      // Once for all rooms: thousands are refused for one and the same reason.
      refused: (streamId, error) => {
        if (this.#refused.size === 0) {
          log.warn({ error, streamId }, 'chat rooms cannot be shared for now');
        }
        this.#refused.add(streamId);
      },
      accepted: (streamId) => {
        const wasLast = this.#refused.delete(streamId) && this.#refused.size === 0;
        if (wasLast) log.info({}, 'chat rooms are shared again');
      },
    };
    this.#cancelWatch = link.watch((isUp) => {
      for (const room of this.#rooms) {
        if (isUp) void room.merge();
        else room.goAlone();
      }
    });
  }

  async open(streamId: string, lastSeq: number, listener: RoomListener): Promise<BusRoom> {
    const room = new RedisRoom(streamId, this.#parts, { lastSeq, listener });
    this.#rooms.add(room);
    const channel = this.#parts.rooms.channel(streamId);
    const leave = await this.#link.subscribe(channel, (text) => room.hear(text));
    await room.open();
    return {
      get epoch() {
        return room.epoch;
      },
      publish: (draft, nonce) => room.publish(draft, nonce),
      tell: (notice) => room.tell(notice),
      close: () => {
        this.#rooms.delete(room);
        leave();
        room.close();
      },
    };
  }

  /** Hears no more of Redis. */
  close(): void {
    this.#cancelWatch();
  }
}
