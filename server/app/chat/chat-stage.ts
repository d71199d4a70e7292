/** What stands before everybody in chats, and their filters, joined to the rooms. */
import { randomBytes } from 'node:crypto';
import type { ChatEntry, ChatFrame, Refusal } from '../../../contract/index.ts';
import type { Clock, Log } from '../../base/index.ts';
import type { Room, Stage } from '../../community/chat/index.ts';
import { Pins, PollStore, Polls, Raids, type StageVoice } from '../../community/stage/index.ts';
import type { Actor, Database } from '../../store/sql/index.ts';
import { ChatFilters } from './chat-filters.ts';

/** What the stage needs of the application. */
export interface ChatStageSettings {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** The room of a stream; undefined when there are too many. */
  readonly roomOf: (streamId: string) => Promise<Room> | undefined;
  /** The stream, if it is on air. */
  readonly liveStream: (
    streamId: string,
  ) => { readonly streamId: string; readonly title: string } | undefined;
}

/** See the top of the file. */
export class ChatStage implements Stage {
  readonly filters: ChatFilters;
  readonly pins: Pins;
  readonly polls: Polls;
  readonly raids: Raids;
  readonly #log: Log;

  constructor({ database, clock, log, roomOf, liveStream }: ChatStageSettings) {
    this.#log = log;
    this.filters = new ChatFilters({ database, clock, log, roomOf });
    const voice: StageVoice = {
      tell: async (streamId, frame) => (await roomOf(streamId))?.tell(frame, 'everybody'),
      sayRaid: async (streamId, author, words) => {
        await (await roomOf(streamId))?.speak({ author, words, kind: 'raid' });
      },
    };
    this.pins = new Pins(database, clock, voice);
    const store = new PollStore(database);
    this.polls = new Polls({ ...{ store, clock, log, randomBytes, voice } });
    this.raids = new Raids({
      ...{ database, clock, log, randomBytes, voice, liveStream },
      viewers: async (streamId) => (await roomOf(streamId))?.readers ?? 0,
    });
  }

  async load(streamId: string): Promise<readonly ChatFrame[]> {
    await this.filters.load(streamId);
    const [message, poll] = await Promise.all([
      this.pins.load(streamId),
      this.polls.load(streamId),
    ]);
    return [
      { type: 'pinned', message },
      { type: 'poll', poll },
    ];
  }

  heard(streamId: string, frame: ChatFrame): void {
    this.filters.heard(streamId, frame);
    if (frame.type === 'poll') this.polls.heard(streamId, frame.poll);
    if (frame.type === 'raid') this.raids.heard(streamId, frame.raid);
  }

  saw(streamId: string, entry: ChatEntry): void {
    this.filters.saw(streamId, entry);
    this.polls.saw(streamId, entry);
    this.pins
      .saw(streamId, entry)
      .catch((error: unknown) => this.#log.error({ error }, 'pinned message cannot be taken away'));
  }

  /** Puts a message of the room above it. */
  async pin(room: Room, messageId: string, actor: Actor): Promise<Refusal | undefined> {
    const message = room.findShown(messageId);
    if (message === undefined) {
      const detail = `Cannot pin ${JSON.stringify(messageId)}: it is no recent message here`;
      return { refused: 'message_not_found', detail };
    }
    await this.pins.pin(room.streamId, message, actor);
    return undefined;
  }

  /** Tells readers what will not come to pass any more; to be called while there are some. */
  leave(): Promise<void> {
    return this.raids.leave();
  }

  /** Ends what counts down; what was voted in the last second is kept. */
  async close(): Promise<void> {
    this.raids.close();
    await this.polls.close();
  }
}
