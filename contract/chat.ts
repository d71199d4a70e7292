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

/** What a message is, when it is not just something that somebody said; `action`: of `/me`. */
export const CHAT_MESSAGE_KINDS = ['announcement', 'raid', 'action'] as const;

/** A message as everybody sees it. */
export interface ChatMessage {
  readonly type: 'message';
  readonly kind?: (typeof CHAT_MESSAGE_KINDS)[number];
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

/** Everything that somebody wrote up to here is to be shown no more: a timeout or a ban. */
export interface ChatPurge {
  readonly type: 'purge';
  readonly seq: number;
  readonly authorId: string;
  readonly authorName: string;
  /** Seconds for which the author may not write; null: banned. */
  readonly durationS: number | null;
}

/** Everything up to here is to be shown no more. */
export interface ChatClear {
  readonly type: 'clear';
  readonly seq: number;
}

/** What a room's numbers are given to, in their order. Pass over a type that you do not know. */
export type ChatEntry = ChatMessage | ChatRemoval | ChatPurge | ChatClear;

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
  /** Only subscribers and VIPs write, besides moderators. */
  readonly subscribersOnly: boolean;
  /** For how many minutes one must follow the stream to write; 0: follow it; null: not at all. */
  readonly followersOnlyMinutes: number | null;
  /** Messages of emotes and emoji alone. */
  readonly emoteOnly: boolean;
  /** Nobody repeats what was said lately. */
  readonly uniqueChat: boolean;
  /** Whether the room is shielded: set and lifted by one call, with what it changed. */
  readonly shield: boolean;
}

/** What is being asked of everybody. Votes are one an author. */
export interface ChatPoll {
  /** `poll_…` */
  readonly id: string;
  readonly question: string;
  readonly choices: readonly { readonly text: string; readonly votes: number }[];
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** When it ends, or ended. ISO 8601, UTC. */
  readonly endsAt: string;
  readonly isOpen: boolean;
}

/** Viewers are to be taken to another stream of this server. */
export interface ChatRaid {
  /** `raid_…` */
  readonly id: string;
  readonly state: 'announced' | 'gone' | 'cancelled';
  /** Why it was cancelled, where nobody asked for that. */
  readonly reason?: 'server_stopped' | 'target_ended';
  readonly streamId: string;
  readonly streamTitle: string;
  /** ISO 8601, UTC. */
  readonly goesAt: string;
  /** Each page waits a part of this by chance behind `goesAt`. */
  readonly spreadMs: number;
}

/** A message that waits for a moderator. */
export interface ChatHeld {
  /** `held_…` */
  readonly id: string;
  readonly author: ChatAuthor;
  readonly fragments: readonly ChatFragment[];
  /** The id of the message that it answers. */
  readonly replyTo?: string;
  readonly kind?: (typeof CHAT_MESSAGE_KINDS)[number];
  /** What was found in it, for moderators. */
  readonly reason: string;
  readonly state: 'waiting' | 'approved' | 'denied' | 'expired';
  /** ISO 8601, UTC. */
  readonly heldAt: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

/** A command: what is typed behind `/`. */
export interface ChatCommandView {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Such as `/timeout <name> [seconds] [reason]`. */
  readonly usage: string;
  /** What it does, in a sentence. */
  readonly help: string;
  /** The least that one has to be. */
  readonly who: 'everybody' | 'moderator' | 'broadcaster';
}

/** Why a client that came back cannot be given just what it missed. */
export type ResyncReason =
  /** The room was begun anew since, and what the client saw last is not kept. */
  | 'other_epoch'
  /** It missed more than is held in memory. */
  | 'too_old'
  /** It names a number that was not given yet. */
  | 'not_yet'
  /** Servers that were apart have put together what was said meanwhile. */
  | 'merged';

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
      /** A command when it begins with `/`; `//` is a message that begins with one. */
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
  /**
   * Comes before `history`: forget what was shown. Something may be missing, but for `merged`, which
   * comes in the middle of a connection: `history` and `entries` tell all of it anew.
   */
  | {
      readonly type: 'resync';
      readonly reason: ResyncReason;
      /** To be remembered in place of that of `welcome`. */
      readonly epoch?: string;
    }
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
      /** To be remembered in place of that of `welcome`: the numbers are of another run now. */
      readonly epoch?: string;
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
  /** Your command was carried out; `text` is its answer, in words for a person. */
  | { readonly type: 'commanded'; readonly nonce: string | null; readonly text: string }
  | { readonly type: 'settings'; readonly settings: ChatSettings }
  /** What stands above the room; null: nothing. */
  | { readonly type: 'pinned'; readonly message: ChatMessage | null }
  /** The poll as it is; null: there is none to show. */
  | { readonly type: 'poll'; readonly poll: ChatPoll | null }
  | { readonly type: 'raid'; readonly raid: ChatRaid }
  /** To moderators alone. */
  | { readonly type: 'held'; readonly held: ChatHeld }
  /** To moderators alone: somebody writes from where a banned author wrote. */
  | { readonly type: 'flagged'; readonly author: ChatAuthor; readonly bannedName: string }
  /** To moderators alone: the filter was set otherwise. */
  | { readonly type: 'automod' }
  | { readonly type: 'viewers'; readonly count: number }
  /** What you are and may do has changed, or is less than it looks. */
  | {
      readonly type: 'moderated';
      readonly roles: readonly ChatRole[];
      readonly isBanned: boolean;
      /** Milliseconds since the Unix epoch until which you may not write; null: no timeout. */
      readonly untilMs: number | null;
    };

/** How long the result of a poll stands before everybody after its end. Milliseconds. */
export const POLL_RESULT_MS = 2 * 60_000;

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
  /** The stream is no more, or has no chat now. */
  closed: 4007,
  /** The session or token by which the ticket was given has ended. Sign in, or come as a guest. */
  signed_out: 4008,
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
