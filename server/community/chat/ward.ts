/** What moderation says about people in one room. */
import type { ChatFrame, ChatMessage, ChatRole } from '../../../contract/index.ts';
import type { ChatBar, ChatStanding } from '../../account/index.ts';
import type { MayPost } from './may-post.ts';

/** One room's moderation on this server. Everything but `mayPost` is from memory. */
export interface Ward {
  /** Roles that the author was given in this room. */
  rolesOf(authorId: string): readonly ChatRole[];
  /** Why the author may not write now; undefined: not by a timeout or ban. */
  barOf(authorId: string): ChatBar | undefined;
  /** Somebody's standing has changed, here or on another server. */
  hear(authorId: string, standing: ChatStanding): void;
  /**
   * Reads standings anew, since some may have changed unheard; returns whose are others now.
   * Rejects when the database cannot be asked.
   */
  reread(): Promise<readonly string[]>;
  /** A message is in the room, from here or another server. */
  saw(message: ChatMessage): void;
  /** Timeouts, bans and the room's modes; asked before filters. */
  readonly mayPost: MayPost;
}

/** What an author of these roles is told of the own standing. */
export function standingFrame(roles: readonly ChatRole[], bar: ChatBar | undefined): ChatFrame {
  const untilMs = bar?.untilMs ?? null;
  return { type: 'moderated', roles, isBanned: bar?.untilMs === null, untilMs };
}

/** Begins the moderation of a room. Rejects when the database cannot be asked. */
export type OpenWard = (streamId: string) => Promise<Ward>;

/** Of a room where nobody was given or denied anything. */
export const OPEN_WARD: Ward = {
  rolesOf: () => [],
  barOf: () => undefined,
  hear: () => {},
  reread: async () => [],
  saw: () => {},
  mayPost: () => undefined,
};
