/** Who moderates a chat, and whom: names, accounts and roles put together. */
import type { ChatAuthor, Refusal } from '../../../contract/index.ts';
import { type Accounts, actorOf, type Principal } from '../../account/index.ts';
import type { Chat, ChatPlace, Room } from '../../community/chat/index.ts';
import type { Moderation, Moderator, Target } from '../../community/moderation/index.ts';
import { type CommandRun, type Rank, rankOf, reaches } from './command.ts';
import { accountRoles, memberOf } from './people.ts';

/** What the desk knows of. */
export interface ChatDeskParts {
  readonly chat: Chat;
  readonly moderation: Moderation;
  readonly accounts: Accounts;
  readonly placeOf: (streamId: string) => Promise<ChatPlace | undefined>;
}

/** Somebody who may moderate, and where. */
export interface OnDuty {
  readonly by: Moderator;
  /** The same as somebody who speaks. */
  readonly author: ChatAuthor;
  readonly room: Room;
  readonly ownerId: string;
}

/** Who asks for something to be done in a chat over the plain API. */
export interface DutyQuestion {
  readonly principal: Principal;
  readonly streamId: string;
  /** As in "Cannot … : why". */
  readonly verb: string;
  readonly who: Rank;
  readonly remoteAddress: string | null;
}

/** See the top of the file. */
export class ChatDesk {
  readonly moderation: Moderation;
  readonly #parts: ChatDeskParts;

  constructor(parts: ChatDeskParts) {
    this.moderation = parts.moderation;
    this.#parts = parts;
  }

  /** Whoever asks over the plain API, when they may. */
  async onDuty(question: DutyQuestion): Promise<OnDuty | Refusal> {
    const { principal, streamId, verb, who, remoteAddress } = question;
    const { accounts, placeOf, chat } = this.#parts;
    const place = await placeOf(streamId);
    if (place === undefined) {
      const shown = JSON.stringify(streamId.slice(0, 100));
      return { refused: 'stream_not_found', detail: `Cannot ${verb} ${shown}: it is unknown` };
    }
    const room = await chat.room(streamId);
    if (room === undefined) {
      return { refused: 'chat_unavailable', detail: `Cannot ${verb}: too many rooms are open` };
    }
    const { ownerId } = place;
    const { author, isAdmin } = await memberOf(accounts, principal, ownerId);
    const rank = rankOf({ author: { ...author, roles: room.rolesOf(author) }, isAdmin });
    if (!reaches(rank, who)) {
      const detail = `Cannot ${verb}: it takes the ${who} of this chat`;
      return { refused: 'forbidden', detail };
    }
    if (room.isBarred({ author, isAdmin })) {
      return { refused: 'forbidden', detail: `Cannot ${verb}: you may not write in this chat` };
    }
    const by = {
      ...{ streamId, actor: actorOf(principal, remoteAddress) },
      authorId: 'userId' in principal ? principal.userId : null,
      isBroadcaster: rank === 'broadcaster',
    };
    return { by, author, room, ownerId };
  }

  /** Who gave a command. */
  moderatorOf({ streamId, actor, rank, post }: CommandRun): Moderator {
    const isOperator = actor.kind === 'operator';
    return {
      ...{ streamId, actor, isBroadcaster: rank === 'broadcaster' },
      authorId: isOperator ? null : post.author.id,
    };
  }

  /** Who is meant by a name or an id that somebody typed in a room. */
  async targetNamed(streamId: string, room: Room, name: string): Promise<Target | Refusal> {
    const { accounts, placeOf } = this.#parts;
    const ownerId = (await placeOf(streamId))?.ownerId ?? '';
    const seen = room.authorNamed(name);
    if (seen !== undefined) return this.targetOf(seen.id, ownerId, seen.name);
    const account = (await accounts.users.named(name)) ?? (await accounts.users.get(name));
    if (account !== undefined) return this.targetOf(account.id, ownerId, account.displayName);
    if (/^guest_[a-z2-7]{16}$/.test(name)) return { id: name, name, roles: [] };
    const banned = await this.moderation.banOf(streamId, name);
    if (banned !== undefined) return { id: banned.authorId, name: banned.authorName, roles: [] };
    const detail = `Cannot find ${JSON.stringify(name)}: nobody here has that name, and no account`;
    return { refused: 'chatter_not_found', detail };
  }

  /** Somebody by the id, with what the account brings. `otherwise` names who has none. */
  async targetOf(id: string, ownerId: string, otherwise: string): Promise<Target> {
    const account = await this.#parts.accounts.users.get(id);
    if (account === undefined) {
      return { id, name: otherwise, roles: id === ownerId ? ['broadcaster'] : [] };
    }
    return { id, name: account.displayName, roles: accountRoles(account, ownerId) };
  }
}
