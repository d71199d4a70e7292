/**
 * The rows of `ingest_endpoints`: where encoders may publish to. The primary one is this server's
 * own; rows that an operator adds for other places stay as they are.
 */
import { newId } from '../base/index.ts';
import type { Database, Queryable } from '../store/sql/index.ts';

/** A place that encoders may publish to. */
export interface IngestEndpoint {
  /** `rtmp://…/live` */
  readonly url: string;
  /** In an operator's words; empty: not said. */
  readonly region: string;
  readonly isPrimary: boolean;
}

/** When it is kept, and what its id is made from. */
export interface KeepingOptions {
  readonly nowMs: number;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** Makes `url` the primary endpoint; null: this server does not know under which name it is found. */
export async function keepPrimaryEndpoint(
  database: Database,
  url: string | null,
  { nowMs, randomBytes }: KeepingOptions,
): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query(
      'delete from ingest_endpoints where is_primary and url is distinct from $1',
      [url],
    );
    if (url === null) return;
    await transaction.query(
      `insert into ingest_endpoints (id, url, is_primary, created_at) values ($1, $2, true, $3)
       on conflict (url) do update set is_primary = true`,
      [newId('ing', nowMs, randomBytes), url, new Date(nowMs)],
    );
  });
}

/** All endpoints, the primary one first. */
export async function listIngestEndpoints(database: Queryable): Promise<readonly IngestEndpoint[]> {
  return database.query<IngestEndpoint>(
    `select url, region, is_primary as "isPrimary" from ingest_endpoints
     order by is_primary desc, region, url`,
  );
}
