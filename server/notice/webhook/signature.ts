/** Signatures of the Standard Webhooks specification, version 1 (symmetric). */
import { createHmac } from 'node:crypto';
import { assert } from '../../base/index.ts';

const PREFIX = 'whsec_';
/** The specification asks for 24 to 64 bytes. */
const LEAST_ROOT_BYTES = 24;

/** What is signed. */
export interface SignedMessage {
  /** `webhook-id`: the same for every try. */
  readonly id: string;
  /** `webhook-timestamp`: seconds since the Unix epoch, of this try. */
  readonly timestampS: number;
  /** The body as it is sent. */
  readonly body: string;
}

/**
 * The secret of a webhook, `whsec_` and 32 bytes in base64. It is derived from `root`, which the
 * server keeps outside of its database, so that whoever reads the database cannot sign.
 */
export function secretOf(root: Uint8Array, webhookId: string, version: number): string {
  assert(root.length >= LEAST_ROOT_BYTES, 'Cannot derive secret: the root is too short');
  const bytes = createHmac('sha256', root).update(`webhook/${webhookId}/${version}`).digest();
  return PREFIX + bytes.toString('base64');
}

/** The `webhook-signature` field: one signature for each of `secrets`, so that either verifies. */
export function signatureOf(secrets: readonly string[], message: SignedMessage): string {
  const { id, timestampS, body } = message;
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
      const mac = createHmac('sha256', key).update(`${id}.${timestampS}.${body}`);
      return `v1,${mac.digest('base64')}`;
    })
    .join(' ');
}
