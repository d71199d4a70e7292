/** Where people speak up in one room: commands are carried out, messages asked for and said. */
import type { ChatAuthor, ChatMessage, ChatRole, ChatSettings } from '../../../contract/index.ts';
import { toFragments, unfit } from './fragments.ts';
import type { MayPost, PostRefusal } from './may-post.ts';
import {
  type CommandCall,
  commandIn,
  messageIn,
  type Post,
  type Posted,
  type PostOutcome,
  type Statement,
  unlessClosed,
} from './post.ts';
import { PostGate } from './post-gate.ts';
import { PostMemory } from './post-memory.ts';
import type { RoomParts } from './room-parts.ts';

/** The room that is spoken in. */
export interface SpokenRoom {
  readonly streamId: string;
  readonly settings: ChatSettings;
  /** What the author is here, with what the room gave. */
  rolesOf(author: Pick<ChatAuthor, 'id' | 'roles'>): readonly ChatRole[];
  /** Whether somebody is banned here, or timed out. */
  isBarred(post: Pick<Post, 'author' | 'isAdmin'>): boolean;
  /** Puts a message into the room that nobody has to be asked for any more. */
  speak(statement: Statement): Promise<Posted | PostRefusal>;
}

/** See the top of the file. */
export class PostDesk {
  readonly #room: SpokenRoom;
  readonly #parts: RoomParts;
  readonly #gate: PostGate;
  readonly #said: PostMemory;

  /** `moderated` is asked before the filters of `parts`. */
  constructor(room: SpokenRoom, parts: RoomParts, moderated: MayPost) {
    const { clock, mayPost } = parts;
    this.#room = room;
    this.#parts = parts;
    this.#gate = new PostGate({ streamId: room.streamId, clock, asked: [moderated, mayPost] });
    this.#said = new PostMemory(clock);
  }

  /** Takes what somebody wants to say. The same author's same nonce is answered as the first time. */
  take(given: Post): Promise<PostOutcome> {
    const author = { ...given.author, roles: this.#room.rolesOf(given.author) };
    const post = { ...given, author };
    if (post.nonce === null) return this.#answer(post);
    return this.#said.once(author.id, post.nonce, () => this.#answer(post));
  }

  /** The message is in the room, from here or another server; `keep` tells whether it is kept. */
  saw(message: ChatMessage, nonce: string | null, keep: () => Promise<boolean>): void {
    this.#said.saw(message, nonce, keep);
  }

  /** An author wrote, here or on another server, and has to wait for the next message. */
  wrote(authorId: string): void {
    this.#gate.wrote(authorId);
  }

  async #answer(post: Post): Promise<PostOutcome> {
    const line = commandIn(post.text);
    if (line === undefined) return this.#say({ ...post, text: messageIn(post.text) }, undefined);
    const { streamId, settings } = this.#room;
    // Who may not write does not moderate or vote either, whatever else it is here.
    const barred = this.#room.isBarred(post)
      ? await this.#gate.verdict(post, { fragments: [] }, settings)
      : undefined;
    if (barred !== undefined) return barred;
    const say: CommandCall['say'] = (text, kind) => this.#say({ ...post, text }, kind);
    return this.#parts.runCommand({ streamId, post, line, say });
  }

  async #say(post: Post, kind: ChatMessage['kind']): Promise<Posted | PostRefusal> {
    const { author, nonce, replyTo } = post;
    const fragments = toFragments(post.text, this.#parts.emoteOf);
    if (typeof fragments === 'string') return unfit(fragments);
    const refused = await this.#gate.admit(post, { fragments, kind }, this.#room.settings);
    if (refused !== undefined) return refused;
    return unlessClosed(this.#room.speak({ author, words: fragments, kind, nonce, replyTo }));
  }
}
