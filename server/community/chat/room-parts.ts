import type { Clock } from '../../base/index.ts';
import type { Stage } from './board.ts';
import type { Bus } from './bus.ts';
import type { ChatStore } from './chat-store.ts';
import type { EmoteOf } from './fragments.ts';
import type { MayPost } from './may-post.ts';
import type { MediaMoment } from './media-moment.ts';
import type { MessageKeeper } from './message-keeper.ts';
import type { RunCommand } from './post.ts';
import type { Rereads } from './rereads.ts';
import type { OpenWard } from './ward.ts';

/** What all rooms share. */
export interface RoomParts {
  readonly bus: Bus;
  readonly store: ChatStore;
  readonly keeper: MessageKeeper;
  readonly rereads: Rereads;
  readonly clock: Clock;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** 0 to below 1. */
  readonly random: () => number;
  /** Runs a task after others had their turn: `setImmediate`. */
  readonly nextTurn: (task: () => void) => void;
  /** The same for what is much and can wait for milliseconds; see `RightOfWay`. */
  readonly yieldTo: (task: () => void) => void;
  readonly openWard: OpenWard;
  readonly mayPost: MayPost;
  readonly runCommand: RunCommand;
  readonly stage: Stage;
  readonly emoteOf: EmoteOf;
  /** What of a stream is on air now; undefined: nothing. */
  readonly onAir: (streamId: string) => MediaMoment | undefined;
}
