import { createHash } from 'node:crypto';
import pg from 'pg';
import { DatabaseUnavailableError } from './database.ts';
import { readMigrations } from './migrations.ts';

/** What a PostgreSQL server says about itself; nothing of it is changed by asking. */
export interface PostgresFinding {
  /** Such as `15.14`. */
  readonly version: string;
  readonly major: number;
  /** Migrations that the next start applies. */
  readonly pending: readonly string[];
  /** Migrations that it has and this version does not, or not so. */
  readonly foreign: readonly string[];
}

/** Of the connection and of each answer. */
const LIMIT_MS = 5000;

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

/** Looks at the server at `url`. Throws a `DatabaseUnavailableError` when it gives no answer. */
export async function inspectPostgres(url: string): Promise<PostgresFinding> {
  const limits = { connectionTimeoutMillis: LIMIT_MS, query_timeout: LIMIT_MS };
  const client = new pg.Client({ connectionString: url, application_name: 'millrace', ...limits });
  // A connection that breaks later fails the statement it has.
  client.on('error', () => {});
  try {
    await client.connect();
    return await look(client);
  } catch (error) {
    const { message, code } = Object(error);
    throw new DatabaseUnavailableError(String(message || code), { cause: error });
  } finally {
    await client.end().catch(() => {});
  }
}

async function look(client: pg.Client): Promise<PostgresFinding> {
  const { rows } = await client.query<{ number: string; version: string; isMigrated: boolean }>(
    `select current_setting('server_version_num') as number,
            current_setting('server_version') as version,
            to_regclass('schema_migrations') is not null as "isMigrated"`,
  );
  const [server] = rows;
  const { rows: applied } = server?.isMigrated
    ? await client.query<Applied>('select number, name, checksum from schema_migrations')
    : { rows: [] };
  const known = (await readMigrations()).map(({ number, name, sql }) => ({
    number,
    name,
    checksum: createHash('sha256').update(sql).digest('hex'),
  }));
  const isIn = (list: readonly Applied[], { number, checksum }: Applied): boolean =>
    list.some((each) => each.number === number && each.checksum === checksum);
  return {
    version: server?.version ?? 'unknown',
    major: Math.floor(Number(server?.number) / 10_000),
    pending: known
      .filter(({ number }) => !applied.some((each) => each.number === number))
      .map(({ name }) => name),
    foreign: applied.filter((each) => !isIn(known, each)).map(({ name }) => name),
  };
}
