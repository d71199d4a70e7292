import type { Clock, Log } from '../../base/index.ts';
import type { RedisRooms } from './redis-rooms.ts';

/** What all rooms of a server share, as they are carried by Redis. */
export interface RedisRoomParts {
  readonly rooms: RedisRooms;
  readonly node: string;
  /** Whether Redis answers. */
  readonly isUp: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Another name each time. */
  readonly newEpoch: () => string;
  /** A larger number each time. */
  readonly nextEntrance: () => number;
  readonly publish: (channel: string, text: string) => Promise<unknown>;
  /** Whether one more entry may wait to be merged; it then does. */
  readonly takeUnmerged: () => boolean;
  readonly giveUnmerged: (count: number) => void;
  /** Redis answers, and says no to what a room asks of it: for want of memory for instance. */
  readonly refused: (streamId: string, error: unknown) => void;
  /** It does so no more, or nothing is asked any more. */
  readonly accepted: (streamId: string) => void;
}
