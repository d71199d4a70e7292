import type {
  ChatAuthor,
  ChatFragment,
  ChatMessage,
  ChatSettings,
  ErrorCode,
} from '../../../contract/index.ts';

/** Somebody wants to write something. */
export interface PostAttempt {
  readonly streamId: string;
  readonly author: ChatAuthor;
  readonly isGuest: boolean;
  readonly fragments: readonly ChatFragment[];
  readonly settings: ChatSettings;
  /** The id of the message that it answers, as far as its author says. */
  readonly replyTo: string | undefined;
  readonly kind: ChatMessage['kind'];
  /** The peer's IP address; undefined: not known. */
  readonly address: string | undefined;
}

/** Why a message does not get into the room. */
export interface PostRefusal {
  readonly refused: ErrorCode;
  readonly detail: string;
  /** When it may be tried again; undefined: that will not help. */
  readonly retryAfterMs?: number;
}

/**
 * Decides whether a message gets into the room: bans, modes and filters. Asked after the room's own
 * rules (guests, slow mode), after its `Ward`, and before the message has a number. Undefined: it does.
 */
export type MayPost = (
  attempt: PostAttempt,
) => PostRefusal | undefined | Promise<PostRefusal | undefined>;
