/** What was said at a moment of a broadcast, for who watches that moment later. */
import type { ChatMessage } from '../../../contract/index.ts';
import type { Database } from '../../store/sql/index.ts';
import { MESSAGE_COLUMNS, type MessageRow, messageOf } from './message-row.ts';

/** A place among the messages of a broadcast: two may be of the same moment. */
export interface ReplayPlace {
  /** Media time, in milliseconds. */
  readonly streamTimeMs: number;
  readonly seq: number;
}

/** Which messages of a broadcast are asked for. */
export interface ReplayRange {
  readonly streamId: string;
  readonly broadcastId: string;
  /** Media time in milliseconds, the first that counts. */
  readonly fromMs: number;
  /** The first that does not count any more; null: to the end. */
  readonly toMs: number | null;
  /** From which end of the range. */
  readonly order: 'oldest' | 'newest';
  /** Goes on behind (or, from the newest on, before) this place. */
  readonly beyond: ReplayPlace | null;
  readonly limit: number;
}

/** Messages oldest first, and where the next page goes on; null: nothing is left. */
export interface ReplayPage {
  readonly messages: readonly ChatMessage[];
  readonly next: ReplayPlace | null;
}

/** See the top of the file. Rejects without a database. */
export class ChatReplay {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The messages of a range that were not taken back, as far as they are kept. */
  async page(range: ReplayRange): Promise<ReplayPage> {
    const { streamId, broadcastId, fromMs, toMs, order, beyond, limit } = range;
    const [sign, way] = order === 'oldest' ? ['>', 'asc'] : ['<', 'desc'];
    const rows = await this.#database.query<MessageRow>(
      `select ${MESSAGE_COLUMNS} from chat_messages
       where broadcast_id = $1 and stream_id = $2 and removed_at is null
         and stream_time_ms >= $3 and ($4::bigint is null or stream_time_ms < $4)
         and ($5::bigint is null or (stream_time_ms, seq) ${sign} ($5, $6::bigint))
       order by stream_time_ms ${way}, seq ${way} limit $7`,
      [
        ...[broadcastId, streamId, fromMs, toMs],
        ...[beyond?.streamTimeMs ?? null, beyond?.seq ?? null, limit + 1],
      ],
    );
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const messages = page.map(messageOf);
    return {
      messages: order === 'oldest' ? messages : messages.reverse(),
      next: last === undefined ? null : { streamTimeMs: last.stream_time_ms, seq: last.seq },
    };
  }
}
