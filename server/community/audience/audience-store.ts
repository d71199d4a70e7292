import type { Database } from '../../store/sql/index.ts';
import type { BroadcastAudience } from './broadcast-tally.ts';

/** Where broadcasts' audiences outlive the process. Every method rejects without a database. */
export interface AudienceStore {
  /** Keeps them; figures that were higher before stay. */
  save(audiences: readonly BroadcastAudience[], now: Date): Promise<void>;
  ofBroadcast(broadcastId: string): Promise<BroadcastAudience | undefined>;
  /** The last one of a stream. */
  latest(streamId: string): Promise<BroadcastAudience | undefined>;
}

interface Row {
  readonly broadcast_id: string;
  readonly stream_id: string;
  readonly peak: number;
  readonly peak_at: Date | null;
  readonly unique_viewers: number;
  readonly is_unique_exact: boolean;
}

const COLUMNS = 'broadcast_id, stream_id, peak, peak_at, unique_viewers, is_unique_exact';

/** Audiences in PostgreSQL's tables, see migration 0005. */
export class SqlAudienceStore implements AudienceStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async save(audiences: readonly BroadcastAudience[], now: Date): Promise<void> {
    const rows = audiences.map((audience) => ({
      broadcast_id: audience.broadcastId,
      stream_id: audience.streamId,
      peak: audience.peak,
      peak_at: audience.peakAtMs === null ? null : new Date(audience.peakAtMs).toISOString(),
      unique_viewers: audience.unique,
      is_unique_exact: audience.isUniqueExact,
    }));
    await this.#database.query(
      `insert into broadcast_audiences as kept (${COLUMNS}, updated_at)
       select ${COLUMNS}, $2
       from jsonb_to_recordset($1::jsonb) as row(broadcast_id text, stream_id text, peak integer,
         peak_at timestamptz, unique_viewers integer, is_unique_exact boolean)
       on conflict (broadcast_id) do update set
         peak = greatest(kept.peak, excluded.peak),
         peak_at = case when excluded.peak > kept.peak then excluded.peak_at else kept.peak_at end,
         unique_viewers = greatest(kept.unique_viewers, excluded.unique_viewers),
         is_unique_exact = excluded.is_unique_exact,
         updated_at = excluded.updated_at`,
      [JSON.stringify(rows), now],
    );
  }

  async ofBroadcast(broadcastId: string): Promise<BroadcastAudience | undefined> {
    const [row] = await this.#database.query<Row>(
      `select ${COLUMNS} from broadcast_audiences where broadcast_id = $1`,
      [broadcastId],
    );
    return row && audienceOf(row);
  }

  async latest(streamId: string): Promise<BroadcastAudience | undefined> {
    const [row] = await this.#database.query<Row>(
      `select ${COLUMNS} from broadcast_audiences where stream_id = $1
       order by updated_at desc limit 1`,
      [streamId],
    );
    return row && audienceOf(row);
  }
}

function audienceOf(row: Row): BroadcastAudience {
  return {
    broadcastId: row.broadcast_id,
    streamId: row.stream_id,
    peak: row.peak,
    peakAtMs: row.peak_at?.getTime() ?? null,
    unique: row.unique_viewers,
    isUniqueExact: row.is_unique_exact,
  };
}
