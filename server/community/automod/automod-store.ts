import type { AutomodSettings } from '../../../contract/index.ts';
import { type Actor, appendAudit, type Database } from '../../store/sql/index.ts';

/** A filter until its owner says otherwise: there is nothing that it looks for. */
export const DEFAULT_AUTOMOD: AutomodSettings = {
  level: 'standard',
  terms: [],
  links: 'allow',
  domains: [],
};

/** Where the settings of filters outlive the process; see migration 0004. */
export class AutomodStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async load(streamId: string): Promise<AutomodSettings> {
    const [row] = await this.#database.query<AutomodSettings>(
      'select level, links, terms, domains from chat_automod where stream_id = $1',
      [streamId],
    );
    return row ?? DEFAULT_AUTOMOD;
  }

  /** Keeps the settings, and that `actor` made them so. */
  async save(
    streamId: string,
    settings: AutomodSettings,
    by: { readonly actor: Actor; readonly at: Date },
  ): Promise<void> {
    const { level, links, terms, domains } = settings;
    await this.#database.transaction(async (transaction) => {
      await transaction.query(
        `insert into chat_automod (stream_id, level, links, terms, domains, updated_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (stream_id) do update set level = excluded.level, links = excluded.links,
           terms = excluded.terms, domains = excluded.domains, updated_at = excluded.updated_at`,
        [streamId, level, links, JSON.stringify(terms), domains, by.at],
      );
      await appendAudit(transaction, {
        ...by,
        ...{ action: 'chat.automod', objectKind: 'stream', objectId: streamId },
        // The lists themselves may be long, and are not for everybody's eyes.
        changes: { level, links, terms: terms.length, domains: domains.length },
      });
    });
  }
}
