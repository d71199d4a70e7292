/** What somebody wants to say in a room, and what comes of it. */
import type { ChatAuthor, ChatFragment, ChatMessage } from '../../../contract/index.ts';
import type { Actor } from '../../store/sql/index.ts';
import { RoomClosedError } from './bus.ts';
import { cleanLine } from './clean-text.ts';
import type { PostRefusal } from './may-post.ts';

/** By what somebody is signed in: whoever it is stays so no longer than that holds. */
export type Bearer =
  | { readonly kind: 'session'; readonly idHash: string; readonly userId: string }
  | { readonly kind: 'token'; readonly id: string }
  | { readonly kind: 'operator' };

/** Who speaks. */
export interface Speaker {
  /** `roles` are those of the account; the room adds what it gave. */
  readonly author: ChatAuthor;
  readonly isGuest: boolean;
  /** Whether it may do here what the broadcaster may: an administrator, the operator. */
  readonly isAdmin?: boolean | undefined;
  /** The peer's IP address; undefined: a program that speaks for others. */
  readonly address?: string | undefined;
  readonly bearer?: Bearer | undefined;
}

/** What somebody wants to say. */
export interface Post extends Speaker {
  /** A command when it begins with `/`. */
  readonly text: string;
  readonly nonce: string | null;
  readonly replyTo: string | undefined;
}

/** How the audit log names who speaks. */
export function actorOfSpeaker({ author, isGuest, address, bearer }: Speaker): Actor {
  const remoteAddress = address ?? null;
  if (bearer?.kind === 'token') return { kind: 'token', id: bearer.id, remoteAddress };
  if (bearer?.kind === 'operator') return { kind: 'operator', id: null, remoteAddress };
  // Who speaks in another's name acts in its own.
  if (bearer?.kind === 'session') return { kind: 'user', id: bearer.userId, remoteAddress };
  return { kind: isGuest ? 'system' : 'user', id: author.id, remoteAddress };
}

/** A message that is in the room. */
export interface Posted {
  readonly message: ChatMessage;
  /** Resolves with whether it is in the database, within seconds. Never rejects. */
  readonly kept: Promise<boolean>;
}

/** A message that the rules of a room do not hold for. */
export interface Statement {
  readonly author: ChatAuthor;
  /** What somebody typed, or what was made of it. */
  readonly words: string | readonly ChatFragment[];
  readonly kind?: ChatMessage['kind'] | undefined;
  readonly nonce?: string | null;
  readonly replyTo?: string | undefined;
}

/** A command that was carried out. */
export interface Commanded {
  /** In words for whoever gave it. */
  readonly commanded: string;
}

/** What came of a post. */
export type PostOutcome = Posted | Commanded | PostRefusal;

/** A command that somebody gave in a room. */
export interface CommandCall {
  readonly streamId: string;
  /** `author` has all its roles. */
  readonly post: Post;
  /** What stands behind the `/`. */
  readonly line: string;
  /** Says something in the room in the name of who gave the command. */
  readonly say: (text: string, kind: ChatMessage['kind']) => Promise<PostOutcome>;
}

/** Carries commands out. */
export type RunCommand = (call: CommandCall) => Promise<PostOutcome>;

/** The command in a text, cleaned as messages are; undefined: it is a message. */
export function commandIn(text: string): string | undefined {
  const line = cleanLine(text);
  return line.startsWith('/') && !line.startsWith('//') ? line.slice(1) : undefined;
}

/** The message in a text that may begin with `//`, which stands for one `/`. */
export function messageIn(text: string): string {
  const line = text.trimStart();
  return line.startsWith('//') ? line.slice(1) : text;
}

/** What came of `work`; where the room was closed meanwhile, that it cannot be said now. */
export async function unlessClosed<T>(work: Promise<T>): Promise<T | PostRefusal> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RoomClosedError)) throw error;
    return { refused: 'chat_unavailable', detail: 'Cannot post: the chat was closed; try again' };
  }
}
