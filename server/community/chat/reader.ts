import type {
  ChatAuthor,
  ChatCloseReason,
  ChatPosition,
  ChatRole,
} from '../../../contract/index.ts';

/** Somebody who reads a room, as far as the room is concerned. */
export interface Reader {
  readonly authorId: string;
  readonly name: string;
  /** What it is by its account; what it was given in the room comes on top. */
  readonly roles: readonly ChatRole[];
  /** Bytes written and not taken by the network yet. */
  readonly unsentBytes: number;
  /**
   * Sends a whole frame; the bytes are shared and not to be changed. Does nothing when the reader
   * has gone. Returns false when much waits to be sent: then `unsentBytes` is worth a look.
   */
  write(frame: Buffer): boolean;
  /** Calls back once when what was written is on its way. Never, when the reader has gone. */
  whenDrained(task: () => void): void;
  /** Ends the connection and says why. */
  close(reason: ChatCloseReason): void;
}

/** Who joins. */
export interface Joining {
  readonly author: ChatAuthor;
  readonly isGuest: boolean;
  /** What a guest shows to be the same again. */
  readonly guest: string | undefined;
  readonly resume: ChatPosition | undefined;
}
