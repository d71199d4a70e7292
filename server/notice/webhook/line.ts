/**
 * The deliveries of one webhook, one after the other in the order of their events. The first that
 * fails holds those behind it until its next try: a receiver that was down gets everything in
 * order. Only where the receiver answers the first with a refusal and takes the second, the first
 * is at fault: it is set aside and goes on trying alone.
 */
import type { Clock } from '../../base/index.ts';
import { appendAudit, type Database, viewOfEvent } from '../../store/sql/index.ts';
import type { Courier } from './courier.ts';
import {
  claimDelivery,
  failPending,
  type PendingDelivery,
  pendingDeliveries,
  recordTry,
  releaseDelivery,
  setAside,
} from './delivery-table.ts';
import { retryDelayMs } from './retry-schedule.ts';
import { TRY_TIMEOUT_MS, type TryOutcome } from './webhook-sender.ts';
import {
  findWebhook,
  isEntitled,
  lockWebhook,
  updateWebhook,
  type Webhook,
} from './webhook-table.ts';

/** Deliveries that one webhook may send before others that wait have their turn. */
export const MOST_IN_A_ROW = 100;
/** Deliveries set aside that have a turn of theirs in a run. */
const MOST_ASIDE = 10;
/** Refused so often, a delivery is suspected: the one behind it is tried as well. */
export const SUSPECT_TRIES = 3;
/** Longer than a try takes with all around it. */
const CLAIM_MS = TRY_TIMEOUT_MS + 40_000;
const GONE = 410;
const GONE_REASON = 'the receiver answered 410 Gone';
const NOT_ENTITLED_REASON = 'whoever it belongs to may not be told any more';

/** What became of tries, for metrics. */
export type TryResult = 'delivered' | 'refused' | 'unanswered' | 'given_up' | 'gone';

/** What lines need. */
export interface LineSettings {
  readonly database: Database;
  readonly clock: Clock;
  readonly courier: Courier;
  /** Numbers from 0 to below 1, for jitter. */
  readonly random: () => number;
  readonly tried: (result: TryResult) => void;
}

/** What is next after a step. */
type Step = 'next' | 'wait';

/** See the top of the file. */
export class Line {
  readonly #settings: LineSettings;
  readonly #webhookId: string;
  readonly #signal: AbortSignal;

  constructor(settings: LineSettings, webhookId: string, signal: AbortSignal) {
    this.#settings = settings;
    this.#webhookId = webhookId;
    this.#signal = signal;
  }

  /** Sends what is due, as far as it goes. */
  async run(): Promise<void> {
    const { database } = this.#settings;
    const webhookId = this.#webhookId;
    for (let sent = 0; sent < MOST_IN_A_ROW; sent += 1) {
      const webhook = await this.#webhook();
      if (webhook === undefined) return;
      const [head, second] = await pendingDeliveries(database, {
        ...{ webhookId, isAside: false, limit: 2 },
      });
      if (head === undefined || (await this.#step(webhook, head, second)) === 'wait') break;
    }
    const aside = { webhookId, isAside: true, limit: MOST_ASIDE };
    for (const delivery of await pendingDeliveries(database, aside)) {
      const webhook = await this.#webhook();
      if (webhook === undefined) return;
      await this.#try(webhook, delivery, true);
    }
  }

  /** The webhook as of now; undefined when nothing is to be sent to it. */
  async #webhook(): Promise<Webhook | undefined> {
    if (this.#signal.aborted) return undefined;
    const { database, clock } = this.#settings;
    const webhook = await findWebhook(database, this.#webhookId);
    if (webhook?.disabledAt !== null) return undefined;
    if (await isEntitled(database, webhook)) return webhook;
    await this.#disable(new Date(clock.epochMs()), NOT_ENTITLED_REASON);
    return undefined;
  }

  async #step(
    webhook: Webhook,
    head: PendingDelivery,
    second: PendingDelivery | undefined,
  ): Promise<Step> {
    const tried = await this.#try(webhook, head, false);
    if (tried === undefined) return 'wait';
    if (tried.isSettled) return 'next';
    const isSuspect = tried.outcome.kind === 'answered' && head.attempts + 1 >= SUSPECT_TRIES;
    if (!isSuspect || second === undefined || !(await this.#probe(webhook, second))) return 'wait';
    await setAside(this.#settings.database, head.id);
    return 'next';
  }

  /** Tries a delivery and keeps what became of it; undefined when it is not due, or not known. */
  async #try(
    webhook: Webhook,
    delivery: PendingDelivery,
    isAside: boolean,
  ): Promise<{ readonly outcome: TryOutcome; readonly isSettled: boolean } | undefined> {
    if (!(await this.#claim(delivery))) return undefined;
    const outcome = await this.#send(webhook, delivery);
    if (outcome.kind === 'aborted') {
      await releaseDelivery(this.#settings.database, delivery.id);
      return undefined;
    }
    return { outcome, isSettled: await this.#record(delivery, outcome, isAside) };
  }

  /** Whether the receiver takes this one. Unless it does, nothing has happened. */
  async #probe(webhook: Webhook, delivery: PendingDelivery): Promise<boolean> {
    if (!(await this.#claim(delivery))) return false;
    const outcome = await this.#send(webhook, delivery);
    if (isAccepted(outcome)) await this.#record(delivery, outcome, false);
    else await releaseDelivery(this.#settings.database, delivery.id);
    return isAccepted(outcome);
  }

  #claim({ id }: PendingDelivery): Promise<boolean> {
    const nowMs = this.#settings.clock.epochMs();
    const claim = { id, now: new Date(nowMs), until: new Date(nowMs + CLAIM_MS) };
    return claimDelivery(this.#settings.database, claim);
  }

  #send(webhook: Webhook, { event }: PendingDelivery): Promise<TryOutcome> {
    return this.#settings.courier.send(webhook, viewOfEvent(event), this.#signal);
  }

  /** True when it is not tried again. */
  async #record(
    { id, attempts: before, queuedAt }: PendingDelivery,
    outcome: TryOutcome,
    isAside: boolean,
  ): Promise<boolean> {
    const { database, clock, random, tried } = this.#settings;
    const at = new Date(clock.epochMs());
    const attempts = before + 1;
    const ageMs = at.getTime() - queuedAt.getTime();
    const { result, delayMs } = judge(outcome, () =>
      retryDelayMs({ tries: attempts, ageMs }, random),
    );
    const nextAttemptAt = delayMs === undefined ? undefined : new Date(at.getTime() + delayMs);
    const status = statusOf(result);
    const words = wordsOf(outcome);
    await recordTry(database, { id, status, attempts, isAside, at, nextAttemptAt, ...words });
    tried(result);
    if (result === 'gone') await this.#disable(at, GONE_REASON);
    return status !== 'pending';
  }

  /** Nothing more is to be sent, for `reason`. */
  async #disable(at: Date, reason: string): Promise<void> {
    await this.#settings.database.transaction(async (transaction) => {
      const webhook = await lockWebhook(transaction, this.#webhookId);
      if (webhook === undefined || webhook.disabledAt !== null) return;
      const disabled = { ...webhook, disabledAt: at, disabledReason: reason };
      await updateWebhook(transaction, disabled);
      await failPending(transaction, webhook.id, 'the webhook was disabled');
      await appendAudit(transaction, {
        at,
        actor: { kind: 'system', id: null, remoteAddress: null },
        action: 'webhook.disable',
        objectKind: 'webhook',
        objectId: webhook.id,
        changes: { reason },
      });
    });
  }
}

function judge(
  outcome: TryOutcome,
  retryDelay: () => number | undefined,
): { readonly result: TryResult; readonly delayMs?: number | undefined } {
  if (isAccepted(outcome)) return { result: 'delivered' };
  if (outcome.kind === 'answered' && outcome.status === GONE) return { result: 'gone' };
  const delayMs = retryDelay();
  if (delayMs === undefined) return { result: 'given_up' };
  return { result: outcome.kind === 'answered' ? 'refused' : 'unanswered', delayMs };
}

function statusOf(result: TryResult): 'pending' | 'delivered' | 'failed' {
  if (result === 'delivered') return 'delivered';
  return result === 'gone' || result === 'given_up' ? 'failed' : 'pending';
}

/** Whether the receiver has it. The specification: 2xx, and nothing else. */
export function isAccepted(outcome: TryOutcome): boolean {
  return outcome.kind === 'answered' && outcome.status >= 200 && outcome.status <= 299;
}

/** A try in words, for those who look at the list. */
export function wordsOf(outcome: TryOutcome): {
  readonly lastStatus: number | null;
  readonly lastError: string | null;
} {
  if (outcome.kind === 'aborted') return { lastStatus: null, lastError: 'the server is stopping' };
  if (outcome.kind === 'unanswered') return { lastStatus: null, lastError: outcome.why };
  const { status } = outcome;
  if (isAccepted(outcome)) return { lastStatus: status, lastError: null };
  const isRedirect = status >= 300 && status <= 399;
  const lastError = isRedirect ? 'redirects are not followed' : `the receiver answered ${status}`;
  return { lastStatus: status, lastError };
}
