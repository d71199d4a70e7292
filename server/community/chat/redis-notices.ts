/** What is told in one room without a number, as servers share it through Redis. */
import type { RoomListener, RoomNotice } from './bus.ts';
import type { RedisRoomParts } from './redis-room-parts.ts';
import { UntoldNotices } from './untold-notices.ts';

/** What the notices need of their room. */
export interface RedisNoticesSettings {
  readonly streamId: string;
  readonly parts: Pick<RedisRoomParts, 'rooms' | 'node' | 'publish'>;
  readonly listener: Pick<RoomListener, 'notice'>;
  /** Redis has not taken something. */
  readonly failed: (error: unknown) => void;
}

/** See the top of the file. */
export class RedisNotices {
  readonly #settings: RedisNoticesSettings;
  readonly #untold = new UntoldNotices();

  constructor(settings: RedisNoticesSettings) {
    this.#settings = settings;
  }

  /** Tells all servers by Redis; where it is not shared, only this one for now. */
  async tell(notice: RoomNotice, isShared: boolean): Promise<void> {
    const { listener, failed } = this.#settings;
    if (isShared) {
      try {
        await this.#publish(notice, '');
        return;
      } catch (error) {
        failed(error);
      }
    }
    listener.notice(notice);
    this.#untold.add(notice);
  }

  /** Takes what was published, unless it was heard here when it was told. */
  hear(text: string): void {
    const { parts, listener } = this.#settings;
    const { from, notice } = JSON.parse(text);
    if (from !== parts.node) listener.notice(notice);
  }

  /** Tells the others what they missed while this server was alone. */
  catchUp(): void {
    const { parts, failed } = this.#settings;
    for (const notice of this.#untold.take()) {
      this.#publish(notice, parts.node).catch((error: unknown) => {
        this.#untold.add(notice);
        failed(error);
      });
    }
  }

  /** `from` names the server that has heard it already. */
  #publish(notice: RoomNotice, from: string): Promise<unknown> {
    const { streamId, parts } = this.#settings;
    return parts.publish(parts.rooms.channel(streamId), JSON.stringify({ from, notice }));
  }
}
