/** The webhooks of a server: made, changed, tested and replayed by their owners. */
import type {
  DeliveryView,
  FieldProblem,
  Refusal,
  WebhookTestResult,
  WebhookView,
  WebhookWithSecret,
} from '../../../contract/index.ts';
import { type Clock, newId } from '../../base/index.ts';
import {
  type Actor,
  appendAudit,
  type Database,
  type EventType,
  type Queryable,
} from '../../store/sql/index.ts';
import { type GuardPolicy, readWebhookUrl } from './address-guard.ts';
import type { Courier } from './courier.ts';
import { failPending, listDeliveries, requeue } from './delivery-table.ts';
import { isAccepted, wordsOf } from './line.ts';
import {
  countWebhooks,
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  lockWebhook,
  skipToPresent,
  updateWebhook,
  viewOfWebhook,
  type Webhook,
} from './webhook-table.ts';

/** Webhooks of one owner. */
export const MOST_OF_ONE = 20;
/** Webhooks of all. Each look at what is due asks for every one of them. */
export const MOST_OF_ALL = 1000;
/** Test deliveries of one owner's webhooks in one window: each speaks to somebody outside. */
export const MOST_TESTS = 10;
const TEST_WINDOW_MS = 60_000;
/** How long the secret before signs as well, so that the receiver can be changed in peace. */
export const SECRET_OVERLAP_MS = 24 * 3_600_000;

/** What a webhook is made of. */
export interface WebhookDraft {
  /** Null: the operator's, told of everything. */
  readonly ownerId: string | null;
  /** The user who makes it; null: whoever holds API_TOKEN. */
  readonly createdBy: string | null;
  readonly url: string;
  readonly description: string;
  /** Empty: every type. */
  readonly eventTypes: readonly EventType[];
}

/** What may change; what is undefined stays. */
export interface WebhookChanges {
  readonly url?: string | undefined;
  readonly description?: string | undefined;
  readonly eventTypes?: readonly EventType[] | undefined;
  readonly isEnabled?: boolean | undefined;
}

/** Which page of deliveries is asked for. */
export interface DeliveryPageQuery {
  readonly status: DeliveryView['status'] | undefined;
  /** Position of the last one of the page before. */
  readonly before: number | undefined;
  readonly limit: number;
}

/** What webhooks need. */
export interface WebhooksSettings {
  readonly database: Database;
  readonly clock: Clock;
  readonly courier: Courier;
  readonly policy: GuardPolicy;
  /** Cryptographically strong bytes. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** Called when something was put in line again. */
  readonly requeued: () => void;
}

/** See the top of the file. Whether the caller may is decided before any of these is called. */
export class Webhooks {
  readonly #settings: WebhooksSettings;
  /** By owner, when the present window began and what was tested in it. At most one each webhook. */
  readonly #tests = new Map<string | null, { readonly beganMs: number; count: number }>();

  constructor(settings: WebhooksSettings) {
    this.#settings = settings;
  }

  /** Makes a webhook that is told of what happens from now on. */
  async create(draft: WebhookDraft, actor: Actor): Promise<WebhookWithSecret | Refusal> {
    const { database, clock, randomBytes, policy } = this.#settings;
    const url = readWebhookUrl(draft.url, policy);
    if ('wrong' in url) return wrongUrl(url.wrong);
    const createdAt = new Date(clock.epochMs());
    const webhook: Webhook = {
      ...draft,
      id: newId('whk', createdAt.getTime(), randomBytes),
      url: url.href,
      secretVersion: 1,
      previousSecretExpiresAt: null,
      createdAt,
      disabledAt: null,
      disabledReason: null,
    };
    const refusal = await database.transaction(async (transaction) => {
      const { all, own } = await countWebhooks(transaction, draft.ownerId);
      if (own >= MOST_OF_ONE || all >= MOST_OF_ALL) return tooMany(own);
      await insertWebhook(transaction, webhook);
      const { ownerId, eventTypes } = draft;
      const changes = { ownerId, url: hostOf(webhook.url), eventTypes };
      await this.#audit(transaction, { actor, action: 'webhook.create', id: webhook.id, changes });
      return undefined;
    });
    return refusal ?? this.#withSecret(webhook);
  }

  /** The webhook with this id; undefined when there is none. */
  async get(id: string): Promise<WebhookView | undefined> {
    const webhook = await findWebhook(this.#settings.database, id);
    return webhook === undefined ? undefined : this.#view(webhook);
  }

  /** Newest first; `ownerId` undefined lists everybody's, `after` is the last id of the page before. */
  async list(query: Parameters<typeof listWebhooks>[1]): Promise<readonly WebhookView[]> {
    const webhooks = await listWebhooks(this.#settings.database, query);
    return webhooks.map((webhook) => this.#view(webhook));
  }

  /** Changes a webhook. One that is enabled again is told of what happens from then on. */
  async update(id: string, changes: WebhookChanges, actor: Actor): Promise<WebhookView | Refusal> {
    const { database, policy, clock } = this.#settings;
    const url = changes.url === undefined ? undefined : readWebhookUrl(changes.url, policy);
    if (url !== undefined && 'wrong' in url) return wrongUrl(url.wrong);
    return await database.transaction(async (transaction) => {
      const before = await lockWebhook(transaction, id);
      if (before === undefined) return unknownWebhook('change', id);
      const isEnabled = changes.isEnabled ?? before.disabledAt === null;
      const after: Webhook = {
        ...before,
        url: url?.href ?? before.url,
        description: changes.description ?? before.description,
        eventTypes: changes.eventTypes ?? before.eventTypes,
        disabledAt: isEnabled ? null : (before.disabledAt ?? new Date(clock.epochMs())),
        disabledReason: isEnabled ? null : (before.disabledReason ?? 'disabled by its owner'),
      };
      await updateWebhook(transaction, after);
      if (isEnabled && before.disabledAt !== null) await skipToPresent(transaction, id);
      if (!isEnabled) await failPending(transaction, id, 'the webhook was disabled');
      const audited = { ...changes, ...(url === undefined ? {} : { url: hostOf(url.href) }) };
      await this.#audit(transaction, { actor, action: 'webhook.update', id, changes: audited });
      return this.#view(after);
    });
  }

  /** Deletes a webhook with the list of its deliveries. */
  async delete(id: string, actor: Actor): Promise<Refusal | undefined> {
    return await this.#settings.database.transaction(async (transaction) => {
      const webhook = await lockWebhook(transaction, id);
      if (webhook === undefined) return unknownWebhook('delete', id);
      await deleteWebhook(transaction, id);
      const changes = { url: hostOf(webhook.url) };
      await this.#audit(transaction, { actor, action: 'webhook.delete', id, changes });
      return undefined;
    });
  }

  /** Gives a webhook a new secret; both sign for `SECRET_OVERLAP_MS`. */
  async rotateSecret(id: string, actor: Actor): Promise<WebhookWithSecret | Refusal> {
    const { database, clock } = this.#settings;
    return await database.transaction(async (transaction) => {
      const before = await lockWebhook(transaction, id);
      if (before === undefined) return unknownWebhook('rotate the secret of', id);
      const after: Webhook = {
        ...before,
        secretVersion: before.secretVersion + 1,
        previousSecretExpiresAt: new Date(clock.epochMs() + SECRET_OVERLAP_MS),
      };
      await updateWebhook(transaction, after);
      await this.#audit(transaction, { actor, action: 'webhook.rotate', id, changes: null });
      return this.#withSecret(after);
    });
  }

  /**
   * Sends an event of type `webhook.test` once, and says what came back. Kept nowhere. Refused after
   * `MOST_TESTS` within a minute.
   */
  async test(
    id: string,
    signal: AbortSignal,
  ): Promise<WebhookTestResult | (Refusal & { readonly retryAfterS?: number })> {
    const { database, clock, courier, randomBytes } = this.#settings;
    const webhook = await findWebhook(database, id);
    if (webhook === undefined) return unknownWebhook('test', id);
    const waitMs = this.#countTest(webhook.ownerId);
    if (waitMs > 0) {
      const retryAfterS = Math.ceil(waitMs / 1000);
      const detail = `Cannot test webhook ${id}: there were ${MOST_TESTS} tests, wait ${retryAfterS} s`;
      return { refused: 'too_many_requests', detail, retryAfterS };
    }
    const nowMs = clock.epochMs();
    const event = {
      id: newId('evt', nowMs, randomBytes),
      type: 'webhook.test',
      timestamp: new Date(nowMs).toISOString(),
      streamId: null,
      data: { webhookId: id },
    };
    const outcome = await courier.send(webhook, event, signal);
    const { lastStatus: status, lastError: error } = wordsOf(outcome);
    return { isDelivered: isAccepted(outcome), status, error };
  }

  /** Deliveries, newest event first, with the positions by which the list goes on. */
  async deliveries(
    id: string,
    query: DeliveryPageQuery,
  ): Promise<readonly { readonly position: number; readonly view: DeliveryView }[]> {
    return await listDeliveries(this.#settings.database, { webhookId: id, ...query });
  }

  /** Puts a delivery that has ended in line again, with the same `webhook-id`. */
  async replay(id: string, deliveryId: string, actor: Actor): Promise<DeliveryView | Refusal> {
    const { database } = this.#settings;
    const replayed = await this.#requeue(id, deliveryId, actor);
    if (typeof replayed !== 'number') return replayed;
    const [found] = await listDeliveries(database, {
      ...{ webhookId: id, id: deliveryId, status: undefined, before: undefined, limit: 1 },
    });
    if (found !== undefined) return found.view;
    const detail = `Cannot replay delivery ${JSON.stringify(deliveryId)}: it is unknown`;
    return { refused: 'delivery_not_found', detail };
  }

  /** Puts all deliveries in line again that failed; returns how many. */
  async replayFailed(id: string, actor: Actor): Promise<number | Refusal> {
    return await this.#requeue(id, undefined, actor);
  }

  /** How long a test has to wait; 0 counts it. */
  #countTest(ownerId: string | null): number {
    const nowMs = this.#settings.clock.monotonicMs();
    for (const [owner, { beganMs }] of this.#tests) {
      if (nowMs - beganMs >= TEST_WINDOW_MS) this.#tests.delete(owner);
    }
    const window = this.#tests.get(ownerId) ?? { beganMs: nowMs, count: 0 };
    this.#tests.set(ownerId, window);
    if (window.count >= MOST_TESTS) return window.beganMs + TEST_WINDOW_MS - nowMs;
    window.count += 1;
    return 0;
  }

  async #requeue(
    webhookId: string,
    deliveryId: string | undefined,
    actor: Actor,
  ): Promise<number | Refusal> {
    const { database, clock, requeued } = this.#settings;
    const now = new Date(clock.epochMs());
    const result = await database.transaction(async (transaction) => {
      const webhook = await lockWebhook(transaction, webhookId);
      if (webhook === undefined) return unknownWebhook('replay deliveries of', webhookId);
      if (webhook.disabledAt !== null) {
        const detail = `Cannot replay deliveries of webhook ${webhookId}: it is disabled`;
        return { refused: 'webhook_disabled', detail } satisfies Refusal;
      }
      const count = await requeue(transaction, { webhookId, id: deliveryId, now });
      const changes = { deliveryId: deliveryId ?? null, count };
      const entry = { actor, action: 'webhook.replay', id: webhookId, changes };
      if (count > 0) await this.#audit(transaction, entry);
      return count;
    });
    if (typeof result === 'number') requeued();
    return result;
  }

  #view(webhook: Webhook): WebhookView {
    return viewOfWebhook(webhook, new Date(this.#settings.clock.epochMs()));
  }

  #withSecret(webhook: Webhook): WebhookWithSecret {
    return { ...this.#view(webhook), secret: this.#settings.courier.secret(webhook) };
  }

  async #audit(
    transaction: Queryable,
    entry: {
      readonly actor: Actor;
      readonly action: string;
      readonly id: string;
      readonly changes: Readonly<Record<string, unknown>> | null;
    },
  ): Promise<void> {
    await appendAudit(transaction, {
      at: new Date(this.#settings.clock.epochMs()),
      actor: entry.actor,
      action: entry.action,
      objectKind: 'webhook',
      objectId: entry.id,
      changes: entry.changes,
    });
  }
}

/**
 * Where an address leads, for the audit log, which is kept for good: of many receivers the rest of
 * the address is the secret by which they are written to.
 */
function hostOf(url: string): string {
  return new URL(url).origin;
}

function wrongUrl(wrong: string): Refusal {
  const errors: readonly FieldProblem[] = [{ field: 'url', message: wrong }];
  return { refused: 'invalid_request', detail: `Cannot use this address: url ${wrong}`, errors };
}

function tooMany(own: number): Refusal {
  const why =
    own >= MOST_OF_ONE ? `its owner has ${own} already` : `the server has ${MOST_OF_ALL} already`;
  return { refused: 'too_many_webhooks', detail: `Cannot create webhook: ${why}` };
}

function unknownWebhook(action: string, id: string): Refusal {
  const shown = JSON.stringify(id.slice(0, 100));
  return {
    refused: 'webhook_not_found',
    detail: `Cannot ${action} webhook ${shown}: it is unknown`,
  };
}
