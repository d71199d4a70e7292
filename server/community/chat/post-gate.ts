/** What one room asks of a message before it gets in: its rules, moderation, filters. */
import type { ChatFragment, ChatMessage, ChatSettings } from '../../../contract/index.ts';
import type { Clock } from '../../base/index.ts';
import type { MayPost, PostRefusal } from './may-post.ts';
import type { Post } from './post.ts';
import { isModerator } from './roles.ts';
import { AddressBudget, SlowMode } from './slow-mode.ts';

/** Who is asked, in turn, and by which clock authors wait. */
export interface PostGateSettings {
  readonly streamId: string;
  readonly asked: readonly MayPost[];
  readonly clock: Clock;
}

/** What somebody wants to say. */
interface Worded {
  readonly fragments: readonly ChatFragment[];
  readonly kind?: ChatMessage['kind'];
}

/** See the top of the file. */
export class PostGate {
  readonly #slowMode = new SlowMode();
  readonly #addresses = new AddressBudget();
  readonly #settings: PostGateSettings;

  constructor(settings: PostGateSettings) {
    this.#settings = settings;
  }

  /** An author wrote, here or on another server. */
  wrote(authorId: string): void {
    this.#slowMode.wrote(authorId, this.#settings.clock.monotonicMs());
  }

  /** Why a message may not get in; undefined: it may. */
  async admit(post: Post, said: Worded, settings: ChatSettings): Promise<PostRefusal | undefined> {
    return this.#refusal(post, settings) ?? this.verdict(post, said, settings);
  }

  /** Why the room's own rules keep a message out: guests, slow mode. */
  #refusal({ author, isGuest, address }: Post, settings: ChatSettings): PostRefusal | undefined {
    const { guestsMayPost, slowModeS } = settings;
    if (isModerator(author)) return undefined;
    if (isGuest && !guestsMayPost) {
      return { refused: 'forbidden', detail: 'Cannot post: only who is signed in may write here' };
    }
    const nowMs = this.#settings.clock.monotonicMs();
    const ownMs = this.#slowMode.waitMs(author.id, slowModeS * 1000, nowMs);
    const retryAfterMs =
      ownMs === 0 && isGuest ? this.#addresses.take(address, slowModeS * 1000, nowMs) : ownMs;
    if (retryAfterMs === 0) return undefined;
    const wait = Math.ceil(retryAfterMs / 1000);
    const detail = `Cannot post: one message in ${slowModeS} s; wait ${wait} s`;
    return { refused: 'slow_mode', detail, retryAfterMs };
  }

  /** What moderation and filters say. An author waits for the next message only after one. */
  async verdict(
    { author, isGuest, address, replyTo }: Post,
    { fragments, kind }: Worded,
    settings: ChatSettings,
  ): Promise<PostRefusal | undefined> {
    const { streamId, asked } = this.#settings;
    const attempt = { streamId, author, isGuest, address, replyTo, fragments, kind, settings };
    // Before anything is waited for, so that two at once do not both get through.
    this.wrote(author.id);
    for (const ask of asked) {
      const verdict = ask(attempt);
      const refused = verdict instanceof Promise ? await verdict : verdict;
      if (refused === undefined) continue;
      this.#slowMode.takeBack(author.id);
      return refused;
    }
    return undefined;
  }
}
