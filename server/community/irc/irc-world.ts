/** What the gateway needs of the rest of the server; it knows neither rooms nor accounts itself. */
import type {
  ChatAuthor,
  ChatEntry,
  ChatMessage,
  ChatRole,
  ChatSettings,
  ErrorCode,
} from '../../../contract/index.ts';
import type { Cancel } from '../../base/index.ts';

/** Who hears what happens in a room. Its methods must not throw. */
export interface IrcWatcher {
  /** `nonce` is what the poster called it; null: nothing. */
  entry(entry: ChatEntry, nonce: string | null): void;
  settings(settings: ChatSettings): void;
  /** Nothing will be heard any more. */
  closed(): void;
}

/** Who speaks, as the room has it; the gateway looks at the author alone. */
export interface IrcSpeaker {
  readonly author: ChatAuthor;
}

/** What somebody says. */
export interface IrcPost extends IrcSpeaker {
  readonly isGuest: boolean;
  readonly text: string;
  readonly nonce: string | null;
  readonly replyTo: string | undefined;
  /** The peer's. */
  readonly address: string | undefined;
}

/** Why it was not said. */
export interface IrcRefusal {
  readonly refused: ErrorCode;
  readonly detail: string;
}

/** What became of what somebody said: a message, a no, or the answer to a command. */
export type IrcOutcome =
  | { readonly message: ChatMessage }
  | IrcRefusal
  | { readonly commanded: string };

/** A stream's chat. */
export interface IrcRoom {
  readonly settings: ChatSettings;
  /** One of the latest messages, also when it was taken back. */
  find(id: string): ChatMessage | undefined;
  /** One that was not. */
  findShown(id: string): ChatMessage | undefined;
  /** What the author is here, with what the room gave. */
  rolesOf(author: Pick<ChatAuthor, 'id' | 'roles'>): readonly ChatRole[];
  readonly watchers: { add(watcher: IrcWatcher): Cancel };
  post(post: IrcPost): Promise<IrcOutcome>;
}

/** A stream, as far as a channel of it is concerned. */
export interface IrcPlace {
  readonly streamId: string;
  readonly ownerId: string;
  readonly title: string;
  /** Whether it has a chat now. */
  readonly isOpen: boolean;
}

/** Who bears a token, and may write. */
export interface IrcAccount {
  readonly id: string;
  readonly name: string;
  /** The token's id; undefined: it is the operator's. */
  readonly tokenId: string | undefined;
  /** As whom the account writes in a stream; undefined: the token is worth nothing any more. */
  speakerIn(place: IrcPlace): Promise<IrcSpeaker | undefined>;
}

/** See the top of the file. What is asked rejects without a database. */
export interface IrcWorld {
  /** Undefined: the token is nobody's, or may not write. */
  accountOf(token: string): Promise<IrcAccount | undefined>;
  /** What `#name` is of: a stream's id, or its broadcaster's name. */
  placeOf(name: string): Promise<IrcPlace | undefined>;
  /** Undefined when too many are open. */
  roomOf(streamId: string): Promise<IrcRoom | undefined>;
}
