/** The message that stands above each room. */
import type { ChatEntry, ChatMessage } from '../../../contract/index.ts';
import type { Clock } from '../../base/index.ts';
import { type Actor, appendAudit, type Database } from '../../store/sql/index.ts';
import type { StageVoice } from './stage-voice.ts';

/** See the top of the file. */
export class Pins {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #voice: StageVoice;

  constructor(database: Database, clock: Clock, voice: StageVoice) {
    this.#database = database;
    this.#clock = clock;
    this.#voice = voice;
  }

  /** What stands above the room; null: nothing. Rejects when the database cannot be asked. */
  async load(streamId: string): Promise<ChatMessage | null> {
    const [row] = await this.#database.query<{ readonly message: ChatMessage }>(
      'select message from chat_pins where stream_id = $1',
      [streamId],
    );
    return row?.message ?? null;
  }

  /** Puts a message above the room, in the place of the one before. */
  async pin(streamId: string, message: ChatMessage, actor: Actor): Promise<void> {
    const at = new Date(this.#clock.epochMs());
    await this.#database.transaction(async (transaction) => {
      await transaction.query(
        `insert into chat_pins (stream_id, message, pinned_at) values ($1, $2, $3)
         on conflict (stream_id) do update set message = excluded.message,
           pinned_at = excluded.pinned_at`,
        [streamId, JSON.stringify(message), at],
      );
      const changes = { messageId: message.id, authorId: message.author.id };
      const object = { objectKind: 'stream', objectId: streamId };
      await appendAudit(transaction, { at, actor, action: 'chat.pin', ...object, changes });
    });
    await this.#voice.tell(streamId, { type: 'pinned', message });
  }

  /** Takes away what stands above the room. */
  async unpin(streamId: string, actor: Actor): Promise<void> {
    const at = new Date(this.#clock.epochMs());
    await this.#database.transaction(async (transaction) => {
      await transaction.query('delete from chat_pins where stream_id = $1', [streamId]);
      const object = { objectKind: 'stream', objectId: streamId, changes: null };
      await appendAudit(transaction, { at, actor, action: 'chat.unpin', ...object });
    });
    await this.#voice.tell(streamId, { type: 'pinned', message: null });
  }

  /** Takes a pinned message away with what takes it out of sight. */
  async saw(streamId: string, entry: ChatEntry): Promise<void> {
    if (entry.type === 'message') return;
    const pinned = await this.load(streamId);
    if (pinned === null || !conceals(entry, pinned)) return;
    const rows = await this.#database.query(
      `delete from chat_pins where stream_id = $1 and message->>'id' = $2 returning stream_id`,
      [streamId, pinned.id],
    );
    // Every server sees the entry; the one that took the message away tells of it.
    if (rows.length > 0) await this.#voice.tell(streamId, { type: 'pinned', message: null });
  }
}

function conceals(entry: Exclude<ChatEntry, ChatMessage>, message: ChatMessage): boolean {
  if (entry.type === 'removal') return entry.ids.includes(message.id);
  return entry.type === 'clear' || entry.authorId === message.author.id;
}
