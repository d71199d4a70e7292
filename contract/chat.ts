/** The chat of a stream: what travels over its WebSocket and its plain API. */

/** Version of the frames; a client names the one it speaks when it joins. */
export const CHAT_VERSION = 1;

/** Characters (code points) of a message, after it was cleaned. */
export const MAX_CHAT_LENGTH = 500;

/** What somebody is in a room, besides a viewer. */
export const CHAT_ROLES = ['broadcaster', 'moderator', 'vip', 'subscriber'] as const;

/** See `CHAT_ROLES`. */
export type ChatRole = (typeof CHAT_ROLES)[number];

/** Who wrote. */
export interface ChatAuthor {
  /** An account's id, `guest_…`, or whatever an operator calls the author. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly ChatRole[];
}

/** A piece of a message. `text` is always what was written: plain text, never markup. */
export type ChatFragment =
  | { readonly type: 'text'; readonly text: string }
  /** `@name`; `name` is without the sign. */
  | { readonly type: 'mention'; readonly text: string; readonly name: string }
  /** `url` is http or https, without credentials. */
  | { readonly type: 'link'; readonly text: string; readonly url: string }
  | { readonly type: 'emote'; readonly text: string; readonly emote: string };

/** A message as everybody sees it. */
export interface ChatMessage {
  readonly type: 'message';
  /** Grows by one with every entry of the room. */
  readonly seq: number;
  /** `msg_…` */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  /** Seconds of media time of its broadcast; 0 while nothing is on air. */
  readonly streamTime: number;
  /** Null while nothing is on air. */
  readonly broadcastId: string | null;
  readonly author: ChatAuthor;
  readonly fragments: readonly ChatFragment[];
  /** The id of the message that it answers. */
  readonly replyTo?: string;
  /** Paid for: never left out of a sample. */
  readonly isPaid?: true;
}

/** Messages that are to be shown no more. */
export interface ChatRemoval {
  readonly type: 'removal';
  readonly seq: number;
  readonly ids: readonly string[];
}

/** What a room's numbers are given to, in their order. */
export type ChatEntry = ChatMessage | ChatRemoval;

/** Where a client was: an epoch that `welcome` told it, and the last number that it has seen. */
export interface ChatPosition {
  readonly epoch: string;
  readonly seq: number;
}

/** What a room's owner decides. */
export interface ChatSettings {
  /** Seconds that one author waits between two messages; 0: none. Moderators do not wait. */
  readonly slowModeS: number;
  /** Whether guests may write; they may always read. */
  readonly guestsMayPost: boolean;
}

/** Why a client that came back cannot be given just what it missed. */
export type ResyncReason =
  /** The room was begun anew since, and what the client saw last is not kept. */
  | 'other_epoch'
  /** It missed more than is held in memory. */
  | 'too_old'
  /** It names a number that was not given yet. */
  | 'not_yet';

/** What a client sends: text frames of JSON, the first of them `join`. */
export type ChatRequest =
  | {
      readonly type: 'join';
      readonly v: number;
      /** Of `POST /api/streams/{id}/chat/ticket`; without one the client is a guest. */
      readonly ticket?: string;
      /** Of an earlier `welcome`: the guest stays who it was. */
      readonly guest?: string;
      /** Where it was; without it the client is sent recent history. */
      readonly resume?: ChatPosition;
    }
  | {
      readonly type: 'post';
      readonly text: string;
      /** Up to 64 printable characters of ASCII, repeated in the answer; the same one again is not posted again. */
      readonly nonce?: string;
      readonly replyTo?: string;
    };

/** What the server sends: text frames of JSON. */
export type ChatFrame =
  | {
      readonly type: 'welcome';
      readonly v: number;
      readonly epoch: string;
      /** The number of the last entry so far. */
      readonly seq: number;
      readonly you: ChatAuthor & { readonly isGuest: boolean };
      /** For the next `join` of a guest. */
      readonly guest?: string;
      readonly settings: ChatSettings;
      /** Whether what was missed follows in `entries`; else `history` comes first. */
      readonly isResumed: boolean;
    }
  /** Comes before `history`: forget what was shown, something may be missing. */
  | { readonly type: 'resync'; readonly reason: ResyncReason }
  /** The latest messages, oldest first; what follows begins behind `seq`. */
  | {
      readonly type: 'history';
      readonly seq: number;
      readonly entries: readonly ChatMessage[];
    }
  /** Everything behind the last frame up to `seq`, but `skipped` messages of a storm. */
  | {
      readonly type: 'entries';
      readonly seq: number;
      readonly skipped: number;
      readonly entries: readonly ChatEntry[];
    }
  /** Your message is in the room; `isKept`: and in the database. */
  | {
      readonly type: 'posted';
      readonly nonce: string | null;
      readonly id: string;
      readonly seq: number;
      readonly isKept: boolean;
    }
  /** Your message is not in the room. */
  | {
      readonly type: 'refused';
      readonly nonce: string | null;
      /** A code of the server's errors. */
      readonly code: string;
      readonly detail: string;
      readonly retryAfterMs: number | null;
    }
  | { readonly type: 'settings'; readonly settings: ChatSettings };

/** Close codes of the socket, besides those of RFC 6455 (1001 going away, 1009 too big). */
export const CHAT_CLOSE = {
  /** No `join` within ten seconds. */
  join_timeout: 4000,
  /** A frame is not what this version knows. Do not come back with the same. */
  bad_frame: 4001,
  /** The ticket was used, has expired, or is for another stream. Get another. */
  bad_ticket: 4002,
  /** Too many frames in a short time. */
  flood: 4003,
  /** Did not read what it was sent. Come back with `resume`. */
  too_slow: 4004,
  /** The room cannot be opened now. Come back later. */
  unavailable: 4005,
  /** Nothing came back for a minute. */
  silent: 4006,
} as const;

/** See `CHAT_CLOSE`. */
export type ChatCloseReason = keyof typeof CHAT_CLOSE;

/** The answer to a post over the plain API. */
export type ChatPostView = ChatMessage & {
  /** Whether it is in the database; false: it is shown, and would be lost if the server died now. */
  readonly isKept: boolean;
};

/** A ticket for one `join`. */
export interface ChatTicketView {
  readonly ticket: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}
