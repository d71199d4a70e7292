import type { ChatPoll } from '../../../contract/index.ts';
import { type Actor, appendAudit, type Database, type Queryable } from '../../store/sql/index.ts';

/** One vote an author. */
export type Votes = ReadonlyMap<string, number>;

interface PollRow {
  readonly id: string;
  readonly question: string;
  readonly choices: readonly string[];
  readonly started_at: Date;
  readonly ends_at: Date;
  readonly votes: readonly number[] | null;
}

const COLUMNS = 'id, question, choices, started_at, ends_at, to_jsonb(votes) as votes';

/** Where polls and votes outlive the process; see migration 0004. */
export class PollStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The latest poll of a room. */
  async latest(streamId: string): Promise<ChatPoll | undefined> {
    return (await this.list(streamId, 1))[0];
  }

  /** Polls of a room, newest first, with their counts. */
  async list(streamId: string, limit: number): Promise<readonly ChatPoll[]> {
    const rows = await this.#database.query<PollRow>(
      `select ${COLUMNS} from chat_polls where stream_id = $1
       order by started_at desc, id limit $2`,
      [streamId, limit],
    );
    return Promise.all(
      rows.map(async (row) => viewOf(row, row.votes ?? (await countOf(this.#database, row)))),
    );
  }

  /** Keeps a poll that begins. Throws `UniqueViolationError` when another one is open. */
  async open(streamId: string, poll: ChatPoll, actor: Actor): Promise<void> {
    const { id, question, choices, startedAt, endsAt } = poll;
    await this.#database.transaction(async (transaction) => {
      await transaction.query(
        `insert into chat_polls (id, stream_id, question, choices, started_at, ends_at)
         values ($1, $2, $3, $4, $5, $6)`,
        [id, streamId, question, choices.map(({ text }) => text), startedAt, endsAt],
      );
      await appendAudit(transaction, {
        ...{ at: new Date(startedAt), actor, action: 'chat.poll' },
        ...{ objectKind: 'stream', objectId: streamId, changes: { pollId: id, question } },
      });
    });
  }

  /** Lets a poll end earlier. */
  async end(streamId: string, id: string, by: { readonly at: Date; readonly actor: Actor }) {
    await this.#database.transaction(async (transaction) => {
      await transaction.query(
        'update chat_polls set ends_at = $2 where id = $1 and votes is null and ends_at > $2',
        [id, by.at],
      );
      const object = { objectKind: 'stream', objectId: streamId, changes: { pollId: id } };
      await appendAudit(transaction, { ...by, action: 'chat.poll_end', ...object });
    });
  }

  /** Keeps votes, the first of each author, and returns how many each choice has. */
  async vote(poll: ChatPoll, votes: Votes): Promise<readonly number[]> {
    const rows = [...votes].map(([author_id, choice]) => ({ author_id, choice }));
    await this.#database.query(
      `insert into chat_poll_votes (poll_id, author_id, choice)
       select $1, author_id, choice
       from jsonb_to_recordset($2::jsonb) as row(author_id text, choice integer)
       where exists (select from chat_polls where id = $1 and votes is null)
       on conflict do nothing`,
      [poll.id, JSON.stringify(rows)],
    );
    return countOf(this.#database, poll);
  }

  /** Keeps the result and forgets who voted for what; undefined: another server did. */
  close(id: string): Promise<ChatPoll | undefined> {
    return this.#database.transaction(async (transaction) => {
      const [row] = await transaction.query<PollRow>(
        `select ${COLUMNS} from chat_polls where id = $1 and votes is null for update`,
        [id],
      );
      if (row === undefined) return undefined;
      const counts = await countOf(transaction, row);
      await transaction.query('update chat_polls set votes = $2::integer[] where id = $1', [
        id,
        counts,
      ]);
      await transaction.query('delete from chat_poll_votes where poll_id = $1', [id]);
      return viewOf({ ...row, votes: counts }, counts);
    });
  }
}

/** Who is banned by now has no vote; it counts again when the ban is lifted in time. */
async function countOf(
  database: Queryable,
  { id, choices }: { readonly id: string; readonly choices: readonly unknown[] },
): Promise<readonly number[]> {
  const rows = await database.query<{ readonly choice: number; readonly count: number }>(
    `select choice, count(*) as count
     from chat_poll_votes vote join chat_polls poll on poll.id = vote.poll_id
     where poll.id = $1 and not exists (
       select from chat_bans ban where ban.stream_id = poll.stream_id
         and ban.author_id = vote.author_id and ban.expires_at is null)
     group by choice`,
    [id],
  );
  return choices.map((_, index) => Number(rows.find(({ choice }) => choice === index)?.count ?? 0));
}

function viewOf(row: PollRow, counts: readonly number[]): ChatPoll {
  return {
    ...{ id: row.id, question: row.question },
    choices: row.choices.map((text, index) => ({ text, votes: counts[index] ?? 0 })),
    startedAt: row.started_at.toISOString(),
    endsAt: row.ends_at.toISOString(),
    isOpen: row.votes === null,
  };
}
