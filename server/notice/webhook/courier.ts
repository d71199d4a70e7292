/** Writes and signs what a webhook is told. */
import type { EventView } from '../../../contract/index.ts';
import type { Clock } from '../../base/index.ts';
import { secretOf, signatureOf } from './signature.ts';
import type { TryOutcome, WebhookSender } from './webhook-sender.ts';
import type { Webhook } from './webhook-table.ts';

/** The specification asks for less than 20 kB. */
export const MAX_BODY_BYTES = 20_000;

/** What a courier needs. */
export interface CourierSettings {
  readonly clock: Clock;
  readonly sender: Pick<WebhookSender, 'send'>;
  /** At least 32 random bytes that are not in the database: all secrets are derived from them. */
  readonly root: Uint8Array;
}

/** Tells one webhook of one event, once. */
export class Courier {
  readonly #clock: Clock;
  readonly #sender: Pick<WebhookSender, 'send'>;
  readonly #root: Uint8Array;

  constructor({ clock, sender, root }: CourierSettings) {
    this.#clock = clock;
    this.#sender = sender;
    this.#root = root;
  }

  /** The secret that a webhook signs with now. */
  secret({ id, secretVersion }: Webhook): string {
    return secretOf(this.#root, id, secretVersion);
  }

  /** Sends once; what becomes of it is for the caller to keep. */
  async send(webhook: Webhook, event: EventView, signal: AbortSignal): Promise<TryOutcome> {
    const body = bodyOf(event);
    const timestampS = Math.floor(this.#clock.epochMs() / 1000);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Millrace-Webhooks/1',
      'webhook-id': event.id,
      'webhook-timestamp': `${timestampS}`,
      'webhook-signature': signatureOf(this.#secrets(webhook), { id: event.id, timestampS, body }),
    };
    return await this.#sender.send({ url: webhook.url, headers, body }, signal);
  }

  /** The present secret, and for a while after a rotation the one before. */
  #secrets(webhook: Webhook): readonly string[] {
    const { id, secretVersion, previousSecretExpiresAt } = webhook;
    const isOverlap = (previousSecretExpiresAt?.getTime() ?? 0) > this.#clock.epochMs();
    const versions = isOverlap ? [secretVersion, secretVersion - 1] : [secretVersion];
    return versions.map((version) => secretOf(this.#root, id, version));
  }
}

/** The body; of an event that is too large for one, what it is about without its data. */
export function bodyOf(event: EventView): string {
  const body = JSON.stringify(event);
  if (Buffer.byteLength(body) < MAX_BODY_BYTES) return body;
  return JSON.stringify({ ...event, data: { isOmitted: true } });
}
