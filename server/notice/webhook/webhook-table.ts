import type { Role, WebhookView } from '../../../contract/index.ts';
import { mayDo } from '../../account/index.ts';
import type { EventType, Queryable } from '../../store/sql/index.ts';

/** A webhook as it is kept. */
export interface Webhook {
  readonly id: string;
  /** Null: the operator's. */
  readonly ownerId: string | null;
  /** The user who made it; null: whoever holds API_TOKEN. */
  readonly createdBy: string | null;
  readonly url: string;
  readonly description: string;
  readonly eventTypes: readonly EventType[];
  readonly secretVersion: number;
  readonly previousSecretExpiresAt: Date | null;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
  readonly disabledReason: string | null;
}

interface WebhookRow {
  readonly id: string;
  readonly owner_id: string | null;
  readonly created_by: string | null;
  readonly url: string;
  readonly description: string;
  readonly event_types: readonly EventType[];
  readonly secret_version: number;
  readonly previous_secret_expires_at: Date | null;
  readonly created_at: Date;
  readonly disabled_at: Date | null;
  readonly disabled_reason: string | null;
}

const COLUMNS = `id, owner_id, created_by, url, description, event_types, secret_version,
  previous_secret_expires_at, created_at, disabled_at, disabled_reason`;

/** Adds a webhook that is told of events from now on. */
export async function insertWebhook(transaction: Queryable, webhook: Webhook): Promise<void> {
  const { id, ownerId, createdBy, url, description, eventTypes, secretVersion, createdAt } =
    webhook;
  await transaction.query(
    `insert into webhooks
       (id, owner_id, url, description, event_types, secret_version, created_at, created_by,
        from_position)
     values ($1, $2, $3, $4, $5, $6, $7, $8, (select coalesce(max(position), 0) from events))`,
    [id, ownerId, url, description, eventTypes, secretVersion, createdAt, createdBy],
  );
}

/** Keeps what may change of a webhook. */
export async function updateWebhook(transaction: Queryable, webhook: Webhook): Promise<void> {
  await transaction.query(
    `update webhooks set url = $2, description = $3, event_types = $4, secret_version = $5,
       previous_secret_expires_at = $6, disabled_at = $7, disabled_reason = $8
     where id = $1`,
    [
      webhook.id,
      webhook.url,
      webhook.description,
      webhook.eventTypes,
      webhook.secretVersion,
      webhook.previousSecretExpiresAt,
      webhook.disabledAt,
      webhook.disabledReason,
    ],
  );
}

/** What happens while a webhook is disabled is not for it: it begins anew with what comes. */
export async function skipToPresent(transaction: Queryable, webhookId: string): Promise<void> {
  await transaction.query(
    `update webhooks set from_position = (select coalesce(max(position), 0) from events)
     where id = $1`,
    [webhookId],
  );
}

/** Deletes a webhook with its deliveries. */
export async function deleteWebhook(transaction: Queryable, webhookId: string): Promise<void> {
  await transaction.query('delete from webhooks where id = $1', [webhookId]);
}

/** The webhook with this id, locked until the transaction ends; undefined when there is none. */
export async function lockWebhook(
  transaction: Queryable,
  webhookId: string,
): Promise<Webhook | undefined> {
  const [row] = await transaction.query<WebhookRow>(
    `select ${COLUMNS} from webhooks where id = $1 for update`,
    [webhookId],
  );
  return row === undefined ? undefined : webhookOf(row);
}

/** The webhook with this id. */
export async function findWebhook(
  database: Queryable,
  webhookId: string,
): Promise<Webhook | undefined> {
  const [row] = await database.query<WebhookRow>(`select ${COLUMNS} from webhooks where id = $1`, [
    webhookId,
  ]);
  return row === undefined ? undefined : webhookOf(row);
}

/**
 * Whether whoever a webhook speaks to may be told of it by now: its owner, or of the operator's
 * whoever made it. Names that are no account's are the operator's own business.
 */
export async function isEntitled(
  database: Queryable,
  { ownerId, createdBy }: Webhook,
): Promise<boolean> {
  const userId = ownerId ?? createdBy;
  if (userId === null) return true;
  const [user] = await database.query<{ role: Role; disabled_at: Date | null }>(
    'select role, disabled_at from users where id = $1',
    [userId],
  );
  if (user === undefined) return true;
  const principal = { kind: 'user', userId, role: user.role, sessionHash: '' } as const;
  return user.disabled_at === null && mayDo(principal, 'webhook.read', ownerId ?? '') === 'allowed';
}

/** A page of webhooks, newest first. */
export interface WebhookQuery {
  /** Undefined: everybody's. */
  readonly ownerId: string | undefined;
  /** Only those behind this one. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** Ids grow with time, so they say the order of creation. */
export async function listWebhooks(
  database: Queryable,
  { ownerId, after, limit }: WebhookQuery,
): Promise<readonly Webhook[]> {
  const rows = await database.query<WebhookRow>(
    `select ${COLUMNS} from webhooks
     where ($1::text is null or owner_id = $1) and ($2::text is null or id < $2)
     order by id desc limit $3`,
    [ownerId ?? null, after ?? null, limit],
  );
  return rows.map(webhookOf);
}

/** How many webhooks there are, and how many of one owner. */
export async function countWebhooks(
  transaction: Queryable,
  ownerId: string | null,
): Promise<{ readonly all: number; readonly own: number }> {
  const [row] = await transaction.query<{ all: number; own: number }>(
    `select count(*)::int as all,
       (count(*) filter (where owner_id is not distinct from $1))::int as own
     from webhooks`,
    [ownerId],
  );
  return row ?? { all: 0, own: 0 };
}

/** A webhook as the API shows it at `now`. */
export function viewOfWebhook(webhook: Webhook, now: Date): WebhookView {
  const { id, ownerId, url, description, eventTypes, disabledAt, disabledReason } = webhook;
  const overlap = webhook.previousSecretExpiresAt;
  return {
    ...{ id, ownerId, url, description, eventTypes },
    isEnabled: disabledAt === null,
    disabledReason,
    previousSecretExpiresAt: overlap !== null && overlap > now ? overlap.toISOString() : null,
    createdAt: webhook.createdAt.toISOString(),
  };
}

function webhookOf(row: WebhookRow): Webhook {
  return {
    id: row.id,
    ownerId: row.owner_id,
    createdBy: row.created_by,
    url: row.url,
    description: row.description,
    eventTypes: row.event_types,
    secretVersion: row.secret_version,
    previousSecretExpiresAt: row.previous_secret_expires_at,
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
    disabledReason: row.disabled_reason,
  };
}
