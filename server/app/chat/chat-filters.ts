/** The filters of all chats, joined to their rooms. */
import { randomBytes } from 'node:crypto';
import type { ChatEntry, ChatFrame } from '../../../contract/index.ts';
import type { Clock, Log } from '../../base/index.ts';
import { Automod, AutomodStore, HoldQueue, Shield } from '../../community/automod/index.ts';
import type { PostAttempt, PostRefusal, Room } from '../../community/chat/index.ts';
import { type Database, DatabaseUnavailableError } from '../../store/sql/index.ts';

/** What the filters need of the application. */
export interface ChatFilterSettings {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** The room of a stream; undefined when there are too many. */
  readonly roomOf: (streamId: string) => Promise<Room> | undefined;
}

/** See the top of the file. */
export class ChatFilters {
  readonly automod: Automod;
  readonly holds: HoldQueue;
  readonly shield: Shield;
  readonly #log: Log;

  constructor({ database, clock, log, roomOf }: ChatFilterSettings) {
    this.#log = log;
    this.automod = new Automod(new AutomodStore(database), clock);
    this.shield = new Shield(database, clock);
    this.holds = new HoldQueue({
      ...{ database, clock, randomBytes },
      tell: async (streamId, held) => {
        await (await roomOf(streamId))?.tell({ type: 'held', held }, 'moderators');
      },
      say: async (streamId, { author, fragments: words, replyTo, kind }) => {
        await (await roomOf(streamId))?.speak({ author, words, replyTo, kind });
      },
    });
  }

  /** Whether a message gets in; what is held is kept for moderators and refused to its author. */
  async mayPost(attempt: PostAttempt): Promise<PostRefusal | undefined> {
    try {
      const found = await this.automod.judge(attempt);
      if (found === undefined) return undefined;
      const { streamId, author, fragments, replyTo, kind } = attempt;
      if (found.action === 'hold') {
        const isHeld = await this.holds.hold(
          streamId,
          { author, fragments, replyTo, kind },
          found.reason,
        );
        if (isHeld) return { refused: 'message_held', detail: HELD };
      }
      // What was found is not told: it would teach how to get around it.
      return { refused: 'message_rejected', detail: REJECTED };
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      return { refused: 'chat_unavailable', detail: 'Cannot post: try again later' };
    }
  }

  /** A room opens on this server. Rejects when the database cannot be asked. */
  async load(streamId: string): Promise<void> {
    await this.automod.refresh(streamId);
  }

  /** A frame was sent in a room, from here or another server. */
  heard(streamId: string, frame: ChatFrame): void {
    if (frame.type === 'automod') this.#later(this.automod.refresh(streamId));
  }

  /** An entry is in a room, likewise. */
  saw(streamId: string, entry: ChatEntry): void {
    if (entry.type === 'purge') this.#later(this.holds.purge(streamId, entry.authorId));
  }

  #later(task: Promise<void>): void {
    task.catch((error: unknown) => this.#log.error({ error }, 'chat filter failed'));
  }
}

const HELD = 'Your message waits for a moderator: do not send it again';
const REJECTED = 'Cannot post: a filter of this chat does not let the message in';
